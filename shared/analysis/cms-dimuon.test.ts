import { describe, expect, it } from 'vitest';
import { analysis } from './cms-dimuon.ts';
import { resolveParameters } from './parameters.ts';
import { processBatch, startPartial } from './partial.ts';
import { type Columns, columnFrom } from './test-columns.ts';

interface Event {
  pt: number[];
  charge: number[];
  met: number;
}

/** Massless muons at eta 0, half a turn apart: the mass of two of equal pt is twice that. */
function columns(events: Event[]): Columns {
  const pt = events.map((event) => event.pt);
  const zeros = pt.map((list) => list.map(() => 0));
  return {
    Muon_pt: columnFrom('f32[]', pt),
    Muon_eta: columnFrom('f32[]', zeros),
    Muon_phi: columnFrom(
      'f32[]',
      pt.map((list) => list.map((_, i) => i * Math.PI)),
    ),
    Muon_mass: columnFrom('f32[]', zeros),
    Muon_charge: columnFrom(
      'i32[]',
      events.map(({ charge }) => charge),
    ),
    MET_pt: columnFrom(
      'f32',
      events.map(({ met }) => met),
    ),
  };
}

const EVENTS: Event[] = [
  { pt: [45.5, 45.5], charge: [1, -1], met: 20.5 },
  { pt: [45.5, 45.5], charge: [-1, 1], met: 20 },
  { pt: [45.5, 45.5], charge: [1, 1], met: 50 },
  { pt: [45.5, 45.5, 3], charge: [1, -1, 1], met: 50 },
  { pt: [45.5], charge: [1], met: 50 },
  { pt: [], charge: [], met: 50 },
];

function run(overrides: Record<string, unknown>) {
  const parameters = resolveParameters(analysis, overrides);
  const out = startPartial(analysis, parameters);
  processBatch(analysis, out, parameters, { entries: EVENTS.length, columns: columns(EVENTS), isData: true });
  return { mass: out['mass']!.contents(), cutFlow: out.cutFlow.contents() };
}

describe('cms-dimuon', () => {
  it('keeps exactly two muons of opposite charge and fills their mass', () => {
    const { mass, cutFlow } = run({});
    expect([...cutFlow.entries]).toEqual([6, 3, 2, 2, 0]);
    // floor(300 · (91 - 0.25) / 299.75) = 90; cell 0 is underflow.
    expect(mass.sumw[91]).toBe(2);
  });

  it('asks for more missing momentum than minMet, strictly', () => {
    expect([...run({ minMet: '20' }).cutFlow.entries]).toEqual([6, 3, 2, 1, 0]);
  });
});
