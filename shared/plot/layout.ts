/** Where things go on a canvas of a given size: all in CSS pixels, computed before anything is drawn. */
import { type AxisLabels, CHARACTER, placeOn, type XLabels, xLabels, yLabels } from './axis-labels.ts';
import { highestOf } from './extremes.ts';
import { type Legend, legendAbove, legendEntries, legendInside } from './legend.ts';
import type { PlotModel } from './plot-model.ts';
import { labelLines } from './plot-text.ts';

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface PlotLayout {
  readonly size: PlotSize;
  /** Base font size. */
  readonly font: number;
  readonly padding: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
  /** Room of the y axes' texts, and of the x axis' below the lowest panel. */
  readonly yAxisWidth: number;
  readonly xAxisHeight: number;
  readonly main: Box;
  readonly ratio?: Box | undefined;
  /** Inside the main panel; nothing of the histogram may come into it. */
  readonly label: Box;
  /** In the main panel as well, or over it where that is small. */
  readonly legend: Legend;
  readonly xLabels: XLabels;
  /** Of the main panel. */
  readonly yLabels: AxisLabels;
  /** Upper end of the y axis that keeps label and legend free. */
  readonly yHi: number;
  readonly noteLines: readonly string[];
}

export const LINE = 1.42;
/** Characters of a number for which there is always room beside the y axis. */
const SHORT_TICK = 4;
/** Advance of a digit, in font sizes: more than the mean character's. */
const DIGIT = 0.64;

/** Layout of `model` on a canvas of `size`. */
export function layOut(model: PlotModel, size: PlotSize): PlotLayout {
  // What is beside the y axis depends on its upper end, which depends on the width of the panel.
  for (let characters = SHORT_TICK; ; ) {
    const layout = layOutBeside(model, size, characters);
    const beside = yLabels(model, layout.yHi, layout.main.height, layout.font);
    const longest = highestOf(beside.texts.map((text) => text.length));
    if (longest <= characters) return { ...layout, yLabels: beside };
    characters = longest;
  }
}

/** With room for texts of so many characters beside the y axis. */
function layOutBeside(model: PlotModel, size: PlotSize, characters: number): Omit<PlotLayout, 'yLabels'> {
  const font = Math.min(16, Math.max(11, Math.min(size.width / 58, size.height / 45)));
  const noteLines = wrapped(model.note, Math.floor((size.width - 2 * font) / (0.82 * font * CHARACTER)));
  const yAxisWidth = font * (5.1 + DIGIT * (characters - SHORT_TICK));
  const margin = font * 1.1;
  const left = font * 0.6 + yAxisWidth;
  const labels = xLabels(model, size.width - left - margin, size.height * 0.2, font);
  const xAxisHeight = font * 3.7 + labels.height;
  const padding = {
    top: font * 0.8,
    right: Math.max(margin, labels.overhang + font * 0.3),
    bottom: font * (0.7 + 1.15 * noteLines.length),
    left: font * 0.6,
  };
  const panels = (top: number) => {
    const width = size.width - left - padding.right;
    const height = size.height - top - padding.bottom - xAxisHeight;
    const ratioHeight = model.ratio === undefined ? 0 : Math.round(height * 0.25);
    const main = { left, top, width, height: height - ratioHeight };
    const ratio = ratioHeight === 0 ? undefined : { left, top: top + main.height, width, height: ratioHeight };
    return { main, ratio, label: labelBox(model, main, font) };
  };
  const whole = panels(padding.top);
  const entries = legendEntries(model);
  const inside = legendInside(entries, whole.label, whole.main, font);
  const legend = inside ?? legendAbove(entries, size, font);
  const top = inside === undefined ? padding.top + legend.height + font * 0.4 : padding.top;
  const { main, ratio, label } = inside === undefined ? panels(top) : whole;
  const yHi = upperEnd(model, main, [label, legend], font);
  return { size, font, padding: { ...padding, top }, yAxisWidth, xAxisHeight, main, ratio, label, legend, xLabels: labels, yHi, noteLines };
}

function wrapped(text: string, characters: number): string[] {
  if (text === '') return [];
  if (text.length <= characters) return [text];
  const at = text.lastIndexOf(' ', characters);
  return at <= 0 ? [text] : [text.slice(0, at), ...wrapped(text.slice(at + 1), characters)];
}

/** Top left in the panel. */
function labelBox(model: PlotModel, main: Box, font: number): Box {
  const margin = font * 1.1;
  const height = font * (1.3 * LINE + LINE * labelLines(model.label).length);
  return { left: main.left + margin, top: main.top + margin, width: labelWidth(model, font), height };
}

function labelWidth({ label }: PlotModel, font: number): number {
  const first = (label.strong.length * 1.15 + 1 + label.status.length) * 1.3;
  return Math.max(first, ...labelLines(label).map((line) => line.length)) * font * CHARACTER;
}

/** Smallest round upper end at which every bin's peak stays under the boxes above it. */
function upperEnd(model: PlotModel, main: Box, boxes: readonly Box[], font: number): number {
  const { lo, peaks, scale } = model.y;
  const onAxis = (value: number) => (scale === 'log' ? Math.log10(value) : value);
  const floor = onAxis(lo);
  let end = floor;
  for (const [bin, peak] of peaks.entries()) {
    if (!(onAxis(peak) > floor)) continue;
    const free = 1 - coveredShare(model, main, boxes, bin, font);
    end = Math.max(end, floor + (onAxis(peak) - floor) / free);
  }
  if (scale === 'log') return 10 ** Math.min(308, end > floor ? Math.max(end, floor + 1) : floor + 2);
  end = Math.min(end, Number.MAX_VALUE / 2);
  if (model.cells !== undefined) return end; // exactly what the words above them need
  if (end <= 0) return end > floor ? end : lo + 1;
  return roundedUp(end);
}

/** Share of the panel's height, from the top, that bin `bin` must leave free. */
function coveredShare({ x }: PlotModel, main: Box, boxes: readonly Box[], bin: number, font: number): number {
  const left = main.left + main.width * placeOn(x, x.edges[bin] ?? 0) - font * 0.5;
  const right = main.left + main.width * placeOn(x, x.edges[bin + 1] ?? 1) + font * 0.5;
  const bottoms = boxes
    .filter((box) => box.left < right && box.left + box.width > left)
    .map((box) => box.top + box.height - main.top + font * 0.7);
  // A label of many lines on a very low canvas leaves no room: then something of the data is still to be seen.
  return Math.min(0.9, Math.max(font, ...bottoms) / main.height);
}

/** Two digits are enough, and keep a growing plot calm. */
function roundedUp(value: number): number {
  const unit = 10 ** Math.max(-307, Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / unit) * unit).toPrecision(12));
}
