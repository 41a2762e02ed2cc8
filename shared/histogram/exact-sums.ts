/**
 * Sums of doubles, exact and independent of order, one a cell.
 *
 * Every double is a whole number of units of 2^-1074, so a sum is a long integer. It is kept in limbs of 32 bits, each in a
 * float64 and each with its own sign: an addition touches three neighbouring limbs, and a carry is resolved only after about
 * a million additions, before any limb could pass 2^53 and lose a bit. Only the limbs that were ever touched are stored (one
 * window for all cells): weights of similar size need a few of the 68.
 *
 * In front of the limbs each cell has a pair of doubles, because most additions are exact there and cost a few nanoseconds:
 * Knuth's two-sum gives a sum and its rounding error, the second double takes that error, and what is then left over, mostly
 * nothing, goes to the limbs. Cell = limbs + pair, exactly, at any time. It is rounded once, to the nearest double, when read.
 */
import { AnalysisError } from '../errors.ts';

/** 2^2098 units is the first power of two past every double; 2^53 of those still fit into 68 limbs, and two are spare. */
const MAX_LIMBS = 70;
/** Length of the array that `magnitude` writes. */
export const MAGNITUDE_LIMBS = MAX_LIMBS + 1;
const LIMB = 2 ** 32;
/** A limb holds at most this many limb-sized terms between two carries; two accumulators so full still add exactly: 2^53. */
const MAX_PENDING = 2 ** 20;

// A double and its two halves. Module-level, so that an addition allocates nothing.
const DOUBLE = new Float64Array(1);
const HALVES = new Uint32Array(DOUBLE.buffer);
DOUBLE[0] = 1;
const HIGH = HALVES[1] === 0 ? 0 : 1;
const LOW = 1 - HIGH;

const SCRATCH = new Uint32Array(MAGNITUDE_LIMBS);

// Indices below are in range by construction: the window is grown before limbs are touched. Hence the `!`.

/** One exact sum for each of `cells` cells. */
export class ExactSums {
  readonly cells: number;
  /** Named in errors, such as "Σw of m4l". */
  readonly #what: string;
  /** Two doubles a cell. */
  readonly #pairs: Float64Array;
  /** Cell after cell, `#width` limbs each, the least significant first. */
  #limbs = new Float64Array(0);
  #width = 0;
  /** Limb number of the window's first limb. */
  #first = 0;
  /** No limb is larger than this many times 2^32 - 1. */
  #pending = 0;

  constructor(cells: number, what: string) {
    this.cells = cells;
    this.#pairs = new Float64Array(2 * cells);
    this.#what = what;
  }

  /**
   * Adds a finite double to a cell, exactly.
   *
   * @throws AnalysisError if the value is NaN or infinite; the sum is then unchanged.
   */
  add(cell: number, value: number): void {
    const pairs = this.#pairs;
    const main = pairs[2 * cell]!;
    const rest = pairs[2 * cell + 1]!;
    const newMain = main + value;
    const mainPart = newMain - main;
    const error = main - (newMain - mainPart) + (value - mainPart);
    const newRest = rest + error;
    const restPart = newRest - rest;
    const left = rest - (newRest - restPart) + (error - restPart);
    if (left !== 0) {
      // Not finite: the value is not, or the pair would overflow. Then the pair stays as it is.
      if (!(Math.abs(left) < Number.POSITIVE_INFINITY)) {
        this.#addToLimbs(cell, value);
        return;
      }
      this.#addToLimbs(cell, left);
    }
    pairs[2 * cell] = newMain;
    pairs[2 * cell + 1] = newRest;
  }

  #addToLimbs(cell: number, value: number): void {
    if (value === 0) return;
    DOUBLE[0] = value;
    const high = HALVES[HIGH]!;
    const low = HALVES[LOW]!;
    const exponent = (high >>> 20) & 0x7ff;
    if (exponent === 0x7ff) throw this.#notFinite(value);
    // Subnormals have the units of exponent 1 and no hidden bit.
    const position = exponent === 0 ? 0 : exponent - 1;
    const top = exponent === 0 ? high & 0xfffff : (high & 0xfffff) | 0x100000;
    const limb = position >>> 5;
    const shift = position & 31;
    if (limb < this.#first || limb + 3 > this.#first + this.#width) this.#cover(limb, limb + 3);
    if (this.#pending >= MAX_PENDING) this.#carry();
    this.#pending += 1;
    const limbs = this.#limbs;
    const at = cell * this.#width + limb - this.#first;
    // `>>> 1 >>> (31 - shift)` is `>>> (32 - shift)`, which JavaScript would take as `>>> 0` for shift 0.
    const low0 = (low << shift) >>> 0;
    const low1 = ((top << shift) | ((low >>> 1) >>> (31 - shift))) >>> 0;
    const low2 = (top >>> 1) >>> (31 - shift);
    if (value > 0) {
      limbs[at]! += low0;
      limbs[at + 1]! += low1;
      limbs[at + 2]! += low2;
    } else {
      limbs[at]! -= low0;
      limbs[at + 1]! -= low1;
      limbs[at + 2]! -= low2;
    }
  }

  /** Makes all sums 0 again; memory stays. */
  clear(): void {
    this.#pairs.fill(0);
    this.#limbs.fill(0);
    this.#pending = 0;
  }

  /** Adds all sums of `other`, which has as many cells, cell by cell; exactly, so order and grouping do not matter. */
  merge(other: ExactSums): void {
    if (other.cells !== this.cells) throw new RangeError(`${this.#what}: ${other.cells} sums do not merge into ${this.cells}`);
    for (let cell = 0; cell < this.cells; cell++) {
      const main = other.#pairs[2 * cell]!;
      const rest = other.#pairs[2 * cell + 1]!;
      this.add(cell, main);
      this.add(cell, rest);
    }
    if (other.#width === 0) return;
    this.#cover(other.#first, other.#first + other.#width);
    const into = this.#limbs;
    const from = other.#limbs;
    for (let cell = 0; cell < this.cells; cell++) {
      const at = cell * this.#width + other.#first - this.#first;
      const start = cell * other.#width;
      for (let i = 0; i < other.#width; i++) into[at + i]! += from[start + i]!;
    }
    this.#pending += other.#pending;
    if (this.#pending >= MAX_PENDING) this.#carry();
  }

  /** Adds the sum in cell `from` of `other` to a cell; exactly. */
  addFrom(cell: number, other: ExactSums, from: number): void {
    const sign = other.magnitude(from, SCRATCH);
    if (sign !== 0) this.addMagnitude(cell, sign, SCRATCH);
  }

  /** A cell's sum where it is at hand as one double, as sums of few or of whole numbers mostly are; undefined otherwise. */
  asDouble(cell: number): number | undefined {
    if (this.#pairs[2 * cell + 1] !== 0) return undefined;
    const end = (cell + 1) * this.#width;
    for (let at = end - this.#width; at < end; at++) if (this.#limbs[at] !== 0) return undefined;
    return this.#pairs[2 * cell];
  }

  /**
   * Writes the absolute value of a cell's sum as limbs of 32 bits in units of 2^-1074, the least significant first, and
   * returns its sign: the same for equal sums, however they came about. `into` has MAGNITUDE_LIMBS elements.
   */
  magnitude(cell: number, into: Uint32Array): -1 | 0 | 1 {
    this.#settle(cell);
    if (this.#write(cell, into, 1) < 0) {
      this.#write(cell, into, -1);
      return -1;
    }
    return lastLimb(into, this.limbsEnd) < 0 ? 0 : 1;
  }

  /** Magnitudes have no limb other than 0 below this one, */
  get lowestLimb(): number {
    return this.#first;
  }

  /** and none from this one on: above the window there is room for a carry. */
  get limbsEnd(): number {
    return Math.min(this.#first + this.#width + 1, MAGNITUDE_LIMBS);
  }

  /** Adds a number as `magnitude` gives it, with `sign` 1 or -1. */
  addMagnitude(cell: number, sign: -1 | 1, limbs: Uint32Array): void {
    const last = lastLimb(limbs);
    if (last < 0) return;
    const first = firstLimb(limbs);
    this.#cover(first, last + 1);
    if (this.#pending >= MAX_PENDING) this.#carry();
    this.#pending += 1;
    const at = cell * this.#width - this.#first;
    for (let i = first; i <= last; i++) this.#limbs[at + i]! += sign * limbs[i]!;
  }

  /**
   * A cell's sum, correctly rounded: the double nearest to the exact sum, the even one of two equally near.
   *
   * @throws AnalysisError if that is past the largest double.
   */
  value(cell: number): number {
    const sign = this.magnitude(cell, SCRATCH);
    if (sign === 0) return 0;
    const value = sign * nearestDouble(SCRATCH, lastLimb(SCRATCH, this.limbsEnd));
    if (Number.isFinite(value)) return value;
    throw new AnalysisError(`the sum in cell ${cell} is larger than any double`, { object: this.#what, hint: 'Check the weights.' });
  }

  /** All sums, as `value` gives them. */
  values(): Float64Array {
    const values = new Float64Array(this.cells);
    for (let cell = 0; cell < this.cells; cell++) values[cell] = this.value(cell);
    return values;
  }

  /** Moves a cell's pair into its limbs. */
  #settle(cell: number): void {
    this.#addToLimbs(cell, this.#pairs[2 * cell]!);
    this.#addToLimbs(cell, this.#pairs[2 * cell + 1]!);
    this.#pairs.fill(0, 2 * cell, 2 * cell + 2);
  }

  /** Resolves a cell's carries into `into`, for sum times `sign`; returns what is left on top: negative for a negative sum. */
  #write(cell: number, into: Uint32Array, sign: 1 | -1): number {
    into.fill(0);
    let carry = 0;
    const at = cell * this.#width - this.#first;
    const end = this.#first + this.#width;
    // Past the window only a positive carry is left to place; -1 stays -1 all the way up.
    for (let i = this.#first; i < MAGNITUDE_LIMBS && (i < end || carry > 0); i++) {
      const limb = carry + (i < end ? sign * this.#limbs[at + i]! : 0);
      carry = Math.floor(limb / LIMB);
      into[i] = limb - carry * LIMB;
    }
    return carry;
  }

  /** Brings every limb under 2^32 by handing the excess to the next one, for all cells. */
  #carry(): void {
    for (let at = this.#width - 1; at < this.#limbs.length; at += this.#width) {
      if (Math.abs(this.#limbs[at]!) < LIMB / 2) continue;
      this.#cover(this.#first, this.#first + this.#width + 1);
      break;
    }
    const limbs = this.#limbs;
    for (let start = 0; start < limbs.length; start += this.#width) {
      let carry = 0;
      for (let at = start; at < start + this.#width; at++) {
        const limb = limbs[at]! + carry;
        // Towards zero: a small negative sum must not borrow all the way up.
        carry = Math.trunc(limb / LIMB);
        limbs[at] = limb - carry * LIMB;
      }
    }
    this.#pending = 1;
  }

  /** Grows the window to hold limbs from..to-1 (and what it holds). */
  #cover(from: number, to: number): void {
    const first = this.#width === 0 ? from : Math.min(from, this.#first);
    const end = this.#width === 0 ? to : Math.max(to, this.#first + this.#width);
    const width = end - first;
    if (width === this.#width) return;
    if (end > MAX_LIMBS) throw new AnalysisError('the sum is larger than any double', { object: this.#what, hint: 'Check the weights.' });
    const limbs = new Float64Array(this.cells * width);
    for (let cell = 0; this.#width > 0 && cell < this.cells; cell++) {
      const start = cell * this.#width;
      limbs.set(this.#limbs.subarray(start, start + this.#width), cell * width + this.#first - first);
    }
    this.#limbs = limbs;
    this.#width = width;
    this.#first = first;
  }

  #notFinite(value: number): AnalysisError {
    return new AnalysisError(`${value} was added`, { object: this.#what, hint: 'Fill finite numbers only.' });
  }
}

/** Index of the least significant limb that is not zero, of those from `start` on; the length if there is none. */
export function firstLimb(limbs: Uint32Array, start = 0): number {
  let index = start;
  while (limbs[index] === 0) index += 1;
  return index;
}

/** Index of the most significant limb that is not zero, of those in front of `end`; -1 if there is none. */
export function lastLimb(limbs: Uint32Array, end = limbs.length): number {
  let index = end - 1;
  while (limbs[index] === 0) index -= 1;
  return index;
}

/** The double nearest to a non-zero magnitude, whose last limb other than 0 is `last`; Infinity past the largest. */
function nearestDouble(limbs: Uint32Array, last: number): number {
  const topBit = 32 * last + 31 - Math.clz32(limbs[last]!);
  if (topBit <= 52) {
    // Up to 53 bits of units are the bit pattern of the double itself, subnormal or not.
    HALVES[HIGH] = limbs[1]!;
    HALVES[LOW] = limbs[0]!;
    return DOUBLE[0]!;
  }
  const lowest = topBit - 52;
  if (lowest + 1 >= 0x7ff) return Number.POSITIVE_INFINITY;
  const high = ((lowest + 1) << 20) | (bitsAt(limbs, lowest + 32) & 0xfffff);
  const low = bitsAt(limbs, lowest);
  const half = (bitsAt(limbs, lowest - 1) & 1) === 1;
  const up = half && ((low & 1) === 1 || anyBitBelow(limbs, lowest - 1));
  // Rounding up may carry through the mantissa into the exponent, which is just what it must do.
  const carry = up && low === 0xffffffff;
  HALVES[HIGH] = carry ? high + 1 : high;
  HALVES[LOW] = up ? low + 1 : low;
  return DOUBLE[0]!;
}

/** The 32 bits from bit number `position` on. */
function bitsAt(limbs: Uint32Array, position: number): number {
  const limb = position >>> 5;
  const shift = position & 31;
  return ((limbs[limb]! >>> shift) | (((limbs[limb + 1] ?? 0) << 1) << (31 - shift))) >>> 0;
}

function anyBitBelow(limbs: Uint32Array, position: number): boolean {
  const limb = position >>> 5;
  for (let i = 0; i < limb; i++) if (limbs[i] !== 0) return true;
  return (limbs[limb]! & (2 ** (position & 31) - 1)) !== 0;
}
