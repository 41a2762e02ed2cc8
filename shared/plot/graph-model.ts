/** Points with errors, and histograms of two axes, of a file: as plots. */
import { ConfigError } from '../errors.ts';
import { binCount, binEdges } from '../histogram/axis.ts';
import { highestOf, lowestOf } from './extremes.ts';
import { fileLabel, type SingleHistogram } from './histogram-model.ts';
import { type PlotModel, type PlotPoint, powerBelow } from './plot-model.ts';
import { belowZeroNote, joinNotes, notFiniteNote, xTitle } from './plot-text.ts';
import type { ScaleType } from './ticks.ts';

/** A graph of a file, and the words beside it. */
export interface SingleGraph {
  readonly name: string;
  readonly title: string;
  /** Under the title: where it comes from. */
  readonly lines: readonly string[];
  /** The file holds generated events, or what was made of them. */
  readonly toy: boolean;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Lengths of the error bars. */
  readonly errors: Readonly<Partial<Record<'xLow' | 'xHigh' | 'yLow' | 'yHigh', readonly number[]>>>;
}

/** Strips of the x axis that head-room is looked for in. */
const STRIPS = 40;

/** The points of a graph with their errors. */
export function graphModel(graph: SingleGraph, options: { readonly yScale?: ScaleType } = {}): PlotModel {
  const { name, title, x, y, errors } = graph;
  const { yScale = 'linear' } = options;
  const error = (side: keyof SingleGraph['errors'], i: number) => errors[side]?.[i] ?? 0;
  const points = x.flatMap((at, i): PlotPoint[] => {
    const value = y[i] ?? Number.NaN;
    if (!Number.isFinite(at) || !Number.isFinite(value) || (yScale === 'log' && !(value > 0))) return [];
    const [lo, hi] = [value - error('yLow', i), value + error('yHigh', i)];
    return [{ bin: 0, x: at, xLo: at - error('xLow', i), xHi: at + error('xHigh', i), value, lo, hi }];
  });
  const [first, last] = widened(lowestOf(points.map(({ xLo = 0 }) => xLo)), highestOf(points.map(({ xHi = 0 }) => xHi)));
  const edges = Array.from({ length: STRIPS + 1 }, (_, i) => first + ((last - first) * i) / STRIPS);
  const placed = points.map((point) => ({ ...point, bin: Math.floor((STRIPS * (point.x - first)) / (last - first)) }));
  const lowest = widened(lowestOf(points.map(({ lo }) => lo)), highestOf(points.map(({ hi }) => hi)))[0];
  const lo = yScale === 'log' ? powerBelow(lowestOf(points.map(({ value }) => value))) : lowest;
  const peaks = edges.slice(1).map(() => (points.length === 0 ? 1 : lo));
  for (const { bin, value, hi } of placed) peaks[bin] = highestOf([peaks[bin] ?? lo, value, hi]);
  return {
    name,
    title,
    label: fileLabel(graph),
    x: { title: 'x', scale: 'linear', edges },
    y: { title: 'y', scale: yScale, lo: points.length === 0 ? 0 : lo, peaks },
    layers: [],
    data: { label: 'points', points: placed },
    note: points.length === x.length ? '' : `${x.length - points.length} of ${x.length} points have no place on these axes`,
  };
}

/** A little room at both ends. */
function widened(lo: number, hi: number): [number, number] {
  if (!(Number.isFinite(lo) && Number.isFinite(hi))) return [0, 1];
  const room = hi > lo ? 0.05 * (hi - lo) : Math.abs(lo) * 0.1 || 1;
  return [lo - room, hi + room];
}

/** A histogram or profile of two axes: a colour a bin. `zScale` is that of the colours. @throws ConfigError for another number of axes */
export function planeModel(histogram: SingleHistogram, options: { readonly zScale?: ScaleType } = {}): PlotModel {
  const { name, title, contents, kind, valueTitle } = histogram;
  const [x, y] = contents.axes;
  if (x === undefined || y === undefined || contents.axes.length !== 2)
    throw new ConfigError(`histograms of ${contents.axes.length} axes are not drawn`, { object: name });
  const { zScale: scale = 'linear' } = options;
  const rows = binCount(y) + (y.type === 'category' ? 1 : 2);
  const skip = (type: string) => (type === 'category' ? 0 : 1);
  const values: number[] = [];
  let outside = 0;
  for (const [place, value] of contents.sumw.entries()) {
    const [column, row] = [Math.floor(place / rows) - skip(x.type), (place % rows) - skip(y.type)];
    if (column >= 0 && column < binCount(x) && row >= 0 && row < binCount(y)) values.push(value);
    else outside += value;
  }
  const shown = values.filter((value) => Number.isFinite(value) && (scale === 'log' ? value > 0 : value !== 0));
  const [lowest, highest] = shown.length === 0 ? [0, 1] : [lowestOf(shown), highestOf(shown)];
  const lo = scale === 'log' ? lowest : Math.min(0, lowest);
  const hi = highest > lo ? highest : lo + 1;
  const yEdges = binEdges(y);
  return {
    name,
    title,
    label: fileLabel(histogram),
    x: { title: xTitle(x), scale: 'linear', edges: binEdges(x), categories: x.type === 'category' ? x.categories : undefined },
    y: {
      title: xTitle(y),
      scale: 'linear',
      lo: yEdges[0] ?? 0,
      peaks: binEdges(x)
        .slice(1)
        .map(() => yEdges.at(-1) ?? 1),
      categories: y.type === 'category' ? y.categories : undefined,
    },
    layers: [],
    cells: { edges: yEdges, values, lo, hi, scale, title: valueTitle === '' ? (kind === 'profile' ? 'Mean' : 'Content') : valueTitle },
    note: joinNotes(
      notFiniteNote(values),
      scale === 'log' ? belowZeroNote([{ what: 'content', values }]) : '',
      kind === 'counts' && outside !== 0 ? `${Number(outside.toPrecision(4))} outside of the axes` : '',
    ),
  };
}
