/** A histogram of two axes: a coloured rectangle a bin, and the bar that says what the colours mean. */
import { clipped, type Drawing, type Panel } from './draw-shapes.ts';
import type { PlotCells } from './plot-model.ts';
import { drawSymbols } from './symbol-text.ts';
import { tickTexts } from './ticks.ts';

/** Dark to light, evenly bright in steps of value, and as well for the colour-blind. */
const COLORS = [
  [48, 18, 92],
  [52, 74, 138],
  [33, 124, 140],
  [45, 166, 120],
  [138, 202, 64],
  [249, 226, 72],
] as const;

/** Empty bins stay white. */
export function drawCells(panel: Panel, { x: { edges } }: Drawing['model'], cells: PlotCells): void {
  const { context } = panel;
  const rows = cells.edges.length - 1;
  clipped(panel, () => {
    for (const [cell, value] of cells.values.entries()) {
      if (!isShown(value, cells)) continue;
      const [column, row] = [Math.floor(cell / rows), cell % rows];
      const [left, right] = [panel.x(edges[column] ?? 0), panel.x(edges[column + 1] ?? 0)];
      const [bottom, top] = [panel.y(cells.edges[row] ?? 0), panel.y(cells.edges[row + 1] ?? 0)];
      context.fillStyle = colorOf(value, cells);
      // Half a pixel more: no white lines between neighbours.
      context.fillRect(left, top, right - left + 0.5, bottom - top + 0.5);
    }
  });
}

/** In the head-room at the right: under it its ends, and its title on a line of its own. */
export function drawColorBar(context: CanvasRenderingContext2D, { layout: { main, font }, theme }: Drawing, cells: PlotCells): void {
  const width = Math.min(main.width * 0.34, font * 16);
  const box = { left: main.left + main.width - width - font * 1.6, top: main.top + font * 1.1, width, height: font * 0.9 };
  context.save();
  const steps = 120;
  for (let step = 0; step < steps; step++) {
    context.fillStyle = mixed(step / (steps - 1));
    context.fillRect(box.left + (step * width) / steps, box.top, width / steps + 0.5, box.height);
  }
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.strokeRect(box.left, box.top, box.width, box.height);
  context.fillStyle = theme.ink;
  const letters = { size: font, family: theme.fontFamily };
  const [low, high] = endTexts(cells);
  const y = box.top + box.height + font * 1.2;
  drawSymbols(context, low, { x: box.left, y, align: 'left', room: width * 0.48 }, letters);
  drawSymbols(context, high, { x: box.left + width, y, align: 'right', room: width * 0.48 }, letters);
  drawSymbols(context, cells.title, { x: box.left + width / 2, y: y + font * 1.25, align: 'center', room: width }, letters);
  context.restore();
}

/** Whole numbers as they are, others with three digits where those tell them apart. */
export function endTexts({ lo, hi, scale }: PlotCells): [low: string, high: string] {
  const short = [lo, hi].map((value) => (Number.isInteger(value) ? value : Number(value.toPrecision(3))));
  const [low = '', high = ''] = tickTexts(scale, short[0] === short[1] ? [lo, hi] : short);
  return [low, high];
}

function isShown(value: number, { scale }: PlotCells): boolean {
  return Number.isFinite(value) && (scale === 'log' ? value > 0 : value !== 0);
}

function colorOf(value: number, { lo, hi, scale }: PlotCells): string {
  const at = scale === 'log' ? Math.log(value / lo) / Math.log(hi / lo) : (value - lo) / (hi - lo);
  return mixed(Math.min(1, Math.max(0, Number.isFinite(at) ? at : 0)));
}

function mixed(share: number): string {
  const place = share * (COLORS.length - 1);
  const index = Math.min(COLORS.length - 2, Math.floor(place));
  const [from, to] = [COLORS[index] ?? COLORS[0], COLORS[index + 1] ?? COLORS[0]];
  return `rgb(${from.map((part, i) => Math.round(part + ((to[i] ?? 0) - part) * (place - index))).join(',')})`;
}
