/** Where things go on a canvas of a given size: all in CSS pixels, computed before anything is drawn. */
import { highestOf } from './extremes.ts';
import type { PlotModel } from './plot-model.ts';
import { labelLines } from './plot-text.ts';
import { plainSymbols } from './symbol-text.ts';
import { makeTicks, tickTexts } from './ticks.ts';

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

export interface LegendEntry {
  readonly kind: 'data' | 'layer' | 'band';
  readonly label: string;
  readonly color: string;
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
  /** In the main panel as well, or over it where that is narrow. */
  readonly legend: Box;
  readonly legendRows: readonly LegendEntry[];
  /** Left ends of the legend's columns, from its own. */
  readonly legendColumns: readonly number[];
  /** Upper end of the y axis that keeps label and legend free. */
  readonly yHi: number;
  readonly noteLines: readonly string[];
}

/** Mean advance of a character, in font sizes: on the wide side, so that estimated boxes are large enough. */
const CHARACTER = 0.6;
export const LINE = 1.42;
const LEGEND_ROW = 1.55;
export const SWATCH = 1.8;
/** Characters of a number for which there is always room beside the y axis, and for which there is room at most. */
const SHORT_TICK = 4;
const LONGEST_TICK = 16;

/** Layout of `model` on a canvas of `size`. */
export function layOut(model: PlotModel, size: PlotSize): PlotLayout {
  const font = Math.min(16, Math.max(11, size.width / 58));
  const noteLines = wrapped(model.note, Math.floor((size.width - 2 * font) / (0.82 * font * CHARACTER)));
  const yAxisWidth = font * (4.8 + CHARACTER * Math.max(0, longestTick(model) - SHORT_TICK));
  const xAxisHeight = font * 3.7;
  const legendRows = legendEntries(model);
  const above = legendAbove(model, legendRows, size, font, yAxisWidth);
  const padding = {
    top: font * 0.8 + (above === undefined ? 0 : above.height + font * 0.4),
    right: font * 1.1,
    bottom: font * (0.7 + 1.15 * noteLines.length),
    left: font * 0.6,
  };
  const left = padding.left + yAxisWidth;
  const width = size.width - left - padding.right;
  const height = size.height - padding.top - padding.bottom - xAxisHeight;
  const ratioHeight = model.ratio === undefined ? 0 : Math.round(height * 0.25);
  const main = { left, top: padding.top, width, height: height - ratioHeight };
  const ratio = ratioHeight === 0 ? undefined : { left, top: padding.top + main.height, width, height: ratioHeight };
  const label = labelBox(model, main, font);
  const { columns, ...legend } = above ?? legendInside(legendRows, label, main, font);
  const yHi = upperEnd(model, main, [label, legend], font);
  return { size, font, padding, yAxisWidth, xAxisHeight, main, ratio, label, legend, legendRows, legendColumns: columns, yHi, noteLines };
}

/** Characters of the longest number beside the y axis, whose upper end is not known yet: about half over what is drawn. */
function longestTick({ y: { scale, lo, peaks, categories } }: PlotModel): number {
  if (categories !== undefined) return Math.min(LONGEST_TICK, highestOf(categories.map((name) => name.length)));
  const { major } = makeTicks(scale, lo, Math.max(lo, highestOf(peaks)) * 1.5, 6);
  return Math.max(0, ...tickTexts(scale, major, { powers: true }).map((text) => text.length));
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

interface Legend extends Box {
  readonly columns: readonly number[];
}

/** A legend in `count` columns, filled one after the other; each as wide as its longest row asks for. */
function legendBox(rows: readonly LegendEntry[], count: number, font: number, character: number): Omit<Legend, 'left' | 'top'> {
  const height = Math.max(1, Math.ceil(rows.length / count));
  const columns: number[] = [];
  let width = 0;
  for (let first = 0; first < rows.length; first += height) {
    columns.push(width);
    const lengths = rows.slice(first, first + height).map(({ label }) => plainSymbols(label).length);
    width += font * (SWATCH + 1.5 + highestOf(lengths) * character);
  }
  return { width, height: height * font * LEGEND_ROW, columns };
}

/** Top right in the panel, beside the label; in two columns where one would be long and there is room. */
function legendInside(rows: readonly LegendEntry[], label: Box, main: Box, font: number): Legend {
  const right = main.left + main.width - font * 1.1;
  const two = legendBox(rows, 2, font, CHARACTER);
  const box = rows.length > 6 && right - two.width > label.left + label.width + font ? two : legendBox(rows, 1, font, CHARACTER);
  return { ...box, left: right - box.width, top: label.top };
}

/** Over the panel, as wide as the canvas, where it is too narrow for label and legend side by side; undefined elsewhere. */
function legendAbove(model: PlotModel, rows: readonly LegendEntry[], size: PlotSize, font: number, yAxisWidth: number): Legend | undefined {
  const beside = labelWidth(model, font) + legendBox(rows, 1, font, CHARACTER).width + font * 3.3;
  if (beside <= size.width - yAxisWidth - font * 1.7) return undefined;
  // What is cut off here would only run into the margin, so the estimate of widths may be nearer to the truth.
  const fitting = [3, 2].map((count) => legendBox(rows, count, font, 0.54)).find(({ width }) => width <= size.width - font * 0.8);
  return { ...(fitting ?? legendBox(rows, 1, font, 0.54)), left: font * 0.6, top: font * 0.4 };
}

/** Data first, then the stack from top to bottom as the eye meets it, then the band. */
function legendEntries({ data, layers, total }: PlotModel): LegendEntry[] {
  return [
    ...(data === undefined ? [] : [{ kind: 'data', label: data.label, color: '' } as const]),
    ...layers.map(({ label, color }) => ({ kind: 'layer', label, color }) as const).reverse(),
    ...(total === undefined ? [] : [{ kind: 'band', label: 'MC stat. unc.', color: '' } as const]),
  ];
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
  const first = x.edges[0] ?? 0;
  const last = x.edges.at(-1) ?? 1;
  const at = (edge: number) => (x.scale === 'log' ? Math.log(edge / first) / Math.log(last / first) : (edge - first) / (last - first));
  const left = main.left + main.width * at(x.edges[bin] ?? first) - font * 0.5;
  const right = main.left + main.width * at(x.edges[bin + 1] ?? last) + font * 0.5;
  const bottoms = boxes
    .filter((box) => box.left < right && box.left + box.width > left)
    .map((box) => box.top + box.height - main.top + font * 0.7);
  return Math.min(0.75, Math.max(font, ...bottoms) / main.height);
}

/** Two digits are enough, and keep a growing plot calm. */
function roundedUp(value: number): number {
  const unit = 10 ** Math.max(-307, Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / unit) * unit).toPrecision(12));
}

/** Top left corner of a legend row. */
export function legendPosition({ legend, legendRows, legendColumns, font }: PlotLayout, index: number): { x: number; y: number } {
  const rows = Math.ceil(legendRows.length / legendColumns.length);
  return { x: legend.left + (legendColumns[Math.floor(index / rows)] ?? 0), y: legend.top + (index % rows) * font * LEGEND_ROW };
}
