import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { isPipelineError } from '../errors.ts';
import { type Axis, category, regular, variable } from '../histogram/axis.ts';
import { cellCount, cellIndices, type HistogramContents } from '../histogram/contents.ts';
import { openRootFile, type RootFile } from './file.ts';
import { describeFile } from './inspect.ts';
import { findHistogram, isGraphClass, isHistogramClass, readGraph, readHistogram, type StoredHistogram } from './read-histogram.ts';
import { histogramsToRoot } from './write/histograms.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/histograms');
const fixture = readFileSync(join(FIXTURES, 'histograms.root'));

interface ExpectedAxis {
  readonly bins: number;
  readonly lo: number;
  readonly hi: number;
  readonly labels: readonly string[];
  readonly edges: readonly number[];
}

interface Expected {
  readonly path: string;
  readonly className: string;
  readonly title: string;
  readonly entries: number;
  readonly axes: readonly ExpectedAxis[];
  readonly contents: readonly number[];
  readonly errors: readonly number[];
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Expected[];

async function open(bytes: Uint8Array = fixture): Promise<RootFile> {
  return openRootFile(bytesSource(bytes));
}

async function read(path: string, file?: RootFile): Promise<StoredHistogram> {
  const opened = file ?? (await open());
  return readHistogram(opened, await findHistogram(opened, path));
}

/** Cells of ROOT that we have too: categories have no underflow. */
function ownCells(axes: readonly Axis[], expectedAxes: readonly ExpectedAxis[], values: readonly number[]): number[] {
  const asRegular = expectedAxes.map(({ bins }) => regular(bins, 0, 1, { name: 'x' }));
  return values.filter((_, cell) => cellIndices(asRegular, cell).every((index, i) => index > 0 || axes[i]?.type !== 'category'));
}

function expectClose(actual: Float64Array, wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] as number))).toBeLessThanOrEqual(1e-12 * Math.abs(value));
  });
}

describe('histograms that ROOT wrote', () => {
  it.each(expected.map((one) => [one.path, one] as const))('have the contents and errors that ROOT reads: %s', async (path, wanted) => {
    const { contents, className, title, entries } = await read(path);
    expect({ className, title, entries }).toEqual({ className: wanted.className, title: wanted.title, entries: wanted.entries });
    for (const [i, axis] of contents.axes.entries()) {
      const { bins, lo, hi, edges, labels } = wanted.axes[i] as ExpectedAxis;
      if (axis.type === 'category') expect(axis.categories).toEqual(labels);
      else if (axis.type === 'variable') expect(axis.edges).toEqual(edges);
      else expect(axis).toMatchObject({ bins, lo, hi });
    }
    expectClose(contents.sumw, ownCells(contents.axes, wanted.axes, wanted.contents));
    expectClose(contents.sumw2.map(Math.sqrt), ownCells(contents.axes, wanted.axes, wanted.errors));
  });

  it('have labels as categories, where every bin has one and nothing is below', async () => {
    expect((await read('labelled')).contents.axes[0]).toMatchObject({ type: 'category', categories: ['all', 'good', 'best'] });
    expect((await read('partly_labelled')).contents.axes[0]).toMatchObject({ type: 'regular', bins: 3 });
  });

  it('know their fills only where each counted one', async () => {
    expect([...(await read('h1D')).contents.entries]).toEqual([...(await read('h1D')).contents.sumw]);
    expect([...(await read('weighted')).contents.entries].every(Number.isNaN)).toBe(true);
  });

  it('with fills that are not in bins yet are refused', async () => {
    await expect(read('waiting')).rejects.toMatchObject({ code: 'UnsupportedError', object: 'waiting' });
  });

  it('that do not exist are missed with those that do', async () => {
    await expect(read('h1X')).rejects.toMatchObject({ code: 'ConfigError', hint: expect.stringContaining('h1D') });
  });
});

describe('graphs that ROOT wrote', () => {
  it.each([
    ['graph', {}],
    ['graph_errors', { xLow: [0.1, 0.2, 0.3], xHigh: [0.1, 0.2, 0.3], yLow: [0.1, 0.2, 0.3], yHigh: [0.1, 0.2, 0.3] }],
    ['graph_asymmetric', { xLow: [0.1, 0.2, 0.3], xHigh: [0.1, 0.2, 0.3], yLow: [0.1, 0.2, 0.3], yHigh: [1, 2, 3] }],
  ])('have their points and errors: %s', async (name, errors) => {
    const file = await open();
    const graph = await readGraph(file, await findHistogram(file, name));
    expect(graph).toMatchObject({ x: [1, 2, 3], y: [4, 5, 6.5], errors });
  });
});

describe('histograms that we write', () => {
  const axis = fc.oneof(
    fc.integer({ min: 1, max: 6 }).map((bins) => regular(bins, -3, 8.5, { name: 'x', label: 'mass', unit: 'GeV' })),
    fc.constant(variable([-1, 0, 0.5, 17], { name: 'x' })),
    fc.constant(category(['all', 'some', 'none'], { name: 'x' })),
  );
  const filled = fc.array(axis, { minLength: 1, maxLength: 2 }).chain((axes) => {
    const numbers = (min: number) =>
      fc.array(fc.double({ min, max: 1e6, noNaN: true }), { minLength: cellCount(axes), maxLength: cellCount(axes) });
    return fc.tuple(fc.constant(axes), numbers(-1e6), numbers(0));
  });

  it('come back the same', async () => {
    await fc.assert(
      fc.asyncProperty(filled, async ([axes, sumw, sumw2]) => {
        const own: HistogramContents = {
          axes,
          sumw: Float64Array.from(sumw),
          sumw2: Float64Array.from(sumw2),
          entries: new Float64Array(sumw.length),
        };
        const { contents } = await read('a/b', await open(histogramsToRoot({ 'a/b': own })));
        expect([...contents.sumw]).toEqual(sumw);
        expect([...contents.sumw2]).toEqual(sumw2);
        expect(contents.axes.map((one) => ({ ...one, name: '' }))).toEqual(axes.map((one) => ({ ...one, name: '' })));
      }),
      { numRuns: 40 },
    );
  });
});

describe('inspect', () => {
  it('shows histograms with bins and fills, and graphs with points', async () => {
    const { histograms, graphs } = await describeFile(await open());
    expect(histograms.find(({ path }) => path === 'h2F')).toMatchObject({
      className: 'TH2F',
      entries: 60,
      axes: [{ bins: 5, lo: 0, hi: 20 }, { bins: 3 }],
    });
    expect(histograms.find(({ path }) => path === 'waiting')?.error).toContain('not in bins yet');
    expect(graphs.find(({ path }) => path === 'graph_errors')).toMatchObject({ className: 'TGraphErrors', points: 3 });
  });
});

describe('damaged histograms', () => {
  async function readAll(bytes: Uint8Array): Promise<void> {
    const start = performance.now();
    const attempt = async (work: () => Promise<unknown>) => {
      try {
        await work();
      } catch (error) {
        if (!isPipelineError(error)) throw error;
      }
    };
    await attempt(async () => {
      const file = await open(bytes);
      for (const entry of await file.keys()) {
        if (isHistogramClass(entry.key.className)) await attempt(() => readHistogram(file, entry));
        if (isGraphClass(entry.key.className)) await attempt(() => readGraph(file, entry));
      }
    });
    expect(performance.now() - start).toBeLessThan(5000);
    expect(process.memoryUsage().rss).toBeLessThan(500 * 2 ** 20);
  }

  it('end in tagged errors or in values', async () => {
    expect(readdirSync(FIXTURES)).toContain('histograms.root');
    // Zlib's checksums would hide what the reader does with wrong members.
    const plain = histogramsToRoot({
      m: { axes: [regular(3, 0, 1, { name: 'x' })], sumw: new Float64Array(5), sumw2: new Float64Array(5), entries: new Float64Array(5) },
    });
    for (const original of [new Uint8Array(fixture), plain]) {
      const flips = fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(flips, async (places) => {
          const bytes = Uint8Array.from(original);
          for (const [place, mask] of places) bytes[place] = (bytes[place] ?? 0) ^ mask;
          await readAll(bytes);
          await readAll(bytes.subarray(0, places[0]?.[0]));
        }),
        { numRuns: 60 },
      );
    }
  });
});
