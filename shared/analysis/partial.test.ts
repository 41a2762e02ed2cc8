import { describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import type { Column } from '#shared/root/column-type.ts';
import { AnalysisError, isPipelineError } from '../errors.ts';
import { type Analysis, defineAnalysis, type Output } from './define-analysis.ts';
import { resolveParameters } from './parameters.ts';
import { columnsToRead, describeHistograms, mergePartial, processBatch, startPartial } from './partial.ts';
import { columnFrom } from './test-columns.ts';

const analysis = defineAnalysis({
  name: 'example',
  title: 'Example',
  tree: 'events',
  columns: { x: 'f32' },
  mcColumns: { weight: 'f64' },
  parameters: { bins: 2 },
  histograms: ({ bins }) => ({ x: { title: 'X', axes: [regular(bins, 0, 2, { name: 'x' })] } }),
  cutFlow: ['all', 'positive'],
  process({ entries, x, mc }, out) {
    for (let entry = 0; entry < entries; entry++) {
      const weight = mc?.weight.values[entry] ?? 1;
      out.cutFlow.fill(0, weight);
      if (!(x.values[entry]! > 0)) continue;
      out.cutFlow.fill(1, weight);
      out.x.fill(x.values[entry]!, weight);
    }
  },
});

const columns = { x: columnFrom('f32', [0.5, -1, 1.5]), weight: columnFrom('f64', [2, 3, 4]) };

function filled(isData: boolean) {
  const out = startPartial(analysis, analysis.parameters);
  processBatch(analysis, out, analysis.parameters, { entries: 3, columns, isData });
  return out;
}

/** The example with another loop. */
function withProcess(process: Analysis['process']): Analysis {
  return { ...analysis, process };
}

function errorOf(broken: Analysis, given = columns): unknown {
  try {
    processBatch(broken, startPartial(broken, broken.parameters), broken.parameters, { entries: 3, columns: given, isData: true });
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a partial', () => {
  it('has the declared histograms and the cut flow', () => {
    const out = startPartial(analysis, resolveParameters(analysis, { bins: 5 }));
    expect(Object.keys(out)).toEqual(['x', 'cutFlow']);
    expect(out['x']!.axes[0]).toMatchObject({ bins: 5 });
    expect(out.cutFlow.axes[0]).toMatchObject({ type: 'category', categories: ['all', 'positive'] });
  });

  it('sees the columns of simulation only for simulation', () => {
    expect(columnsToRead(analysis, true)).toEqual({ x: 'f32' });
    expect(columnsToRead(analysis, false)).toEqual({ x: 'f32', weight: 'f64' });
    expect([...filled(true)['x']!.contents().sumw]).toEqual([0, 1, 1, 0]);
    expect([...filled(false)['x']!.contents().sumw]).toEqual([0, 2, 4, 0]);
    expect([...filled(false).cutFlow.contents().sumw]).toEqual([9, 6, 0]);
  });

  it('merges by name', () => {
    const sum = filled(true);
    mergePartial(sum, filled(false));
    expect([...sum['x']!.contents().sumw]).toEqual([0, 3, 5, 0]);
    expect([...sum.cutFlow.contents().entries]).toEqual([6, 4, 0]);
  });

  it('does not merge with that of other histograms', () => {
    const { cutFlow } = filled(true);
    expect(() => mergePartial(filled(true), { cutFlow })).toThrow('cutFlow cannot be added to x, cutFlow');
    expect(() => mergePartial(filled(true), startPartial(analysis, { bins: 3 }))).toThrow('different bins');
  });
});

describe('parameters that make no histogram', () => {
  it('are a ConfigError', () => {
    expect(() => describeHistograms(analysis, { bins: 0 })).toThrow('x: axis needs a whole number of bins, not 0');
    expect(() => describeHistograms(analysis, { bins: 1e9 })).toThrow('histogram `x` has 1000000002 cells; 1000000 is the most');
    const broken = { ...analysis, histograms: () => JSON.parse('{') as never };
    expect(() => describeHistograms(broken, {})).toThrow('analysis example: its histograms cannot be made: ');
  });
});

describe('an analysis that goes wrong', () => {
  it('is named, with what it threw as the cause', () => {
    const cause = new TypeError('x is not a function');
    const error = errorOf(withProcess(() => { throw cause; })); // biome-ignore format: one line
    expect(isPipelineError(error, 'AnalysisError') && error.message).toBe('analysis example: failed: x is not a function');
    expect((error as Error).cause).toBe(cause);
  });

  it('keeps its own AnalysisError', () => {
    const error = errorOf(withProcess(() => { throw new AnalysisError('no such era', { hint: 'Use 2012.' }); })); // biome-ignore format: one line
    expect((error as Error).message).toBe('analysis example: no such era. Use 2012.');
  });

  it.each<[string, string, Analysis['process']]>([
    ['a histogram', 'there is no histogram `xs`. Did you mean `x`?', (_, out) => out['xs']!.fill(1)],
    ['a column', 'there is no column `xx` in `columns`. Did you mean `x`?', ({ xx }) => (xx as Column).values[0]],
    ['a parameter', 'there is no parameter `bin`. Did you mean `bins`?', (_, out, { bin }) => out['x']!.fill((bin as number[])[0]!)],
    [
      'a column of simulation',
      '`weight` is one of `mcColumns`. Write `events.mc?.weight`: data have none.',
      ({ weight }) => (weight as Column).values[0],
    ],
    [
      'simulation of data',
      '`events.mc` is undefined here: these entries are data. Write `events.mc?.weight.values[entry] ?? 1`.',
      ({ mc }) => (mc!['weight'] as Column).values[0],
    ],
  ])('is told which name it is that is not there: %s', (_, text, process) => {
    const error = errorOf(withProcess((events, out, parameters) => void process(events, out, parameters)));
    expect(isPipelineError(error, 'AnalysisError') && error.message).toBe(`analysis example: ${text}`);
    expect((error as Error).cause).toBeInstanceOf(TypeError);
  });

  it('is told which name is not there in simulation, and in a preselection', () => {
    const misspelt = withProcess(({ mc }) => void (mc!['wheight'] as Column).values[0]);
    const out = startPartial(misspelt, misspelt.parameters);
    expect(() => processBatch(misspelt, out, misspelt.parameters, { entries: 3, columns, isData: false })).toThrow(
      'there is no column `wheight` in `mcColumns`. Did you mean `weight`?',
    );
    const preselect = { columns: ['x'], select: (_events: unknown, _keep: Uint8Array, out: Output) => out['y']!.fill(1) };
    expect((errorOf({ ...analysis, preselect }) as Error).message).toContain('there is no histogram `y`. Did you mean `x`?');
  });

  it('is not told of names that it may ask for in vain', () => {
    const error = errorOf(withProcess(({ mc }, out) => void [mc?.['weight'], out['maybe']?.fill(1), null!['x']]));
    expect((error as Error).message).toContain('failed: Cannot read properties of null');
  });

  it('may not be async, and its rejection does not escape', () => {
    const error = errorOf(withProcess(async () => { throw new Error('late'); })); // biome-ignore format: one line
    expect((error as Error).message).toContain('`process` must not be async');
  });

  it('is told which column is missing', () => {
    expect((errorOf(analysis, {} as typeof columns) as Error).message).toBe('analysis example: column `x` is missing');
  });

  it.each([
    ['after the last', 2, 1],
    ['after the last, with a weight', 2, 0.5],
    ['before the first', -1, 1],
    ['that is no number', Number.NaN, 1],
  ])('is told of a step %s', (_, step, weight) => {
    const error = errorOf(withProcess((_events, out) => out.cutFlow.fill(step, weight)));
    expect(isPipelineError(error, 'AnalysisError') && error.message).toBe(
      `analysis example: step ${step} is not in the cut flow, whose steps are 0 (all) to 1 (positive)`,
    );
    const preselect = { columns: ['x'], select: (_events: unknown, _keep: Uint8Array, out: Output) => out.cutFlow.fill(step, weight) };
    expect((errorOf({ ...analysis, preselect }) as Error).message).toContain(`step ${step} is not in the cut flow`);
  });

  it.each([
    ['positive', 'Here it is 1.'],
    ['positiv', 'Did you mean `positive`?'],
  ])('is told that a step is no name, and the number of it: %s', (step, hint) => {
    const error = errorOf(withProcess((_events, out) => out.cutFlow.fill(step as unknown as number)));
    expect((error as Error).message).toBe(`analysis example: a step of the cut flow is given by its number, not as '${step}'. ${hint}`);
  });

  it('is told of such a step also where it does not fill it again', () => {
    let calls = 0;
    const error = errorOf(withProcess((_events, out) => out.cutFlow.fill(calls++ === 0 ? 2 : 0)));
    expect((error as Error).message).toContain('a step is not in the cut flow');
  });

  it('is told of a weight that is not a number', () => {
    const bad = { ...columns, weight: columnFrom('f64', [1, Number.NaN, 1]) };
    const out = startPartial(analysis, analysis.parameters);
    expect(() => processBatch(analysis, out, analysis.parameters, { entries: 3, columns: bad, isData: false })).toThrow(
      'not a finite number',
    );
  });
});
