import { describe, expect, expectTypeOf, it } from 'vitest';
import { category, regular, variable } from '#shared/histogram/axis.ts';
import type { Histogram } from '#shared/histogram/histogram.ts';
import { isPipelineError } from '../errors.ts';
import { checkAnalysis } from './check-analysis.ts';
import { defineAnalysis } from './define-analysis.ts';

const minimal = {
  name: 'example',
  title: 'Example',
  tree: 'events',
  columns: { x: 'f32' },
  histograms: () => ({ x: { title: 'x', axes: [regular(10, 0, 1, { name: 'x' })] } }),
  cutFlow: ['all'],
  process() {},
};

function problemsOf(change: Record<string, unknown>): string {
  try {
    checkAnalysis({ ...minimal, ...change }, 'mine.ts');
  } catch (error) {
    if (isPipelineError(error, 'ConfigError')) return error.message;
    throw error;
  }
  return 'no problem';
}

describe('defineAnalysis', () => {
  it('infers arrays, parameters and histograms from the declaration', () => {
    defineAnalysis({
      name: 'typed',
      title: 'Typed',
      tree: 'events',
      columns: { lep_pt: 'f32[]', lep_n: 'u32', event: 'u64', cov: 'f64[3]' },
      mcColumns: { weight: 'f32' },
      parameters: { bins: 10, cuts: [1, 2], tight: false, channel: 'all' },
      histograms: ({ bins }) => ({ pt: { title: 'pt', axes: [regular(bins, 0, 1, { name: 'pt' })] } }),
      cutFlow: ['all'],
      process(events, out, parameters) {
        expectTypeOf(events.lep_pt.values).toEqualTypeOf<Float32Array>();
        expectTypeOf(events.lep_pt.offsets).toEqualTypeOf<Int32Array>();
        expectTypeOf(events.lep_n.values).toEqualTypeOf<Uint32Array>();
        expectTypeOf(events.event.values).toEqualTypeOf<BigUint64Array>();
        expectTypeOf(events.cov.size).toEqualTypeOf<number>();
        expectTypeOf(events.entries).toEqualTypeOf<number>();
        expectTypeOf(events.mc?.weight.values).toEqualTypeOf<Float32Array | undefined>();
        expectTypeOf(events).not.toHaveProperty('weight');
        expectTypeOf(out.pt).toEqualTypeOf<Histogram>();
        expectTypeOf(out.cutFlow).toEqualTypeOf<Histogram>();
        expectTypeOf(out).not.toHaveProperty('mass');
        expectTypeOf(parameters).toEqualTypeOf<{
          readonly bins: number;
          readonly cuts: readonly number[];
          readonly tight: boolean;
          readonly channel: string;
        }>();
      },
    });
  });

  it('fills in what is optional', () => {
    const analysis = checkAnalysis(minimal);
    expect([analysis.parameters, analysis.mcColumns, analysis.signalWindow]).toEqual([{}, {}, undefined]);
  });

  it('keeps the methods of an object together', () => {
    const counting = { ...minimal, calls: 0, process() { this.calls++; } }; // biome-ignore format: one line
    checkAnalysis(counting).process({ entries: 0 }, {} as never, {});
    expect(counting.calls).toBe(1);
  });
});

describe('an analysis is refused', () => {
  it('with all problems at once, naming the file and the analysis', () => {
    const message = problemsOf({ tree: undefined, process: undefined, cutFlow: [] });
    expect(message).toMatch(/^mine\.ts: example: not a valid analysis: /);
    for (const part of ['`tree` must be a text', '`process` must be a function', '`cutFlow` must be a list'])
      expect(message).toContain(part);
  });

  it.each<[string, Record<string, unknown>]>([
    ['`name` may hold letters', { name: 'a b' }],
    ['the steps of `cutFlow` must differ', { cutFlow: ['all', 'all'] }],
    ['must name at least one branch', { columns: {} }],
    ['must name at least one branch', { columns: ['lep_pt'] }],
    ["column `x` has no type like 'f32', 'i32[]' or 'bool', but \"float\"", { columns: { x: 'float' } }],
    ['`entries` cannot be the name of a column', { columns: { entries: 'u32' } }],
    ['`mc` cannot be the name of a column', { mcColumns: { mc: 'u32' } }],
    ['`x` is in both', { mcColumns: { x: 'f32' } }],
    ['parameter `cut` needs a default', { parameters: { cut: null } }],
    ['parameter `cut` needs a default', { parameters: { cut: Number.NaN } }],
    ['`histograms` must be a function', { histograms: {} }],
    ['`histograms` failed: there is no parameter `binz`. Did you mean `bins`?', { parameters: { bins: 4 }, histograms: ({ binz = 0 }) => ({ x: regular(binz, 0, 1, { name: 'x' }) }) }], // biome-ignore format: one line
    ['`histograms` failed: no', { histograms: () => { throw new Error('no'); } }], // biome-ignore format: one line
    ['at least one histogram', { histograms: () => ({}) }],
    ['`cutFlow` cannot be the name of a histogram', { histograms: () => ({ cutFlow: { title: 'x', axes: [] } }) }],
    ['histogram `m 4l`: a name starts with a letter', { histograms: () => ({ 'm 4l': { title: 'x', axes: [] } }) }],
    ['histogram `x` needs a `title`', { histograms: () => ({ x: { axes: [] } }) }],
    ['histogram `x` needs `axes`', { histograms: () => ({ x: { title: 'x', axes: [] } }) }],
    ['axis 1 of histogram `x` must be made by', { histograms: () => ({ x: { title: 'x', axes: [[0, 1, 2]] } }) }],
    [
      'axis 1 of histogram `x`: x: axis range 1..0 is empty',
      { histograms: () => ({ x: { title: 'x', axes: [{ ...regular(1, 0, 1, { name: 'x' }), lo: 1, hi: 0 }] } }) },
    ],
    [
      'axis 1 of histogram `x`: x: axis edges',
      { histograms: () => ({ x: { title: 'x', axes: [{ ...variable([0, 1], { name: 'x' }), edges: [1, 0] }] } }) },
    ],
    ['`signalWindow` must name a histogram', { signalWindow: { histogram: 'y', lo: 0, hi: 1 } }],
    ['`signalWindow` must name a histogram', { signalWindow: { histogram: 'x', lo: 1, hi: 1 } }],
    [
      'histogram `x`, which has an axis of categories',
      {
        signalWindow: { histogram: 'x', lo: 0, hi: 1 },
        histograms: () => ({ x: { title: 'x', axes: [category(['a'], { name: 'x' })] } }),
      },
    ],
    [
      'histogram `x`, which has 2 axes',
      {
        signalWindow: { histogram: 'x', lo: 0, hi: 1 },
        histograms: () => ({ x: { title: 'x', axes: [regular(1, 0, 1, { name: 'x' }), regular(1, 0, 1, { name: 'y' })] } }),
      },
    ],
  ])('because %s', (problem, change) => {
    expect(problemsOf(change)).toContain(problem);
  });

  it.each([undefined, null, 3, 'text', () => 0])('if it is %j', (value) => {
    expect(() => checkAnalysis(value)).toThrow('an analysis must be an object');
  });
});
