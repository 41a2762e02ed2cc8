/** Where ticks go, and what they say. Pure and independent of the drawing library, so that page and PNG agree. */

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
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)) + 0);
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

/** How the numbers beside a y axis are written. */
export function yTickStyle(scale: ScaleType): 'plain' | 'power' {
  return scale === 'log' ? 'power' : 'plain';
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Text of a tick: powers of ten as 10³ where asked, plain decimals otherwise. */
export function tickText(value: number, style: 'plain' | 'power'): string {
  const power = Math.log10(Math.abs(value));
  if (style === 'power' && value > 0 && Number.isInteger(power) && (power < 0 || power > 1)) return `10${superscript(power)}`;
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return scientific(value);
  return String(Number(value.toPrecision(6)));
}

function scientific(value: number): string {
  const [digits = '', power = '0'] = value.toExponential(3).split('e');
  return `${Number(digits)}·10${superscript(Number(power))}`;
}

function superscript(power: number): string {
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)] ?? '').join('');
  return power < 0 ? `⁻${digits}` : digits;
}
