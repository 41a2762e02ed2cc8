/** Yields in a window of a histogram and what they are worth: three significances, side by side. */
import { type Axis, binEdges } from '#shared/histogram/axis.ts';
import type { HistogramContents } from '#shared/histogram/contents.ts';
import { ConfigError } from '../errors.ts';

/** What a group of datasets is on the plot. */
export type GroupKind = 'data' | 'background' | 'signal';

/** Scaled contents of one group. */
export interface GroupContents {
  readonly kind: GroupKind;
  readonly contents: HistogramContents;
}

/** Sums over the bins of a window. */
export interface WindowYields {
  /** Edges of the bins that were summed. */
  readonly lo: number;
  readonly hi: number;
  /** First and last bin summed, counted from 0. */
  readonly firstBin: number;
  readonly lastBin: number;
  /** Undefined where no group is of data. */
  readonly data: number | undefined;
  readonly signal: number;
  readonly background: number;
  /** Signal plus background: the height of the stack. */
  readonly stacked: number;
}

/** Undefined where the formula has no value: no background, or a negative one. */
export interface Significances {
  /**
   * (S+B) / sqrt(B + 0.3 B²), what the ATLAS notebooks print. It takes the height of the whole stack, signal plus
   * background, for the signal: a slip, and the 0.3 has no explanation there. For comparison with the notebooks only.
   */
  readonly asPrintedByNotebook: number | undefined;
  /** The notebook's formula with the true signal: S / sqrt(B + 0.3 B²). */
  readonly notebookFormulaTrueSignal: number | undefined;
  /** S / sqrt(B). */
  readonly signalOverRootBackground: number | undefined;
  /** Median expected for a known background (Asimov): sqrt(2 ((S+B) ln(1 + S/B) - S)). */
  readonly asimov: number | undefined;
}

/** True for the axes of a histogram that a window can lie in: one numeric axis. */
export function canHaveWindow(axes: readonly Axis[]): boolean {
  return axes.length === 1 && axes[0]?.type !== 'category';
}

/**
 * Yields of the groups over the bins that lie in `lo`..`hi` (edges; a bin counts if its centre is inside); undefined where none does.
 * @throws ConfigError unless all histograms have the same single numeric axis
 */
export function windowYields(
  groups: readonly GroupContents[],
  { lo, hi }: { readonly lo: number; readonly hi: number },
): WindowYields | undefined {
  const axis = soleAxis(groups);
  const edges = binEdges(axis);
  const bins = edges.slice(0, -1).flatMap((edge, bin) => {
    const centre = (edge + (edges[bin + 1] ?? edge)) / 2;
    return centre >= lo && centre < hi ? [bin] : [];
  });
  const [firstBin] = bins;
  const lastBin = bins.at(-1);
  if (firstBin === undefined || lastBin === undefined) return undefined;
  const sumOf = (kind: GroupKind) =>
    groups
      .filter((group) => group.kind === kind)
      // Cell 0 is underflow, so bin i is cell i + 1.
      .reduce((sum, { contents }) => bins.reduce((partial, bin) => partial + (contents.sumw[bin + 1] ?? 0), sum), 0);
  const signal = sumOf('signal');
  const background = sumOf('background');
  const range = { lo: edges[firstBin] ?? lo, hi: edges[lastBin + 1] ?? hi, firstBin, lastBin };
  const data = groups.some(({ kind }) => kind === 'data') ? sumOf('data') : undefined;
  return { ...range, data, signal, background, stacked: signal + background };
}

/** The significances of `signal` events over `background` expected ones. */
export function significances({ signal, background }: { readonly signal: number; readonly background: number }): Significances {
  const printed = Math.sqrt(background + 0.3 * background * background);
  const defined = background > 0 && Number.isFinite(signal);
  const asimov = 2 * ((signal + background) * Math.log1p(signal / background) - signal);
  return {
    asPrintedByNotebook: defined ? (signal + background) / printed : undefined,
    notebookFormulaTrueSignal: defined ? signal / printed : undefined,
    signalOverRootBackground: defined ? signal / Math.sqrt(background) : undefined,
    // Rounding may bring a tiny signal below zero; a deficit (S < 0) has no discovery significance.
    asimov: defined && signal >= 0 ? Math.sqrt(Math.max(0, asimov)) : undefined,
  };
}

function soleAxis(groups: readonly GroupContents[]): Axis {
  const axes = groups[0]?.contents.axes ?? [];
  const [axis] = axes;
  const cells = groups[0]?.contents.sumw.length;
  const alike = groups.every(({ contents }) => contents.axes.length === 1 && contents.sumw.length === cells);
  if (axis === undefined || !canHaveWindow(axes) || !alike) {
    throw new ConfigError('yields in a window need histograms with the same single numeric axis');
  }
  return axis;
}
