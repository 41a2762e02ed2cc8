/** Where the legend goes: beside the label in the panel, or over the panel where it would run into the data. */
import { CHARACTER } from './axis-labels.ts';
import { highestOf } from './extremes.ts';
import type { Box, PlotSize } from './layout.ts';
import type { PlotModel } from './plot-model.ts';
import { shortened } from './plot-text.ts';
import { plainSymbols } from './symbol-text.ts';

export interface LegendEntry {
  readonly kind: 'data' | 'layer' | 'band';
  readonly label: string;
  readonly color: string;
}

export interface Legend extends Box {
  readonly rows: readonly LegendEntry[];
  /** Left ends of its columns, from its own. */
  readonly columns: readonly number[];
  readonly font: number;
}

/** Height of a row, and widths of the colour and of all that is beside the text: in font sizes. */
const ROW = 1.55;
export const SWATCH = 1.8;
const BESIDE_TEXT = SWATCH + 1.5;
/** Columns tried over the panel, and how wide their characters are taken to be: for two on a phone nearer to the truth. */
const NARROW = 0.54;
const COLUMNS_ABOVE = [
  [3, CHARACTER],
  [2, CHARACTER],
  [2, NARROW],
  [1, CHARACTER],
] as const;

/** Data first, then the stack from top to bottom as the eye meets it, then the band. */
export function legendEntries({ data, layers, total }: PlotModel): LegendEntry[] {
  return [
    ...(data === undefined ? [] : [{ kind: 'data', label: data.label, color: '' } as const]),
    ...layers.map(({ label, color }) => ({ kind: 'layer', label, color }) as const).reverse(),
    ...(total === undefined ? [] : [{ kind: 'band', label: 'MC stat. unc.', color: '' } as const]),
  ];
}

/** Top right in the panel, in two columns where one would be long; undefined where the label is in its way or the data has not half of the panel. */
export function legendInside(rows: readonly LegendEntry[], label: Box, main: Box, font: number): Legend | undefined {
  const right = main.left + main.width - font * 1.1;
  const fits = (legend: Legend) => right - legend.width > label.left + label.width + font;
  const [one, two] = [inColumns(rows, 1, font, CHARACTER), inColumns(rows, 2, font, CHARACTER)];
  const legend = rows.length > 6 && fits(two) ? two : one;
  if (!fits(legend) || label.top + legend.height - main.top > main.height / 2) return undefined;
  return { ...legend, left: right - legend.width, top: label.top };
}

/** Over the panel, as wide as the canvas: in smaller letters where it would be high, and at last with its texts cut. */
export function legendAbove(rows: readonly LegendEntry[], size: PlotSize, font: number): Legend {
  const place = { left: font * 0.6, top: font * 0.4 };
  const room = { width: size.width - font * 0.8, height: size.height * 0.28 };
  const least = font * 0.7;
  for (const letters of [font, font * 0.85, least]) {
    for (const [count, character] of COLUMNS_ABOVE) {
      const legend = inColumns(rows, count, letters, character);
      if (legend.width <= room.width && legend.height <= room.height) return { ...legend, ...place };
    }
  }
  const count = Math.ceil(rows.length / Math.max(1, Math.floor(room.height / (least * ROW))));
  const characters = Math.floor((room.width / count / least - BESIDE_TEXT) / CHARACTER);
  const cut = rows.map((row) => ({ ...row, label: shortenedLabel(row.label, Math.max(3, characters)) }));
  return { ...inColumns(cut, count, least, CHARACTER), ...place };
}

/** As it is where it fits, with its subscripts; otherwise plain, as a cut would leave their braces open. */
function shortenedLabel(label: string, characters: number): string {
  const plain = plainSymbols(label);
  return plain.length <= characters ? label : shortened(plain, characters);
}

/** In `count` columns, filled one after the other; each as wide as its longest row asks for. */
function inColumns(rows: readonly LegendEntry[], count: number, font: number, character: number): Legend {
  const height = Math.max(1, Math.ceil(rows.length / count));
  const columns: number[] = [];
  let width = 0;
  for (let first = 0; first < rows.length; first += height) {
    columns.push(width);
    const lengths = rows.slice(first, first + height).map(({ label }) => plainSymbols(label).length);
    width += font * (BESIDE_TEXT + highestOf(lengths) * character);
  }
  return { left: 0, top: 0, width, height: height * font * ROW, rows, columns, font };
}

/** Top left corner of a row. */
export function legendPosition({ left, top, rows, columns, font }: Legend, index: number): { x: number; y: number } {
  const height = Math.ceil(rows.length / columns.length);
  return { x: left + (columns[Math.floor(index / height)] ?? 0), y: top + (index % height) * font * ROW };
}
