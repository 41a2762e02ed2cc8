import { describe, expect, it } from 'vitest';
import { analysis } from './cms-hzz-outreach.ts';
import { resolveParameters } from './parameters.ts';
import { processBatch, startPartial } from './partial.ts';
import { type Columns, columnFrom } from './test-columns.ts';

/** A lepton; where nothing is said it is a good one, without mass, at eta 0. */
interface Lepton {
  readonly pt: number;
  readonly charge: number;
  readonly phi?: number;
  readonly eta?: number;
  readonly isolation?: number;
  readonly dxy?: number;
  readonly dz?: number;
}

interface Event {
  readonly muons?: readonly Lepton[];
  readonly electrons?: readonly Lepton[];
}

/** Two leptons of opposite charge, back to back: their mass is twice their pt. */
const pair = (pt: number, phi = 0): Lepton[] => [
  { pt, charge: 1, phi },
  { pt, charge: -1, phi: phi + Math.PI },
];

function columns(events: readonly Event[]): Columns {
  const lists = (prefix: string, isolation: string, of: (event: Event) => readonly Lepton[]) => {
    const column = (name: string, value: (lepton: Lepton) => number, type: 'f32[]' | 'i32[]' = 'f32[]') => [
      `${prefix}_${name}`,
      columnFrom(
        type,
        events.map((event) => of(event).map(value)),
      ),
    ];
    return [
      column('pt', ({ pt }) => pt),
      column('eta', ({ eta = 0 }) => eta),
      column('phi', ({ phi = 0 }) => phi),
      column('mass', () => 0),
      column('charge', ({ charge }) => charge, 'i32[]'),
      column(isolation, ({ isolation: value = 0.1 }) => value),
      column('dxy', ({ dxy = 0.001 }) => dxy),
      column('dz', ({ dz = 0.001 }) => dz),
      column('dxyErr', () => 0.01),
      column('dzErr', () => 0.01),
    ];
  };
  return Object.fromEntries([
    ...lists('Muon', 'pfRelIso04_all', ({ muons = [] }) => muons),
    ...lists('Electron', 'pfRelIso03_all', ({ electrons = [] }) => electrons),
  ]) as Columns;
}

function run(events: readonly Event[], overrides: Record<string, unknown> = {}) {
  const parameters = resolveParameters(analysis, overrides);
  const out = startPartial(analysis, parameters);
  processBatch(analysis, out, parameters, { entries: events.length, columns: columns(events), isData: true });
  const filled = (name: string) => [...out[name]!.contents().entries].flatMap((count, cell) => (count === 0 ? [] : [[cell - 1, count]]));
  return {
    cutFlow: [...out.cutFlow.contents().entries].slice(0, -1),
    m4l: filled('m4l'),
    m4mu: filled('m4mu'),
    m4e: filled('m4e'),
    m2mu2e: filled('m2mu2e'),
  };
}

describe('cms-hzz-outreach', () => {
  // Back to back at right angles: momenta add to 0, and the mass is the sum of energies, 91.2 + 33.6 = 124.8: bin 18.
  const four = [...pair(45.6), ...pair(16.8, 1)];

  it('fills each channel with the mass of its four leptons', () => {
    expect(run([{ muons: four }])).toEqual({ cutFlow: [1, 1, 1, 1, 1], m4l: [[18, 1]], m4mu: [[18, 1]], m4e: [], m2mu2e: [] });
    expect(run([{ electrons: four }])).toMatchObject({ m4l: [[18, 1]], m4e: [[18, 1]], m4mu: [] });
    expect(run([{ muons: pair(45.6), electrons: pair(16.8, 1) }])).toMatchObject({ m4l: [[18, 1]], m2mu2e: [[18, 1]], m4e: [] });
  });

  it('counts data in the channels of their stream, and an event once', () => {
    const both = { muons: four, electrons: four };
    expect(run([both])).toMatchObject({ m4l: [[18, 1]], m4mu: [[18, 1]], m4e: [], m2mu2e: [] });
    expect(run([both], { fourMuons: false, twoMuonsTwoElectrons: false })).toMatchObject({ m4l: [[18, 1]], m4e: [[18, 1]] });
    expect(run([{ muons: four }], { fourMuons: false })).toMatchObject({ cutFlow: [1, 0, 0, 0, 0], m4l: [] });
  });

  it.each<[string, Event, number[]]>([
    ['three leptons', { muons: four.slice(0, 3) }, [1, 0, 0, 0, 0]],
    ['a muon below 5 GeV', { muons: [...pair(45.6), { pt: 16.8, charge: 1 }, { pt: 4.9, charge: -1 }] }, [1, 0, 0, 0, 0]],
    ['an electron below 7 GeV', { electrons: [...pair(45.6), { pt: 16.8, charge: 1 }, { pt: 6.9, charge: -1 }] }, [1, 0, 0, 0, 0]],
    ['a muon out of the detector', { muons: [...four.slice(0, 3), { pt: 16.8, charge: -1, eta: 2.4 }] }, [1, 0, 0, 0, 0]],
    ['a lepton in a jet', { muons: [...four.slice(0, 3), { pt: 16.8, charge: -1, isolation: 0.4 }] }, [1, 0, 0, 0, 0]],
    ['a lepton from elsewhere', { muons: [...four.slice(0, 3), { pt: 16.8, charge: -1, dxy: 0.057 }] }, [1, 0, 0, 0, 0]],
    [
      'charge 2',
      { muons: four.map((lepton) => ({ ...lepton, charge: lepton.charge > 0 ? 1 : lepton.pt > 20 ? -1 : 1 })) },
      [1, 1, 0, 0, 0],
    ],
    [
      'two like muons and two like electrons',
      { muons: pair(45.6).map((l) => ({ ...l, charge: 1 })), electrons: pair(16.8).map((l) => ({ ...l, charge: -1 })) },
      [1, 1, 1, 0, 0],
    ],
    ['a second pair that is too light', { muons: [...pair(45.6), ...pair(5.9, 1)] }, [1, 1, 1, 0, 0]],
    ['no pair near the Z', { muons: [...pair(19), ...pair(18, 1)] }, [1, 1, 1, 0, 0]],
    ['a mass below 70 GeV', { muons: [...pair(21), ...pair(11, 1)] }, [1, 1, 1, 1, 0]],
  ])('does not keep %s', (_, event, cutFlow) => {
    expect(run([event])).toMatchObject({ cutFlow, m4l: [] });
  });

  it('takes the leading four, in whatever order they are', () => {
    const soft = [
      { pt: 6, charge: 1, phi: 2 },
      { pt: 5.5, charge: -1, phi: 2 },
    ];
    expect(run([{ muons: [...soft, ...four.toReversed()] }])).toMatchObject({ m4mu: [[18, 1]] });
    expect(run([{ muons: [four[2]!, soft[0]!, four[0]!, soft[1]!, four[3]!, four[1]!] }])).toMatchObject({ m4mu: [[18, 1]] });
  });

  it('pairs so that one pair is nearest to the Z', () => {
    // Paired as they lie, (45.6, 16.8) twice, no pair would be near it.
    const mixed = [four[0]!, four[3]!, four[2]!, four[1]!];
    expect(run([{ muons: mixed }]).cutFlow).toEqual([1, 1, 1, 1, 1]);
  });
});
