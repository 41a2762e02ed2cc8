import { describe, expect, it } from 'vitest';
import { analysis } from './atlas-hzz-2020.ts';
import { resolveParameters } from './parameters.ts';
import { processBatch, startPartial } from './partial.ts';
import { type Columns, columnFrom } from './test-columns.ts';

interface Event {
  pt: number[];
  charge: number[];
  type: number[];
}

/** Massless leptons at eta 0, a quarter turn apart, so that the mass of four of them with equal pt is the sum of pt. */
function columns(events: Event[]): Columns {
  const pt = events.map((event) => event.pt);
  return {
    lep_pt: columnFrom('f32[]', pt),
    lep_eta: columnFrom(
      'f32[]',
      pt.map((list) => list.map(() => 0)),
    ),
    lep_phi: columnFrom(
      'f32[]',
      pt.map((list) => list.map((_, i) => (i * Math.PI) / 2)),
    ),
    lep_E: columnFrom('f32[]', pt),
    lep_charge: columnFrom(
      'i32[]',
      events.map(({ charge }) => charge),
    ),
    lep_type: columnFrom(
      'u32[]',
      events.map(({ type }) => type),
    ),
  };
}

const neutral = [1, -1, 1, -1];
const muons = [13, 13, 13, 13];
const at = (ptGeV: number, count = 4) => Array.from({ length: count }, () => ptGeV * 1000);

const EVENTS: Event[] = [
  { pt: at(30.5), charge: neutral, type: muons }, // 122 GeV
  { pt: at(30.5), charge: neutral, type: [11, 11, 11, 11] },
  { pt: at(23), charge: neutral, type: [11, 13, 13, 11] }, // 92 GeV
  { pt: at(30.5), charge: neutral, type: [11, 13, 13, 13] }, // flavours 50
  { pt: at(30.5), charge: [1, 1, 1, -1], type: muons },
  { pt: at(100), charge: neutral, type: muons }, // 400 GeV: overflow
  { pt: at(30.5, 3), charge: [1, -1, 1], type: [13, 13, 13] },
  { pt: [], charge: [], type: [] },
  { pt: [...at(30.5), 5000], charge: [...neutral, 1], type: [...muons, 11] }, // the fifth is not looked at
];

function run(events: Event[], overrides: Record<string, unknown> = {}, mc?: Columns) {
  const parameters = resolveParameters(analysis, overrides);
  const out = startPartial(analysis, parameters);
  processBatch(analysis, out, parameters, { entries: events.length, columns: { ...columns(events), ...mc }, isData: mc === undefined });
  return { m4l: out['m4l']!.contents(), cutFlow: out.cutFlow.contents() };
}

describe('atlas-hzz-2020', () => {
  it('cuts in the order leptons, flavour, charge, and counts each step', () => {
    expect([...run(EVENTS).cutFlow.entries]).toEqual([9, 7, 6, 5, 0]);
  });

  it('fills the four-lepton mass in GeV', () => {
    const { sumw } = run(EVENTS).m4l;
    // 34 bins of 5 GeV from 80 on; cell 0 is underflow.
    expect(sumw.length).toBe(36);
    expect([sumw[3], sumw[9], sumw[35]]).toEqual([1, 3, 1]);
    expect(sumw.reduce((sum, value) => sum + value)).toBe(5);
  });

  it('weights simulation with all five factors, sign kept, in histogram and cut flow', () => {
    const f32 = (...values: number[]) => columnFrom('f32', values);
    const mc = {
      mcWeight: f32(-2, 3),
      scaleFactor_PILEUP: f32(0.5, 1),
      scaleFactor_ELE: f32(1, 0.25),
      scaleFactor_MUON: f32(4, 1),
      scaleFactor_LepTRIGGER: f32(1, 2),
    };
    const { m4l, cutFlow } = run([EVENTS[0]!, EVENTS[3]!], {}, mc);
    expect([m4l.sumw[9], m4l.sumw2[9], m4l.entries[9]]).toEqual([-4, 16, 1]);
    expect([...cutFlow.sumw]).toEqual([-4 + 1.5, -4 + 1.5, -4, -4, 0]);
  });

  it('asks leptons 1, 2, 3 for more transverse momentum where told so, strictly', () => {
    const leptonPtGeV = [30, 20, 10];
    const events = [
      { pt: [31000, 21000, 11000, 1000], charge: neutral, type: muons },
      { pt: [30000, 21000, 11000, 1000], charge: neutral, type: muons },
      { pt: [50000, 21000, 9000, 12000], charge: neutral, type: muons },
    ];
    expect([...run(events, { leptonPtGeV }).cutFlow.entries]).toEqual([3, 1, 1, 1, 0]);
    expect([...run(events).cutFlow.entries]).toEqual([3, 3, 3, 3, 0]);
  });

  it('takes other bins', () => {
    const { axes } = run(EVENTS, { bins: '17', massHiGeV: 165 }).m4l;
    expect(axes[0]).toMatchObject({ bins: 17, lo: 80, hi: 165 });
  });

  it('refuses lists that do not belong together', () => {
    const bad = { ...columns(EVENTS), lep_type: columnFrom('u32[]', [[13]]) };
    const parameters = resolveParameters(analysis);
    expect(() =>
      processBatch(analysis, startPartial(analysis, parameters), parameters, { entries: 9, columns: bad, isData: true }),
    ).toThrow('lep_pt, lep_type: lists differ in length in entry 0');
  });
});
