/** Numbers beside the plot: yields in a window, the cut flow by group, and the plot in words. */
import { category } from '../histogram/axis.ts';
import { groupSums, membersOf, presentGroups } from './group-sums.ts';
import type { PlotModel } from './plot-model.ts';
import { countText, labelLines } from './plot-text.ts';
import type { RunSnapshot } from './snapshot.ts';
import { plainSymbols } from './symbol-text.ts';

export interface PlotYields {
  /** Edges of the bins summed. */
  readonly lo: number;
  readonly hi: number;
  /** Undefined without data. */
  readonly data?: number | undefined;
  readonly groups: readonly {
    readonly label: string;
    readonly color: string;
    readonly kind: 'background' | 'signal';
    readonly value: number;
  }[];
  readonly signal: number;
  readonly background: number;
  /** Statistical error of signal + background. */
  readonly error: number;
}

/** Sums over the bins whose centre lies in [lo, hi); over all bins without a window. Undefined where there is none. */
export function plotYields(model: PlotModel, window: { readonly lo: number; readonly hi: number } | undefined): PlotYields | undefined {
  const { edges } = model.x;
  const bins = edges.slice(1).flatMap((high, bin) => {
    const centre = ((edges[bin] ?? 0) + high) / 2;
    return window === undefined || (centre >= window.lo && centre < window.hi) ? [bin] : [];
  });
  const [first, last] = [bins[0], bins.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const over = (values: readonly number[]) => bins.reduce((sum, bin) => sum + (values[bin] ?? 0), 0);
  const groups = model.layers.map(({ label, color, kind, values }) => ({ label, color, kind, value: over(values) }));
  const of = (wanted: string) => groups.filter(({ kind }) => kind === wanted).reduce((sum, { value }) => sum + value, 0);
  const inside = model.data?.points.filter(({ bin }) => bin >= first && bin <= last);
  return {
    lo: edges[first] ?? 0,
    hi: edges[last + 1] ?? 0,
    data: inside?.reduce((sum, { value }) => sum + value, 0),
    groups,
    signal: of('signal'),
    background: of('background'),
    error: Math.sqrt(over((model.total?.errors ?? []).map((error) => error * error))),
  };
}

export interface CutFlowRow {
  readonly step: string;
  /** One normalised sum a group, in the order of `presentGroups`. */
  readonly values: readonly number[];
}

/** What each group keeps after each step, normalised like the plot. */
export function cutFlowRows(snapshot: RunSnapshot): CutFlowRow[] {
  const { cutFlow } = snapshot.analysis;
  if (cutFlow.length === 0) return [];
  const axis = category(cutFlow, { name: 'cutFlow' });
  const columns = presentGroups(snapshot).map((group) => groupSums(membersOf(snapshot, group), 'cutFlow', axis).values);
  return cutFlow.map((step, index) => ({ step, values: columns.map((values) => values[index] ?? 0) }));
}

/** The plot in a few sentences, for readers who do not see it. */
export function plotInWords(model: PlotModel): string {
  const { label } = model;
  const yields = plotYields(model, undefined);
  // The title may stand in the label block as well.
  const who = [label.strong, label.status].filter((part) => part !== '' && part !== model.title).join(' ');
  const lines = labelLines(label).filter((line) => line !== model.title);
  const edges = `${model.x.edges[0]} to ${model.x.edges.at(-1)}`;
  const parts = [
    `${who === '' ? '' : `${who}: `}${model.title}, ${plainSymbols(model.x.title)} from ${edges} in ${model.x.edges.length - 1} bins.`,
    lines.length === 0 ? '' : `${lines.join('; ')}.`,
    yields?.data === undefined ? 'No data.' : `${countText(yields.data)} data events in the range.`,
    yields === undefined || model.layers.length === 0 ? 'No simulation.' : `Expected: ${expectedText(yields)}.`,
    label.completeness === '' ? 'The run is complete.' : 'The run is not complete.',
    model.note === '' ? '' : `${model.note}.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function expectedText({ groups, signal, background, error }: PlotYields): string {
  const each = groups.map(({ label, value }) => `${plainSymbols(label)} ${countText(value)}`).join(', ');
  return `${countText(signal + background)} ± ${countText(error)} (${each})`;
}
