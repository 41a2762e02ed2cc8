/** What a histogram holds, as plain doubles; and the arithmetic that plots and results do with it. Nothing here is changed in place. */
import { AnalysisError, ConfigError, MessageError } from '../errors.ts';
import { type Axis, extent, sameBins } from './axis.ts';
import { ExactSums } from './exact-sums.ts';

/** Σw, Σw² and number of fills per cell, flow included, in C order (the last axis runs fastest). */
export interface HistogramContents {
  readonly axes: readonly Axis[];
  readonly sumw: Float64Array;
  readonly sumw2: Float64Array;
  /** NaN where the number of fills is not known (files of other programs). */
  readonly entries: Float64Array;
}

/** A sum over cells, with its statistical error sqrt(Σw²). */
export interface Integral {
  readonly value: number;
  readonly error: number;
  readonly entries: number;
}

/** Number of cells of a histogram over these axes, flow included. */
export function cellCount(axes: readonly Axis[]): number {
  return axes.reduce((cells, axis) => cells * extent(axis), 1);
}

/** Contents with nothing in them. */
export function emptyContents(axes: readonly Axis[]): HistogramContents {
  const cells = cellCount(axes);
  return { axes, sumw: new Float64Array(cells), sumw2: new Float64Array(cells), entries: new Float64Array(cells) };
}

/**
 * Contents from plain arrays, as a run snapshot has them.
 *
 * @throws MessageError if the arrays do not have one number a cell.
 */
export function contentsFrom(
  axes: readonly Axis[],
  arrays: Readonly<Record<'sumw' | 'sumw2' | 'entries', ArrayLike<number>>>,
): HistogramContents {
  const cells = cellCount(axes);
  for (const key of ['sumw', 'sumw2', 'entries'] as const) {
    if (arrays[key].length === cells) continue;
    throw new MessageError(`${key} has ${arrays[key].length} numbers, its axes ask for ${cells}`, { object: namesOf(axes) });
  }
  return {
    axes,
    sumw: Float64Array.from(arrays.sumw),
    sumw2: Float64Array.from(arrays.sumw2),
    entries: Float64Array.from(arrays.entries),
  };
}

/**
 * Every weight times `factor`: Σw grows by the factor, Σw² by its square, entries stay.
 *
 * @throws AnalysisError if the factor is not finite.
 */
export function scaled(contents: HistogramContents, factor: number): HistogramContents {
  if (!Number.isFinite(factor))
    throw new AnalysisError(`scale factor ${factor} is not a finite number`, { object: namesOf(contents.axes) });
  // `+ 0` turns -0 into 0, so that outputs never show it.
  return {
    axes: contents.axes,
    sumw: contents.sumw.map((value) => value * factor + 0),
    sumw2: contents.sumw2.map((value) => value * factor * factor),
    entries: contents.entries,
  };
}

/**
 * Cell by cell sum of histograms with the same bins, correctly rounded: the order does not matter. The axes are the first one's.
 *
 * @throws ConfigError for an empty list. @throws MessageError if bins differ. @throws AnalysisError if a sum is not finite.
 */
export function summed(list: readonly HistogramContents[]): HistogramContents {
  const [first] = list;
  if (first === undefined) throw new ConfigError('no histograms to sum');
  for (const { axes } of list) {
    const same = axes.length === first.axes.length && axes.every((axis, i) => sameBins(axis, first.axes[i]!));
    if (!same) throw new MessageError('histograms with different bins have no sum', { object: namesOf(first.axes) });
  }
  return {
    axes: first.axes,
    sumw: exactSum(list, 'sumw', `Σw of ${namesOf(first.axes)}`),
    sumw2: exactSum(list, 'sumw2', `Σw² of ${namesOf(first.axes)}`),
    // Whole numbers (or NaN, not known): plain additions are exact.
    entries: first.entries.map((_, cell) => list.reduce((sum, contents) => sum + contents.entries[cell]!, 0)),
  };
}

/**
 * Sum over all cells, or over the bins only. Correctly rounded.
 *
 * @throws AnalysisError if the contents are not finite.
 */
export function integral(contents: HistogramContents, { flow }: { flow: boolean }): Integral {
  const { axes } = contents;
  const sumw = new ExactSums(1, `integral of ${namesOf(axes)}`);
  const sumw2 = new ExactSums(1, `integral of ${namesOf(axes)}`);
  let entries = 0;
  for (let cell = 0; cell < contents.sumw.length; cell++) {
    if (!flow && isFlow(axes, cell)) continue;
    // In range: the three arrays are equally long.
    sumw.add(0, contents.sumw[cell]!);
    sumw2.add(0, contents.sumw2[cell]!);
    entries += contents.entries[cell]!;
  }
  return { value: sumw.value(0), error: Math.sqrt(sumw2.value(0)), entries };
}

/** Contents of the bins of one axis without its flow cells: what a plot draws. Copies. */
export function binContents(contents: HistogramContents): Readonly<Record<'sumw' | 'sumw2' | 'entries', Float64Array>> {
  const [axis] = contents.axes;
  if (axis === undefined || contents.axes.length !== 1) {
    throw new ConfigError(`bins in a row need one axis, not ${contents.axes.length}`, { object: namesOf(contents.axes) });
  }
  const start = axis.type === 'category' ? 0 : 1;
  const inner = (cells: Float64Array): Float64Array => cells.slice(start, -1);
  return { sumw: inner(contents.sumw), sumw2: inner(contents.sumw2), entries: inner(contents.entries) };
}

/** True for a cell that is underflow or overflow on any axis. */
export function isFlow(axes: readonly Axis[], cell: number): boolean {
  return cellIndices(axes, cell).some((index, i) => {
    const axis = axes[i]!;
    return index === extent(axis) - 1 || (index === 0 && axis.type !== 'category');
  });
}

/** A cell's index on each axis, flow cells counted. */
export function cellIndices(axes: readonly Axis[], cell: number): number[] {
  const indices: number[] = [];
  let rest = cell;
  for (const axis of axes.toReversed()) {
    indices.unshift(rest % extent(axis));
    rest = Math.floor(rest / extent(axis));
  }
  return indices;
}

function exactSum(list: readonly HistogramContents[], key: 'sumw' | 'sumw2', name: string): Float64Array {
  const sums = new ExactSums(list[0]?.[key].length ?? 0, name);
  for (const contents of list)
    contents[key].forEach((value, cell) => {
      sums.add(cell, value);
    });
  return sums.values();
}

function namesOf(axes: readonly Axis[]): string {
  return axes.map((axis) => axis.name).join(' × ');
}
