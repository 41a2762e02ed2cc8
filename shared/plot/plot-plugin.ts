/** What Chart.js cannot draw: hatched bands, error bars, ticks inward on all sides, label block and legend. */
import type { Chart, Plugin } from 'chart.js';
import { drawCells, drawColorBar } from './draw-cells.ts';
import { clipped, type Drawing, hatch, type Panel, strokeLine } from './draw-shapes.ts';
import { drawTexts } from './draw-texts.ts';
import type { Box } from './layout.ts';
import type { PlotModel, PlotPoint } from './plot-model.ts';
import { ratioPoints } from './ratio-points.ts';
import { isCrowded, thinBars } from './thin.ts';
import type { Ticks } from './ticks.ts';

/** The one plugin of a plot. */
export function plotPlugin(drawing: Drawing): Plugin<'line'> {
  const { model } = drawing;
  const dataIndex = model.layers.length;
  const isData = (index: number) => model.data !== undefined && index === dataIndex;
  return {
    id: 'higgsflow',
    beforeDraw: (chart) => fillBackground(chart, drawing),
    beforeDatasetsDraw: (chart) => {
      if (model.cells !== undefined) drawCells(panelOf(chart, 'y'), model, model.cells);
      if (model.label.toy && model.layers.length === 0) drawToyMark(chart.ctx, drawing);
      if (model.ratio !== undefined) drawRatioBand(panelOf(chart, 'ratio'), drawing);
    },
    beforeDatasetDraw: (chart, { index }) => {
      if (isData(index)) drawMeasured(panelOf(chart, 'y'), model.data?.points ?? [], drawing);
      if (model.ratio !== undefined && index === dataIndex + 1) drawRatioPoints(panelOf(chart, 'ratio'), drawing);
    },
    afterDatasetDraw: (chart, { index }) => {
      // The lowest layer is drawn last of the stack: mark and band go on top of it, under the data.
      if (index === 0 && model.label.toy && model.layers.length > 0) drawToyMark(chart.ctx, drawing);
      if (index === 0 && model.total !== undefined) drawTotalBand(panelOf(chart, 'y'), drawing);
    },
    afterDatasetsDraw: (chart) => {
      if (model.ratio !== undefined) frame(panelOf(chart, 'ratio'), drawing.ticks.ratio, drawing);
      frame(panelOf(chart, 'y'), drawing.ticks.y, drawing);
      drawTexts(chart.ctx, drawing);
      if (model.cells !== undefined) drawColorBar(chart.ctx, drawing, model.cells);
    },
  };
}

function panelOf(chart: Chart, axis: 'y' | 'ratio'): Panel {
  const { x, [axis]: y } = chart.scales;
  if (x === undefined || y === undefined) throw new TypeError(`the chart has no axis ${axis}`);
  const box = { left: x.left, top: y.top, width: x.right - x.left, height: y.bottom - y.top };
  return { box, context: chart.ctx, x: (value) => x.getPixelForValue(value), y: (value) => y.getPixelForValue(value) };
}

function fillBackground({ ctx, width, height, scales, chartArea }: Chart, { model, theme, pointer }: Drawing): void {
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, width, height);
  if (pointer.bin === undefined) return;
  const edge = (bin: number) => scales['x']?.getPixelForValue(model.x.edges[bin] ?? 0) ?? 0;
  const left = edge(pointer.bin);
  ctx.fillStyle = theme.highlight;
  ctx.fillRect(left, chartArea.top, Math.max(2, edge(pointer.bin + 1) - left), chartArea.bottom - chartArea.top);
}

/** Over all that is filled and behind all points, as large as the panel allows; on a filled ground its outline shows. */
function drawToyMark(context: CanvasRenderingContext2D, { layout: { main }, theme }: Drawing): void {
  const size = Math.min(main.height * 0.42, main.width * 0.26);
  context.save();
  context.translate(main.left + main.width / 2, main.top + main.height * 0.6);
  context.rotate(-0.2);
  context.font = `bold ${size}px ${theme.fontFamily}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = size * 0.05;
  context.strokeStyle = theme.background;
  context.globalAlpha = 0.5;
  context.strokeText('TOY', 0, 0);
  context.fillStyle = theme.warning;
  context.globalAlpha = 0.16;
  context.fillText('TOY', 0, 0);
  context.restore();
}

function drawTotalBand(panel: Panel, { model, layout, theme }: Drawing): void {
  const { values, errors } = model.total ?? { values: [], errors: [] };
  const bands = values.map((value, bin) => ({ lo: value - (errors[bin] ?? 0), hi: value + (errors[bin] ?? 0) }));
  hatch(panel, binRects(panel, model, bands), layout.font, theme);
}

function drawRatioBand(panel: Panel, { model, layout, theme }: Drawing): void {
  const bands = (model.ratio?.errors ?? []).map((error) => ({ lo: 1 - error, hi: 1 + error }));
  hatch(panel, binRects(panel, model, bands), layout.font, theme);
  const { context, box } = panel;
  context.save();
  context.strokeStyle = theme.ink;
  context.setLineDash([layout.font * 0.35, layout.font * 0.3]);
  strokeLine(context, box.left, panel.y(1), box.left + box.width, panel.y(1));
  context.restore();
}

/** Rectangles of the bands of all bins that have one; the lower end is kept on the axis (a logarithm of 0 is nowhere). */
function binRects(panel: Panel, { x: { edges }, y }: PlotModel, bands: readonly { lo: number; hi: number }[]): Box[] {
  const bottom = panel.box.top + panel.box.height;
  const rects = bands.flatMap(({ lo, hi }, bin) => {
    if (!(hi > lo)) return [];
    const left = panel.x(edges[bin] ?? 0);
    const top = panel.y(hi);
    const low = y.scale === 'log' && !(lo > 0) ? bottom : Math.min(bottom, panel.y(lo));
    return Number.isFinite(top) && low > top ? [{ left, top, width: panel.x(edges[bin + 1] ?? 0) - left, height: low - top }] : [];
  });
  return isCrowded(rects.length, panel.box.width) ? thinBars(rects) : rects;
}

function drawMeasured(panel: Panel, points: readonly PlotPoint[], { layout, theme }: Drawing): void {
  const { context, box } = panel;
  const bars = points.map(({ x, lo, hi }) => {
    const low = panel.y(lo);
    // On a logarithmic axis an end at or below 0 is infinitely far down.
    const bottom = Number.isFinite(low) && lo > 0 ? low : Math.min(low || Infinity, box.top + box.height);
    const top = panel.y(hi);
    return { left: panel.x(x), top, width: 0, height: bottom - top };
  });
  const crowded = isCrowded(points.length, box.width);
  clipped(panel, () => {
    context.strokeStyle = theme.ink;
    context.lineWidth = Math.max(1, layout.font * 0.09);
    // Bins that are not a pixel wide have no width to be shown.
    for (const { x, xLo = x, xHi = x, value } of crowded ? [] : points)
      if (xHi > xLo) strokeLine(context, panel.x(xLo), panel.y(value), panel.x(xHi), panel.y(value));
    for (const { left, top, height } of crowded ? thinBars(bars) : bars) strokeLine(context, left, top + height, left, top);
  });
}

/** Error bars, and an arrow at the edge for each point that has no room in the panel. */
function drawRatioPoints(panel: Panel, drawing: Drawing): void {
  const { context, box } = panel;
  const { ratio } = drawing.model;
  if (ratio === undefined) return;
  drawMeasured(panel, ratio.points, drawing);
  const size = drawing.layout.font * 0.34;
  const { above, below } = ratioPoints(drawing.model, drawing.layout);
  context.fillStyle = drawing.theme.ink;
  drawArrows(panel, above, { tip: box.top + 1, base: box.top + 1 + 1.6 * size, size });
  const bottom = box.top + box.height - 1;
  drawArrows(panel, below, { tip: bottom, base: bottom - 1.6 * size, size });
}

/** `size` is half their width. */
function drawArrows(panel: Panel, points: readonly PlotPoint[], { tip, base, size }: Record<'tip' | 'base' | 'size', number>): void {
  const { context, box } = panel;
  const places = points.map(({ x }) => ({ left: panel.x(x), top: tip, width: 0, height: 0 }));
  for (const { left } of isCrowded(places.length, box.width) ? thinBars(places) : places) {
    context.beginPath();
    context.moveTo(left, tip);
    context.lineTo(left - size, base);
    context.lineTo(left + size, base);
    context.fill();
  }
}

/** The panel's box with ticks inward on all four sides. */
function frame(panel: Panel, vertical: Ticks, { model, ticks, layout: { font }, theme }: Drawing): void {
  const { context, box } = panel;
  const [right, bottom] = [box.left + box.width, box.top + box.height];
  context.save();
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.strokeRect(box.left, box.top, box.width, box.height);
  const edges = model.x.categories === undefined ? ticks.x : { major: [], minor: [] };
  const inside = model.y.categories === undefined ? vertical : { major: [], minor: [] };
  const marks = [
    { at: edges.major, length: font * 0.6, vertical: false },
    { at: edges.minor, length: font * 0.32, vertical: false },
    { at: inside.major, length: font * 0.6, vertical: true },
    { at: inside.minor, length: font * 0.32, vertical: true },
  ];
  for (const mark of marks) {
    for (const value of mark.at) {
      if (mark.vertical) {
        const y = panel.y(value);
        strokeLine(context, box.left, y, box.left + mark.length, y);
        strokeLine(context, right, y, right - mark.length, y);
      } else {
        const x = panel.x(value);
        strokeLine(context, x, bottom, x, bottom - mark.length);
        strokeLine(context, x, box.top, x, box.top + mark.length);
      }
    }
  }
  context.restore();
}
