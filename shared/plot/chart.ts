/** A plot model as one Chart.js configuration: main and ratio panel on one canvas, the same in browser and PNG. */
import type { ChartConfiguration, ChartDataset } from 'chart.js';
import type { AxisLabels } from './axis-labels.ts';
import type { Pointer } from './draw-shapes.ts';
import { layOut, type PlotLayout, type PlotSize } from './layout.ts';
import type { PlotModel, PlotPoint } from './plot-model.ts';
import { plotPlugin } from './plot-plugin.ts';
import { pointRadius, ratioPoints } from './ratio-points.ts';
import { mixColors, type PlotTheme } from './theme.ts';
import { isCrowded, thinOutline, thinPoints } from './thin.ts';
import { makeTicks, type ScaleType, type Ticks, tickTexts } from './ticks.ts';

export interface ChartOptions {
  readonly theme: PlotTheme;
  /** CSS pixels. */
  readonly size: PlotSize;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
  /** The bin that the reader points at; may change between two draws. */
  readonly pointer?: Pointer | undefined;
}

/** The configuration that `new Chart(canvas, ...)` draws. Chart.js' `Filler` and both linear and log scales must be registered. */
export function chartConfiguration(model: PlotModel, { theme, size, pixelRatio, pointer = {} }: ChartOptions): ChartConfiguration<'line'> {
  const layout = layOut(model, size);
  const labels = axisLabels(model, layout);
  return {
    type: 'line',
    data: { datasets: [...stackDatasets(model, layout, theme), ...pointDatasets(model, layout, theme)] },
    options: {
      animation: false,
      responsive: false,
      parsing: false,
      normalized: true,
      events: [],
      devicePixelRatio: pixelRatio,
      layout: { autoPadding: false, padding: layout.padding },
      scales: scales(model, layout, labels, theme),
      plugins: { legend: { display: false }, tooltip: { enabled: false }, title: { display: false } },
    },
    plugins: [plotPlugin({ model, layout, ticks: { x: labels.x.ticks, y: labels.y.ticks, ratio: labels.ratio.ticks }, theme, pointer })],
  };
}

function axisLabels(
  { ratio }: PlotModel,
  { ratio: ratioBox, font, xLabels, yLabels }: PlotLayout,
): Record<'x' | 'y' | 'ratio', AxisLabels> {
  const lowest = ratio?.lo ?? 0;
  const inner = makeTicks('linear', lowest, ratio?.hi ?? 1, (ratioBox?.height ?? 0) / (font * 1.7));
  // The ends would touch the main panel's zero and the x axis' first label.
  const inside = inner.major.filter((tick) => tick > lowest && tick < (ratio?.hi ?? 1));
  return {
    x: xLabels,
    y: yLabels,
    ratio: { ticks: { ...inner, major: inside }, texts: tickTexts('linear', inside) },
  };
}

/**
 * Each outline is filled down to the floor, and a lower layer drawn over a higher one (Chart.js draws the lowest `order`
 * last): so a negative layer hides nothing but itself.
 */
function stackDatasets(model: PlotModel, { main }: PlotLayout, theme: PlotTheme): ChartDataset<'line'>[] {
  const { edges } = model.x;
  return model.layers.map(({ label, color, tops }, index) => ({
    label,
    yAxisID: 'y',
    data: outline(model, tops, main.width),
    order: 10 + index,
    stepped: 'before' as const,
    borderColor: theme.outline,
    // Bins narrower than a pixel: lines up and down would cover all colours.
    borderWidth: isCrowded(edges.length, main.width) ? 0 : 1,
    borderJoinStyle: 'miter' as const,
    backgroundColor: mixColors(color, theme.background, theme.soften),
    fill: model.y.scale === 'log' ? 'start' : { value: Math.max(0, model.y.lo) },
    pointRadius: 0,
  }));
}

/** One vertex an edge, each holding the value to its right ('before'), closed at both ends. */
function outline({ x, y: { lo, scale } }: PlotModel, tops: readonly number[], width: number) {
  const { edges } = x;
  const clamped = tops.map((top) => (scale === 'log' ? Math.max(top, lo) : top));
  const base = scale === 'log' ? lo : 0;
  const all = clamped.map((y, bin) => ({ x: edges[bin] ?? 0, y }));
  const points = isCrowded(all.length, width) ? thinOutline(all, along(x.scale, edges, width)) : all;
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  return [{ x: first, y: base }, ...points, { x: last, y: clamped.at(-1) ?? base }, { x: last, y: base }];
}

/** How far along an axis of this length a value is. */
function along(scale: ScaleType, edges: readonly number[], length: number): (value: number) => number {
  const place = scale === 'log' ? Math.log : (value: number) => value;
  const [lo, hi] = [place(edges[0] ?? 0), place(edges.at(-1) ?? 1)];
  return (value) => (length * (place(value) - lo)) / (hi - lo);
}

/** Data points, and their ratios; the plugin draws the error bars under them. */
function pointDatasets(model: PlotModel, layout: PlotLayout, theme: PlotTheme): ChartDataset<'line'>[] {
  const { data, ratio, x, y } = model;
  const { main } = layout;
  const radius = pointRadius(model, layout);
  const style = {
    showLine: false,
    pointRadius: radius,
    pointBackgroundColor: theme.ink,
    pointBorderWidth: 0,
  };
  const { inside } = ratioPoints(model, layout);
  // Dots at the lowest edge of all are whole; over the edge between the panels, they would belong to the wrong one.
  const clip = (isLowest: boolean) => ({ left: radius, right: radius, top: 0, bottom: isLowest ? radius : 0 });
  const shown = (points: readonly PlotPoint[], up: (value: number) => number) => {
    const places = points.map((point) => ({ x: point.x, y: point.value }));
    return isCrowded(places.length, main.width) ? thinPoints(places, along(x.scale, x.edges, main.width), up) : places;
  };
  return [
    ...(data === undefined
      ? []
      : [
          {
            ...{ ...style, yAxisID: 'y', order: 0, clip: clip(ratio === undefined) },
            data: shown(data.points, along(y.scale, [y.lo, layout.yHi], main.height)),
          },
        ]),
    ...(ratio === undefined
      ? []
      : [
          {
            ...{ ...style, yAxisID: 'ratio', order: 1, clip: clip(true) },
            data: shown(inside, along('linear', [ratio.lo, ratio.hi], layout.ratio?.height ?? 0)),
          },
        ]),
  ];
}

function scales(model: PlotModel, layout: PlotLayout, labels: ReturnType<typeof axisLabels>, theme: PlotTheme) {
  const { font, main, ratio, yAxisWidth, xAxisHeight, yHi } = layout;
  const { x, y } = model;
  const text = { family: theme.fontFamily, size: font };
  const shared = { grid: { display: false }, border: { display: false } };
  const numbers = { color: theme.ink, font: text, autoSkip: false, maxRotation: 0, padding: font * 0.35 };
  const vertical = {
    ...shared,
    position: 'left' as const,
    stack: 'panels',
    afterFit: (axis: object) => void Object.assign(axis, { width: yAxisWidth }),
  };
  const textsOf = (axis: keyof typeof labels) => (_value: number | string, index: number) => labels[axis].texts[index];
  const turn = layout.xLabels.turned ? 90 : 0;
  return {
    x: {
      ...shared,
      ...range(x.scale, x.edges[0] ?? 0, x.edges.at(-1) ?? 1, labels.x.ticks),
      ticks: { ...numbers, minRotation: turn, maxRotation: turn, callback: textsOf('x') },
      // No room for half a label beyond the ends: it has it in the padding, and the panel must be where the layout says.
      afterFit: (axis: object) => void Object.assign(axis, { height: xAxisHeight, paddingLeft: 0, paddingRight: 0 }),
    },
    ...(ratio === undefined
      ? {}
      : {
          ratio: {
            ...vertical,
            ...range('linear', model.ratio?.lo ?? 0, model.ratio?.hi ?? 2, labels.ratio.ticks),
            stackWeight: ratio.height,
            ticks: { ...numbers, callback: textsOf('ratio') },
          },
        }),
    y: {
      ...vertical,
      ...range(y.scale, y.lo, yHi, labels.y.ticks),
      stackWeight: main.height,
      ticks: { ...numbers, callback: textsOf('y') },
    },
  };
}

function range(type: ScaleType, min: number, max: number, { major }: Ticks) {
  const afterBuildTicks = (axis: object) => void Object.assign(axis, { ticks: major.map((value) => ({ value })) });
  return { type: type === 'log' ? ('logarithmic' as const) : ('linear' as const), min, max, afterBuildTicks };
}
