/** What stands at the ticks of an axis, so that no two labels touch. */
import { highestOf } from './extremes.ts';
import type { PlotModel } from './plot-model.ts';
import { shortened } from './plot-text.ts';
import { makeTicks, type Ticks, tickTexts } from './ticks.ts';

export interface AxisLabels {
  readonly ticks: Ticks;
  /** One a labelled tick; empty where there is no room for it. */
  readonly texts: readonly string[];
}

export interface XLabels extends AxisLabels {
  /** Written upwards. */
  readonly turned: boolean;
  /** What they take beyond one line, and beyond the right end of the panel. */
  readonly height: number;
  readonly overhang: number;
}

/** Mean advance of a character, in font sizes: on the wide side. */
export const CHARACTER = 0.6;
/** Characters of a name for which there is room at most, across and upwards. */
const LONGEST_NAME = 16;
const LONGEST_TURNED = 24;

/** Of an x axis that is `width` wide, where names may be `height` high. */
export function xLabels({ x }: PlotModel, width: number, height: number, font: number): XLabels {
  const labels = x.categories === undefined ? numbers(x, width, font) : names(x.categories, width, height, font);
  const last = labels.ticks.major.at(-1);
  const half = labels.turned ? font * 0.6 : (font * CHARACTER * (labels.texts.at(-1)?.length ?? 0)) / 2;
  return { ...labels, overhang: last === undefined ? 0 : half - (1 - placeOn(x, last)) * width };
}

/** Where a value is on an axis, from 0 to 1. */
export function placeOn({ edges, scale }: PlotModel['x'], value: number): number {
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  return scale === 'log' ? Math.log(value / first) / Math.log(last / first) : (value - first) / (last - first);
}

/** As many as fit side by side. */
function numbers(x: PlotModel['x'], width: number, font: number): Omit<XLabels, 'overhang'> {
  for (let target = width / (font * 5); ; target--) {
    const ticks = makeTicks(x.scale, x.edges[0] ?? 0, x.edges.at(-1) ?? 1, target);
    const texts = tickTexts(x.scale, ticks.major);
    const places = ticks.major.map((tick) => placeOn(x, tick) * width);
    const touch = texts.some((text, i) => {
      const before = texts[i - 1];
      if (before === undefined) return false;
      return (places[i] ?? 0) - (places[i - 1] ?? 0) < font * ((CHARACTER * (text.length + before.length)) / 2 + 0.6);
    });
    if (!touch || target <= 1) return { ticks, texts, turned: false, height: 0 };
  }
}

/** Across where they fit; upwards elsewhere, and only every second, third ... where not even lines fit. */
function names(categories: readonly string[], width: number, height: number, font: number): Omit<XLabels, 'overhang'> {
  const ticks = centres(categories.length);
  const slot = width / categories.length;
  const across = Math.floor((slot / font - 0.5) / CHARACTER);
  if (across >= Math.min(LONGEST_NAME, longest(categories))) {
    return { ticks, texts: categories.map((name) => shortened(name, across)), turned: false, height: 0 };
  }
  const upwards = Math.max(3, Math.min(LONGEST_TURNED, Math.floor(height / font / CHARACTER)));
  const texts = thinned(categories, upwards, slot, font);
  return { ticks, texts, turned: true, height: font * Math.max(0, CHARACTER * longest(texts) - 1) };
}

/** Of a main panel's y axis that is `height` high and ends at `hi`. */
export function yLabels({ y: { scale, lo, categories }, cells }: PlotModel, hi: number, height: number, font: number): AxisLabels {
  if (categories !== undefined) {
    const slot = height / (hi - lo);
    return { ticks: centres(categories.length), texts: thinned(categories, LONGEST_NAME, slot, font) };
  }
  // Over the bins of two axes there are only words.
  const ticks = makeTicks(scale, lo, cells?.edges.at(-1) ?? hi, height / (font * 4));
  return { ticks, texts: tickTexts(scale, ticks.major, { powers: true }) };
}

function thinned(categories: readonly string[], characters: number, slot: number, font: number): string[] {
  const every = Math.max(1, Math.ceil((font * 1.2) / slot));
  return categories.map((name, i) => (i % every === 0 ? shortened(name, characters) : ''));
}

function centres(bins: number): Ticks {
  return { major: Array.from({ length: bins }, (_, i) => i + 0.5), minor: [] };
}

function longest(texts: readonly string[]): number {
  return highestOf(texts.map((text) => text.length));
}
