/** Where ticks go, and what they say. Pure and independent of the drawing library, so that page and PNG agree. */

import { highestOf } from './extremes.ts';

export interface Ticks {
  /** Labelled. */
  readonly major: readonly number[];
  /** Without label, between the major ones. */
  readonly minor: readonly number[];
}

/** Of all axes of a plot. */
export interface PlotTicks {
  readonly x: Ticks;
  readonly y: Ticks;
  readonly ratio: Ticks;
}

export type ScaleType = 'linear' | 'log';

/** Ticks at round numbers inside [lo, hi], about `target` of them labelled. */
export function makeTicks(type: ScaleType, lo: number, hi: number, target: number): Ticks {
  return type === 'log' ? logTicks(lo, hi, target) : linearTicks(lo, hi, target);
}

function linearTicks(lo: number, hi: number, target: number): Ticks {
  const rough = (hi - lo) / Math.max(1, target);
  if (!(rough > 0) || !Number.isFinite(rough)) return { major: [], minor: [] };
  const decade = 10 ** Math.floor(Math.log10(rough));
  const mantissa = [1, 2, 5, 10].find((m) => m * decade >= rough * 0.999) ?? 10;
  const step = mantissa * decade;
  const parts = mantissa === 2 ? 4 : 5;
  const major = multiples(step, lo, hi);
  const labelled = new Set(major);
  return { major, minor: multiples(step / parts, lo, hi).filter((value) => !labelled.has(value)) };
}

/** Multiples of `step` inside [lo, hi], free of the noise that repeated addition leaves. */
function multiples(step: number, lo: number, hi: number): number[] {
  const slack = step * 1e-6;
  const first = Math.ceil((lo - slack) / step);
  const last = Math.floor((hi + slack) / step);
  const values = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(14)) + 0);
  // Where the step is near the last digit of a number, neighbours may be one.
  return [...new Set(values)];
}

function logTicks(lo: number, hi: number, target: number): Ticks {
  if (!(lo > 0 && hi < Infinity)) return { major: [], minor: [] };
  const from = Math.floor(Math.log10(lo));
  const to = Math.ceil(Math.log10(hi));
  const every = Math.max(1, Math.ceil((to - from) / Math.max(1, target)));
  const inside = (value: number) => value >= lo * (1 - 1e-9) && value <= hi * (1 + 1e-9);
  const major: number[] = [];
  const minor: number[] = [];
  for (let power = from; power <= to; power++) {
    for (let digit = 1; digit <= 9; digit++) {
      const value = Number(`${digit}e${power}`);
      if (!inside(value)) continue;
      const labelled = digit === 1 ? (power - from) % every === 0 : to - from <= 2 && (digit === 2 || digit === 5);
      (labelled ? major : minor).push(value);
    }
  }
  return { major, minor };
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Texts of an axis' labelled ticks, no two the same; `powers` writes those of ten on a logarithmic axis as 10³. */
export function tickTexts(scale: ScaleType, ticks: readonly number[], { powers = false } = {}): string[] {
  if (scale === 'log')
    return ticks.map((value) => (powers ? powerOfTen(value) : undefined) ?? (isFar(value) ? scientific(value, 4) : plain(value, 6)));
  const step = ticks.slice(1).reduce((least, tick, i) => Math.min(least, Math.abs(tick - (ticks[i] ?? 0))), Infinity);
  const plainly = ticks.map((value) => plain(value, Math.max(6, digitsFor(value, step))));
  if (!ticks.some(isFar)) return plainly;
  const shortly = ticks.map((value) => scientific(value, Math.max(4, digitsFor(value, step))));
  // One way of writing for the whole axis; JavaScript writes some numbers as 1e+21.
  const isShorter = isFar(highestOf(ticks.map(Math.abs))) && longest(shortly) <= longest(plainly);
  return isShorter || plainly.some((text) => text.includes('e')) ? shortly : plainly;
}

/** Significant digits that tell a value from its neighbours. */
function digitsFor(value: number, step: number): number {
  if (value === 0 || !Number.isFinite(step)) return 1;
  return Math.min(17, decadeOf(value) - decadeOf(step) + 1);
}

function decadeOf(value: number): number {
  return Math.floor(Math.log10(Math.abs(value)) + 1e-9);
}

/** Better written with a power of ten. */
function isFar(value: number): boolean {
  const size = Math.abs(value);
  return size >= 1e6 || (size > 0 && size < 1e-3);
}

function longest(texts: readonly string[]): number {
  return highestOf(texts.map((text) => text.length));
}

function powerOfTen(value: number): string | undefined {
  const power = Math.log10(value);
  return Number.isInteger(power) && (power < 0 || power > 1) ? `10${superscript(power)}` : undefined;
}

function plain(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

function scientific(value: number, digits: number): string {
  if (value === 0) return '0';
  const [mantissa = '', power = '0'] = value.toExponential(digits - 1).split('e');
  return `${Number(mantissa)}·10${superscript(Number(power))}`;
}

function superscript(power: number): string {
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)] ?? '').join('');
  return power < 0 ? `⁻${digits}` : digits;
}
