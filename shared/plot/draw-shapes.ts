/** What the parts of a plot's drawing have in common: panels, lines and hatches. */
import type { Box, PlotLayout } from './layout.ts';
import type { PlotModel } from './plot-model.ts';
import type { PlotTheme } from './theme.ts';
import type { PlotTicks } from './ticks.ts';

/** What the reader points at: set by the page between two draws. */
export interface Pointer {
  bin?: number | undefined;
}

/** All that a drawing depends on. */
export interface Drawing {
  readonly model: PlotModel;
  readonly layout: PlotLayout;
  readonly ticks: PlotTicks;
  readonly theme: PlotTheme;
  readonly pointer: Pointer;
}

/** A rectangle on the canvas with the scales of its axes. */
export interface Panel {
  readonly box: Box;
  readonly context: CanvasRenderingContext2D;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Runs `draw` with everything outside the panel clipped away. */
export function clipped({ context, box }: Panel, draw: () => void): void {
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  draw();
  context.restore();
}

/** Fills the rectangles with slanted lines, which run through from one to the next. */
export function hatch(panel: Panel, rects: readonly Box[], font: number, theme: PlotTheme): void {
  const { context, box } = panel;
  clipped(panel, () => {
    context.beginPath();
    for (const { left, top, width, height } of rects) context.rect(left, top, width, height);
    context.clip();
    context.beginPath();
    const step = font * 0.42;
    for (let x = box.left - box.height; x < box.left + box.width; x += step) {
      context.moveTo(x, box.top + box.height);
      context.lineTo(x + box.height, box.top);
    }
    context.strokeStyle = theme.hatch;
    context.lineWidth = 0.9;
    context.stroke();
  });
}

/** One straight line. */
export function strokeLine(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
