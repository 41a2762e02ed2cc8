/** A run's snapshot as a plot: every number and word that is drawn, and nothing about pixels. */
import { ConfigError } from '../errors.ts';
import { type Axis, binEdges } from '../histogram/axis.ts';
import { garwood } from '../histogram/intervals.ts';
import { highestOf, lowestOf } from './extremes.ts';
import { datasetsOfKind, type GroupSums, groupSums, membersOf, presentGroups } from './group-sums.ts';
import { belowZeroNote, flowNote, joinNotes, type PlotLabel, plotLabel, xTitle, yTitle } from './plot-text.ts';
import type { RunSnapshot } from './snapshot.ts';
import type { ScaleType } from './ticks.ts';

/** Scales left out are chosen from the axis: logarithmic where it spans more than a factor of 500. */
export interface PlotOptions {
  readonly xScale?: ScaleType | undefined;
  readonly yScale?: ScaleType | undefined;
}

/** One filled histogram of the stack. */
export interface PlotLayer {
  readonly name: string;
  readonly label: string;
  readonly color: string;
  readonly kind: 'background' | 'signal';
  /** Of this group alone. */
  readonly values: readonly number[];
  /** Of this group and all below it: the height of its outline. */
  readonly tops: readonly number[];
}

/** A value with its 68.27 % interval, at the centre of a bin. */
export interface PlotPoint {
  readonly bin: number;
  readonly x: number;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
  /** Ends of the error bar along x, where it has one. */
  readonly xLo?: number;
  readonly xHi?: number;
}

/** Bins of two axes, as colours. */
export interface PlotCells {
  /** Of the y axis. */
  readonly edges: readonly number[];
  /** One a bin: those of the first column, upwards, then those of the second. */
  readonly values: readonly number[];
  /** Values of the first and the last colour. */
  readonly lo: number;
  readonly hi: number;
  readonly scale: ScaleType;
  readonly title: string;
}

/** A value and its statistical standard deviation, per bin. */
export interface PlotBand {
  readonly values: readonly number[];
  readonly errors: readonly number[];
}

export interface PlotModel {
  readonly name: string;
  readonly title: string;
  readonly label: PlotLabel;
  readonly x: {
    readonly title: string;
    readonly scale: ScaleType;
    /** Bins + 1. */
    readonly edges: readonly number[];
    /** For a category axis: one text a bin. */
    readonly categories?: readonly string[] | undefined;
  };
  readonly y: {
    readonly title: string;
    readonly scale: ScaleType;
    /** Lower end of the axis. */
    readonly lo: number;
    /** Highest thing drawn in each bin (stack, band, error bar): head-room is put above it. */
    readonly peaks: readonly number[];
    /** For a category axis: one text a bin. */
    readonly categories?: readonly string[] | undefined;
  };
  /** A histogram of two axes. */
  readonly cells?: PlotCells | undefined;
  /** In catalogue order, bottom first; empty without MC. */
  readonly layers: readonly PlotLayer[];
  /** All MC together, with its MC statistical error; undefined without MC. */
  readonly total?: PlotBand | undefined;
  /** Undefined without data. Empty bins have no point. */
  readonly data?: { readonly label: string; readonly points: readonly PlotPoint[] } | undefined;
  /** Data / MC, where both exist. A band error of NaN: no MC in that bin. */
  readonly ratio?:
    | { readonly lo: number; readonly hi: number; readonly points: readonly PlotPoint[]; readonly errors: readonly number[] }
    | undefined;
  /** What the picture does not show; may be empty. */
  readonly note: string;
}

/** The histograms of a snapshot that can be drawn: those with one axis. */
export function drawableHistograms(
  snapshot: RunSnapshot,
): readonly { readonly name: string; readonly title: string; readonly axis: Axis }[] {
  return snapshot.analysis.histograms.flatMap(({ name, title, axes }) => {
    const [axis] = axes;
    return axes.length === 1 && axis !== undefined ? [{ name, title, axis }] : [];
  });
}

/**
 * Everything that a plot of this histogram shows.
 * @throws ConfigError if there is no such histogram with one axis; MessageError if a dataset's arrays do not fit it.
 */
export function buildPlotModel(snapshot: RunSnapshot, histogramName: string, options: PlotOptions = {}): PlotModel {
  const drawable = drawableHistograms(snapshot);
  const histogram = drawable.find(({ name }) => name === histogramName);
  if (histogram === undefined) {
    const hint = `This run can draw: ${drawable.map(({ name }) => name).join(', ') || 'none'}.`;
    throw new ConfigError('there is no histogram of this name with one axis', { object: histogramName, hint });
  }
  const { title, axis } = histogram;
  const edges = binEdges(axis);
  const layers = stackLayers(snapshot, histogramName, axis);
  const total = layers.length === 0 ? undefined : totalBand(snapshot, histogramName, axis);
  const measured = dataPoints(snapshot, histogramName, axis, edges);
  const points = measured?.points ?? [];
  const peaks = binPeaks(edges.length - 1, layers, total, points);
  const yScale = options.yScale ?? naturalScale(axis);
  return {
    name: histogramName,
    title,
    label: plotLabel(snapshot, title),
    x: {
      title: xTitle(axis),
      scale: canBeLog(axis) ? (options.xScale ?? naturalScale(axis)) : 'linear',
      edges,
      categories: axis.type === 'category' ? axis.categories : undefined,
    },
    y: {
      title: yTitle(axis),
      scale: yScale,
      lo: yScale === 'log' ? logFloor(layers, total, points) : linearFloor(layers, total, points, peaks),
      peaks,
    },
    layers,
    total,
    data: measured,
    ratio: total === undefined || measured === undefined ? undefined : dataOverMc(points, total),
    note: joinNotes(yScale === 'log' ? noLogarithmNote(total, points) : '', plotNote(snapshot, histogramName, axis)),
  };
}

/** True where an axis may be drawn logarithmically. */
export function canBeLog(axis: Axis): boolean {
  return axis.type !== 'category' && (binEdges(axis)[0] ?? 0) > 0;
}

function naturalScale(axis: Axis): ScaleType {
  const edges = binEdges(axis);
  return canBeLog(axis) && (edges.at(-1) ?? 0) / (edges[0] ?? 1) > 500 ? 'log' : 'linear';
}

function stackLayers(snapshot: RunSnapshot, histogram: string, axis: Axis): PlotLayer[] {
  const layers: PlotLayer[] = [];
  for (const group of presentGroups(snapshot)) {
    const { name, label, color, kind } = group;
    if (kind === 'data') continue;
    const { values } = groupSums(membersOf(snapshot, group), histogram, axis);
    const below = layers.at(-1)?.tops;
    layers.push({ name, label, color, kind, values, tops: values.map((value, bin) => value + (below?.[bin] ?? 0)) });
  }
  return layers;
}

function totalBand(snapshot: RunSnapshot, histogram: string, axis: Axis): PlotBand {
  const { values, variances } = groupSums(datasetsOfKind(snapshot, 'background', 'signal'), histogram, axis);
  return { values, errors: variances.map((variance) => Math.sqrt(Math.max(0, variance))) };
}

function dataPoints(snapshot: RunSnapshot, histogram: string, axis: Axis, edges: readonly number[]): PlotModel['data'] {
  const group = presentGroups(snapshot).find(({ kind }) => kind === 'data');
  if (group === undefined) return undefined;
  const sums = groupSums(datasetsOfKind(snapshot, 'data'), histogram, axis);
  const ofCounts = new Map<number, Interval>();
  const points = sums.values.flatMap((value, bin) => {
    if (value === 0) return [];
    const x = ((edges[bin] ?? 0) + (edges[bin + 1] ?? 0)) / 2;
    return [{ bin, x, value, ...interval(sums, bin, ofCounts) }];
  });
  return { label: group.label, points };
}

interface Interval {
  readonly lo: number;
  readonly hi: number;
}

/** Garwood's interval for counts, which many bins have in common; ±√Σw² where the analysis gave data a weight. */
function interval({ values, variances, entries }: GroupSums, bin: number, ofCounts: Map<number, Interval>): Interval {
  const value = values[bin] ?? 0;
  if (value >= 0 && value === entries[bin]) {
    const known = ofCounts.get(value) ?? garwood(value);
    ofCounts.set(value, known);
    return known;
  }
  const error = Math.sqrt(Math.max(0, variances[bin] ?? 0));
  return { lo: value - error, hi: value + error };
}

function binPeaks(bins: number, layers: readonly PlotLayer[], total: PlotBand | undefined, points: readonly PlotPoint[]): number[] {
  const peaks = Array.from({ length: bins }, (_, bin) => {
    const band = (total?.values[bin] ?? 0) + (total?.errors[bin] ?? 0);
    return highestOf([0, band, ...layers.map((layer) => layer.tops[bin] ?? 0)]);
  });
  for (const { bin, value, hi } of points) peaks[bin] = highestOf([peaks[bin] ?? 0, value, hi]);
  return peaks;
}

/** 0, or a little under the lowest thing drawn where negative weights pull it below by more than is visible. */
function linearFloor(
  layers: readonly PlotLayer[],
  total: PlotBand | undefined,
  points: readonly PlotPoint[],
  peaks: readonly number[],
): number {
  const outlines = layers.map(({ tops }) => lowestOf(tops));
  const band = total?.values.map((value, bin) => value - (total.errors[bin] ?? 0)) ?? [];
  const lowest = lowestOf([0, ...outlines, lowestOf(band), lowestOf(points.map(({ value, lo }) => Math.min(value, lo)))]);
  return lowest < -0.005 * highestOf(peaks) ? 1.1 * lowest : 0;
}

/** A power of ten under everything positive, at most seven decades under the highest. */
function logFloor(layers: readonly PlotLayer[], total: PlotBand | undefined, points: readonly PlotPoint[]): number {
  const drawn = [...layers.slice(0, 1).flatMap(({ tops }) => tops), ...(total?.values ?? []), ...points.map(({ value }) => value)];
  const positive = drawn.filter((value) => value > 0 && value < Infinity);
  if (positive.length === 0) return 0.1;
  return powerBelow(Math.max(lowestOf(positive), 1e-7 * highestOf(positive)));
}

function noLogarithmNote(total: PlotBand | undefined, points: readonly PlotPoint[]): string {
  return belowZeroNote([
    { what: 'data', values: points.map(({ value }) => value) },
    { what: 'MC', values: total?.values ?? [] },
  ]);
}

/** A power of ten a little under `value`, and never one so small that it is 0. */
export function powerBelow(value: number): number {
  return 10 ** Math.max(-307, Math.floor(Math.log10(value) - 0.1));
}

function dataOverMc(points: readonly PlotPoint[], { values, errors }: PlotBand): NonNullable<PlotModel['ratio']> {
  const ratios = points.flatMap(({ bin, x, value, lo, hi }) => {
    const expected = values[bin] ?? 0;
    return expected > 0 ? [{ bin, x, value: value / expected, lo: lo / expected, hi: hi / expected }] : [];
  });
  const relative = values.map((value, bin) => (value > 0 ? (errors[bin] ?? 0) / value : Number.NaN));
  // The wide range is for few events: where the error bars of a third of the points would leave the narrow one.
  const outside = ratios.filter(({ lo, hi }) => lo < 0.5 || hi > 1.5).length;
  const narrow = outside <= ratios.length / 3;
  return { lo: narrow ? 0.5 : 0, hi: narrow ? 1.5 : 2, points: ratios, errors: relative };
}

/** What the panels cannot show: content outside the range, and MC that waits for data to be normalised to. */
function plotNote(snapshot: RunSnapshot, histogram: string, axis: Axis): string {
  const data = groupSums(datasetsOfKind(snapshot, 'data'), histogram, axis);
  const simulated = datasetsOfKind(snapshot, 'background', 'signal');
  const mc = groupSums(simulated, histogram, axis);
  const waiting = snapshot.experiment.luminosityReadFb === 0 && simulated.some((dataset) => dataset.entriesCommitted > 0);
  const flow = flowNote([
    { what: 'data', below: data.below, above: data.above },
    { what: 'MC', below: mc.below, above: mc.above },
  ]);
  return joinNotes(flow, waiting ? 'No data read yet: MC appears with the data that it is normalised to.' : '');
}
