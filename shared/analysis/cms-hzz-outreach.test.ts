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
  readonly dxyErr?: number;
  readonly dzErr?: number;
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

/** Two leptons of opposite charge with these momenta and this mass together: apart in phi, and in eta where that is not enough. */
function pairOf(massGeV: number, pt: number, otherPt: number): Lepton[] {
  const ratio = massGeV ** 2 / (2 * pt * otherPt);
  const phi = ratio < 2 ? Math.acos(1 - ratio) : Math.PI;
  const eta = ratio < 2 ? 0 : Math.acosh(ratio - 1) / 2;
  return [
    { pt, charge: 1, eta },
    { pt: otherPt, charge: -1, eta: -eta, phi },
  ];
}

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
      column('dxyErr', ({ dxyErr = 0.01 }) => dxyErr),
      column('dzErr', ({ dzErr = 0.01 }) => dzErr),
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
  ])('does not keep %s', (_, event, cutFlow) => {
    expect(run([event])).toMatchObject({ cutFlow, m4l: [] });
  });

  const fourth: Lepton = { pt: 16.8, charge: -1 };
  it.each<[string, 'muons' | 'electrons', Lepton, Lepton]>([
    ['a muon of 5 GeV', 'muons', { ...fourth, pt: 5.1 }, { ...fourth, pt: 5 }],
    ['an electron of 7 GeV', 'electrons', { ...fourth, pt: 7.1 }, { ...fourth, pt: 7 }],
    ['a muon at eta 2.4', 'muons', { ...fourth, eta: -2.39 }, { ...fourth, eta: -2.41 }],
    ['an electron at eta 2.5', 'electrons', { ...fourth, eta: -2.49 }, { ...fourth, eta: -2.51 }],
    ['a lepton in a jet', 'muons', { ...fourth, isolation: 0.39 }, { ...fourth, isolation: 0.41 }],
    ['a lepton beside the beam', 'muons', { ...fourth, dxy: -0.49, dxyErr: 1 }, { ...fourth, dxy: -0.51, dxyErr: 1 }],
    ['a lepton far along the beam', 'muons', { ...fourth, dz: -0.99, dzErr: 1 }, { ...fourth, dz: -1.01, dzErr: 1 }],
    // Four times the error, which is 0.01 in each of two directions.
    ['a lepton that misses the vertex', 'muons', { ...fourth, dxy: 0.04, dz: 0.0399 }, { ...fourth, dxy: 0.04, dz: 0.0401 }],
  ])('takes %s for a good one on one side of the cut alone', (_, kind, good, bad) => {
    const others = four.slice(0, 3);
    expect(run([{ [kind]: [...others, good] }]).cutFlow[1]).toBe(1);
    expect(run([{ [kind]: [...others, bad] }])).toMatchObject({ cutFlow: [1, 0, 0, 0, 0], m4l: [] });
  });

  // Two kinds can be paired in one way only. Momenta of the other pair are not asked for.
  const other = pairOf(20, 9, 8);
  it.each<[string, Event, Event]>([
    [
      '20 GeV for one lepton of the Z',
      { muons: pairOf(60, 20.1, 15), electrons: other },
      { muons: pairOf(60, 19.9, 15), electrons: other },
    ],
    ['10 GeV for both', { muons: pairOf(60, 30, 10.1), electrons: other }, { muons: pairOf(60, 30, 9.9), electrons: other }],
    ['40 GeV for the Z', { muons: pairOf(40.1, 30, 25), electrons: other }, { muons: pairOf(39.9, 30, 25), electrons: other }],
    ['120 GeV for the Z', { muons: pairOf(119.9, 60, 60), electrons: other }, { muons: pairOf(120.1, 60, 60), electrons: other }],
    [
      '12 GeV for the other pair',
      { muons: pair(45.6), electrons: pairOf(12.1, 9, 8) },
      { muons: pair(45.6), electrons: pairOf(11.9, 9, 8) },
    ],
    ['120 GeV for it', { muons: pair(45.6), electrons: pairOf(119.9, 60, 60) }, { muons: pair(45.6), electrons: pairOf(120.1, 60, 60) }],
  ])('cuts on pairs at %s', (_, inside, outside) => {
    expect(run([inside]).cutFlow[3]).toBe(1);
    expect(run([outside])).toMatchObject({ cutFlow: [1, 1, 1, 0, 0], m4l: [] });
  });

  it('takes the pair that is nearer to 91.19 GeV for the Z', () => {
    // Only leptons of the heavier pair have the momentum for it.
    const event = (lighterGeV: number) => ({ muons: pairOf(94, 47, 47), electrons: pairOf(lighterGeV, 19, 19) });
    expect(run([event(88.3)]).cutFlow[3]).toBe(1);
    expect(run([event(88.5)]).cutFlow).toEqual([1, 1, 1, 0, 0]);
  });

  it('wants more than 70 GeV of the four', () => {
    // At rest together: the mass is the sum of energies.
    const event = (pt: number) => ({ muons: pair(24), electrons: pair(pt) });
    expect(run([event(11.1)]).cutFlow).toEqual([1, 1, 1, 1, 1]);
    expect(run([event(10.9)])).toMatchObject({ cutFlow: [1, 1, 1, 1, 0], m4l: [] });
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
