/** One histogram on its own, of a file and not of a run, as a plot. */
import { ConfigError } from '../errors.ts';
import { binEdges } from '../histogram/axis.ts';
import { binContents, type HistogramContents } from '../histogram/contents.ts';
import { highestOf, lowestOf } from './extremes.ts';
import { type PlotModel, type PlotPoint, powerBelow } from './plot-model.ts';
import { belowZeroNote, flowNote, joinNotes, notFiniteNote, type PlotLabel, xTitle, yTitle } from './plot-text.ts';
import type { ScaleType } from './ticks.ts';

/** What is drawn, and the words beside it. */
export interface SingleHistogram {
  readonly name: string;
  readonly title: string;
  /** Under the title: where it comes from. */
  readonly lines: readonly string[];
  /** The file holds generated events, or what was made of them. */
  readonly toy: boolean;
  readonly contents: HistogramContents;
  /** profile: means with errors, which are no heights to fill. */
  readonly kind: 'counts' | 'profile';
  /** What the values are; empty for a number of events. */
  readonly valueTitle: string;
}

const COLOR = '#5790fc';

/** The label block of what a file holds: its title, or else its name, and where it comes from. */
export function fileLabel({ name, title, lines, toy }: Pick<SingleHistogram, 'name' | 'title' | 'lines' | 'toy'>): PlotLabel {
  return { strong: toy ? 'TOY DATA' : '', status: title === '' ? name : title, lines, completeness: '', toy };
}

/** A histogram of one axis, filled, with its errors. @throws ConfigError for another number of axes */
export function singleHistogramModel(histogram: SingleHistogram, options: { readonly yScale?: ScaleType } = {}): PlotModel {
  const { name, title, contents, kind, valueTitle } = histogram;
  const [axis] = contents.axes;
  if (axis === undefined || contents.axes.length !== 1) {
    throw new ConfigError(`only histograms of one axis are drawn so, not of ${contents.axes.length}`, { object: name });
  }
  const edges = binEdges(axis);
  const { sumw, sumw2 } = binContents(contents);
  const values = Array.from(sumw, (value) => (Number.isFinite(value) ? value : 0));
  const points = pointsOf(edges, [...sumw], [...sumw2]);
  const { yScale = 'linear' } = options;
  const { lo, peaks } = range(values, points, yScale);
  const flow = axis.type === 'category' || kind === 'profile' ? 0 : (contents.sumw[0] ?? 0);
  const above = kind === 'profile' ? 0 : (contents.sumw.at(-1) ?? 0);
  return {
    name,
    title,
    label: fileLabel(histogram),
    x: { title: xTitle(axis), scale: 'linear', edges, categories: axis.type === 'category' ? axis.categories : undefined },
    y: { title: valueTitle === '' ? (kind === 'profile' ? 'Mean' : yTitle(axis)) : valueTitle, scale: yScale, lo, peaks },
    layers: kind === 'profile' ? [] : [{ name, label: name, color: COLOR, kind: 'background', values, tops: values }],
    data: { label: 'value and error', points },
    note: joinNotes(
      notFiniteNote(sumw),
      yScale === 'log' ? belowZeroNote([{ what: 'content', values }]) : '',
      flowNote([{ what: 'content', below: flow, above }]),
    ),
  };
}

/** Empty bins have no point. */
function pointsOf(edges: readonly number[], values: readonly number[], variances: readonly number[]): PlotPoint[] {
  return values.flatMap((value, bin) => {
    const error = Math.sqrt(Math.max(0, variances[bin] ?? 0));
    if (!Number.isFinite(value) || (value === 0 && error === 0)) return [];
    const x = ((edges[bin] ?? 0) + (edges[bin + 1] ?? 0)) / 2;
    return [{ bin, x, value, lo: value - error, hi: value + error }];
  });
}

/** Lower end of the y axis, and the highest thing in each bin. */
function range(values: readonly number[], points: readonly PlotPoint[], scale: ScaleType): { lo: number; peaks: number[] } {
  const peaks = values.map((value) => Math.max(0, value));
  for (const { bin, hi } of points) peaks[bin] = highestOf([peaks[bin] ?? 0, hi]);
  if (scale === 'linear') return { lo: Math.min(0, 1.1 * Math.min(0, lowestOf(points.map(({ lo }) => lo)))), peaks };
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return { lo: 0.1, peaks };
  return { lo: powerBelow(Math.max(lowestOf(positive), 1e-7 * highestOf(positive))), peaks };
}
