import { describe, expect, it } from 'vitest';
import { analysis } from './atlas-hzz-2025.ts';
import { resolveParameters } from './parameters.ts';
import { processBatch, startPartial } from './partial.ts';
import { type Columns, columnFrom } from './test-columns.ts';

interface Event {
  pt: number[];
  charge: number[];
  type: number[];
  trigE: number;
  trigM: number;
  matched: number[];
  looseID: number[];
  mediumID: number[];
  looseIso: number[];
}

const ALL = [1, 1, 1, 1];

/** Four good muons of 30.5 GeV a quarter turn apart: 122 GeV. */
const GOOD: Event = {
  pt: [30.5, 30.5, 30.5, 30.5],
  charge: [1, -1, 1, -1],
  type: [13, 13, 13, 13],
  trigE: 0,
  trigM: 1,
  matched: [0, 0, 1, 0],
  looseID: [0, 0, 0, 0],
  mediumID: ALL,
  looseIso: ALL,
};

function columns(events: Event[]): Columns {
  const jagged = (type: 'f32[]' | 'i32[]' | 'bool[]', of: (event: Event) => number[]) => columnFrom(type, events.map(of));
  return {
    trigE: columnFrom(
      'bool',
      events.map(({ trigE }) => trigE),
    ),
    trigM: columnFrom(
      'bool',
      events.map(({ trigM }) => trigM),
    ),
    lep_pt: jagged('f32[]', ({ pt }) => pt),
    lep_eta: jagged('f32[]', ({ pt }) => pt.map(() => 0)),
    lep_phi: jagged('f32[]', ({ pt }) => pt.map((_, i) => (i * Math.PI) / 2)),
    lep_e: jagged('f32[]', ({ pt }) => pt),
    lep_charge: jagged('i32[]', ({ charge }) => charge),
    lep_type: jagged('i32[]', ({ type }) => type),
    lep_isTrigMatched: jagged('bool[]', ({ matched }) => matched),
    lep_isLooseID: jagged('bool[]', ({ looseID }) => looseID),
    lep_isMediumID: jagged('bool[]', ({ mediumID }) => mediumID),
    lep_isLooseIso: jagged('bool[]', ({ looseIso }) => looseIso),
  };
}

function run(events: Event[], overrides: Record<string, unknown> = {}, mc?: Columns) {
  const parameters = resolveParameters(analysis, overrides);
  const out = startPartial(analysis, parameters);
  processBatch(analysis, out, parameters, { entries: events.length, columns: { ...columns(events), ...mc }, isData: mc === undefined });
  return { m4l: out['m4l']!.contents(), cutFlow: out.cutFlow.contents() };
}

/** Index of the last cut-flow step that one event reaches. */
function lastStep(change: Partial<Event>, overrides: Record<string, unknown> = {}): string | undefined {
  const { entries } = run([{ ...GOOD, ...change }], overrides).cutFlow;
  return analysis.cutFlow[entries.slice(0, -1).lastIndexOf(1)];
}

describe('atlas-hzz-2025', () => {
  it('keeps a good event and fills its mass in GeV', () => {
    const { m4l, cutFlow } = run([GOOD]);
    // 68 bins of 2.5 GeV from 80 on; 122 is in bin 16, cell 17.
    expect([m4l.sumw.length, m4l.sumw[17]]).toEqual([70, 1]);
    expect([...cutFlow.entries]).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it.each<[string, Partial<Event>]>([
    ['all', { trigM: 0 }],
    ['trigger', { matched: [0, 0, 0, 0] }],
    ['trigger match', { pt: [20, 30, 30, 30] }],
    ['trigger match', { pt: [30, 15, 30, 30] }],
    ['trigger match', { pt: [30, 30, 10, 30] }],
    ['lepton pT', { looseIso: [1, 1, 0, 1] }],
    ['lepton pT', { mediumID: [1, 1, 1, 0], looseID: ALL }],
    ['lepton pT', { type: [13, 13, 11, 11] }],
    ['lepton pT', { type: [13, 13, 15, 13], looseID: ALL }],
    ['four good leptons', { type: [13, 13, 13, 11], looseID: ALL }],
    ['flavour', { charge: [1, 1, 1, -1] }],
    ['charge', { pt: [30, 30, 30, 1] }],
    ['charge', { trigE: 1, trigM: 0 }],
    ['charge', { type: [13, 13, 11, 11], looseID: ALL, mediumID: [1, 1, 0, 0] }],
  ])('reaches `%s` with %j', (step, change) => {
    expect(lastStep(change)).toBe(step);
  });

  it('fails events with few leptons at the pT or the number cut', () => {
    const few = (count: number): Event => {
      const cut = (list: number[]) => list.slice(0, count);
      const { pt, charge, type, matched, looseID, mediumID, looseIso } = GOOD;
      return {
        ...GOOD,
        pt: cut(pt),
        charge: cut(charge),
        type: cut(type),
        matched: cut(matched),
        looseID: cut(looseID),
        mediumID: cut(mediumID),
        looseIso: cut(looseIso),
      };
    };
    expect(lastStep({ ...few(0) })).toBe('trigger');
    expect(lastStep({ ...few(2), matched: [1, 0] })).toBe('trigger match');
    expect(lastStep(few(3))).toBe('lepton pT');
  });

  it('takes other pT cuts', () => {
    expect(lastStep({ pt: [10, 10, 9, 9] }, { leptonPtGeV: '0,0,0' })).toBe('charge');
    expect(lastStep({}, { leptonPtGeV: [20, 15, 10, 31] })).toBe('trigger match');
  });

  describe('weights of simulation', () => {
    const f32 = (...values: number[]) => columnFrom('f32', values);
    const mc = {
      sum_of_weights: columnFrom('f64', [1000, 1000]),
      filteff: f32(0.5, 0.5),
      kfac: f32(2, 2),
      xsec: f32(8, 8),
      mcWeight: f32(-1, 1),
      ScaleFactor_PILEUP: f32(1, 1),
      ScaleFactor_ELE: f32(0.5, 0.5),
      ScaleFactor_MUON: f32(1, 1),
      ScaleFactor_LepTRIGGER: f32(0.25, 0.5),
    };

    it('take the absolute value of every factor, as the notebook does', () => {
      const { m4l, cutFlow } = run([GOOD, { ...GOOD, trigM: 0 }], {}, mc);
      expect([m4l.sumw[17], m4l.sumw2[17], m4l.entries[17]]).toEqual([0.001, 0.001 * 0.001, 1]);
      expect([...cutFlow.sumw.slice(0, 2)]).toEqual([0.003, 0.001]);
    });

    it('keep their sign where asked for', () => {
      expect(run([GOOD, GOOD], { signedWeights: 'true' }, mc).m4l.sumw[17]).toBe(-0.001 + 0.002);
    });
  });
});
