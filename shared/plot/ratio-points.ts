/** Dots of data and their ratios: how large they are, and which have room in the ratio panel. */
import type { PlotLayout } from './layout.ts';
import type { PlotModel, PlotPoint } from './plot-model.ts';

/** Of a dot, in CSS pixels: smaller where bins are many. */
export function pointRadius({ x }: PlotModel, { main, font }: PlotLayout): number {
  return Math.min(font * 0.27, Math.max(1.3, (0.33 * main.width) / (x.edges.length - 1)));
}

export interface RatioPoints {
  readonly inside: readonly PlotPoint[];
  readonly above: readonly PlotPoint[];
  readonly below: readonly PlotPoint[];
}

/** A dot that would reach over the upper edge, where the main panel begins and would cut it, counts as above. */
export function ratioPoints(model: PlotModel, layout: PlotLayout): RatioPoints {
  const { lo, hi, points } = model.ratio ?? { lo: 0, hi: 0, points: [] };
  const top = hi - ((hi - lo) * pointRadius(model, layout)) / (layout.ratio?.height ?? 1);
  return {
    inside: points.filter(({ value }) => value >= lo && value <= top),
    above: points.filter(({ value }) => value > top),
    below: points.filter(({ value }) => value < lo),
  };
}
