import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnalysisError } from '../errors.ts';
import { ExactSums, MAGNITUDE_LIMBS } from './exact-sums.ts';

/** A double in units of 2^-1074, which it is a whole number of. */
function unitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const exponent = bits >> 52n;
  const fraction = bits & ((1n << 52n) - 1n);
  const units = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -units : units;
}

/** The double nearest to a number of units, ties to even: the exact fraction as decimal text, which JavaScript rounds correctly. */
function nearest(units: bigint): number {
  // units / 2^1074 = units * 5^1074 / 10^1074
  return Number(`${units * 5n ** 1074n}e-1074`);
}

function sumOf(values: readonly number[]): ExactSums {
  const sums = new ExactSums(1, 'test');
  for (const value of values) sums.add(0, value);
  return sums;
}

function unitsIn(sums: ExactSums, cell = 0): bigint {
  const limbs = new Uint32Array(MAGNITUDE_LIMBS);
  const sign = sums.magnitude(cell, limbs);
  return BigInt(sign) * limbs.reduceRight((units, limb) => (units << 32n) | BigInt(limb), 0n);
}

const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });
const subnormal = fc.integer({ min: -(2 ** 31), max: 2 ** 31 }).map((n) => n * 5e-324);
const wide = fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -1000, max: 1000 })).map(([m, e]) => m * 2 ** e);
const weight = fc
  .tuple(fc.float({ noNaN: true, min: -4, max: 4 }), fc.float({ noNaN: true, min: 0, max: 2 }))
  .map(([a, b]) => a * b * 0.013);
const values = fc.oneof(
  fc.array(anyDouble, { maxLength: 60 }),
  fc.array(fc.oneof(subnormal, wide, fc.constantFrom(0, -0, 1, 5e-324, 2 ** -1022, Number.MAX_VALUE, -Number.MAX_VALUE)), {
    maxLength: 60,
  }),
  fc.array(weight, { maxLength: 200 }),
);

describe('ExactSums', () => {
  it('holds the sum that big integers give, and rounds it to the nearest double', () => {
    fc.assert(
      fc.property(values, (list) => {
        const units = list.reduce((sum, value) => sum + unitsOf(value), 0n);
        const sums = sumOf(list);
        expect(unitsIn(sums)).toBe(units);
        const expected = nearest(units);
        if (Number.isFinite(expected)) expect(sums.value(0)).toBe(expected === 0 ? 0 : expected);
        else expect(() => sums.value(0)).toThrow(AnalysisError);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same bits for any order and any split into merged parts', () => {
    const split = fc.tuple(values, fc.array(fc.nat(4), { minLength: 60, maxLength: 60 }), fc.infiniteStream(fc.nat()));
    fc.assert(
      fc.property(split, ([list, parts, keys]) => {
        const shuffled = list
          .map((value) => ({ value, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ value }) => value);
        const pieces = [0, 1, 2, 3, 4].map((part) => sumOf(shuffled.filter((_, i) => parts[i % 60] === part)));
        const merged = new ExactSums(1, 'merged');
        for (const piece of pieces) merged.merge(piece);
        expect(unitsIn(merged)).toBe(unitsIn(sumOf(list)));
      }),
      { numRuns: 500 },
    );
  });

  it('merges associatively and commutatively, with the empty sum as identity, and leaves the other as it was', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const join = (...parts: ExactSums[]): ExactSums => {
          const sums = new ExactSums(1, 'joined');
          for (const part of parts) sums.merge(part);
          return sums;
        };
        const [x, y, z] = [sumOf(a), sumOf(b), sumOf(c)];
        expect(unitsIn(join(join(x, y), z))).toBe(unitsIn(join(x, join(y, z))));
        expect(unitsIn(join(y, x))).toBe(unitsIn(join(x, y)));
        expect(unitsIn(join(x, join()))).toBe(unitsIn(x));
        expect(unitsIn(x)).toBe(unitsIn(sumOf(a)));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every bit over millions of additions, past several carries', () => {
    // Three sizes in turn: none fits into one pair of doubles with the others, so the limbs take something every time.
    const sizes = [2 ** 200, 1, 2 ** -200].map((scale) => (2 - 2 ** -52) * scale);
    const rounds = 3_000_000;
    const sums = new ExactSums(2, 'test');
    for (let i = 0; i < rounds; i++) {
      for (const size of sizes) {
        sums.add(0, size);
        sums.add(1, -size);
      }
    }
    const expected = sizes.reduce((sum, size) => sum + unitsOf(size), 0n) * BigInt(rounds);
    expect(unitsIn(sums, 0)).toBe(expected);
    expect(unitsIn(sums, 1)).toBe(-expected);
  });

  it('keeps every bit when full accumulators are merged over and over', () => {
    const sums = sumOf([Number.MAX_VALUE, 1.7, -5e-324]);
    sums.add(0, Number.MAX_VALUE);
    const start = unitsIn(sums);
    for (let i = 0; i < 50; i++) sums.merge(sums);
    expect(unitsIn(sums)).toBe(start << 50n);
  });

  it('takes magnitudes back as they were given', () => {
    fc.assert(
      fc.property(values, (list) => {
        const limbs = new Uint32Array(MAGNITUDE_LIMBS);
        const sums = sumOf(list);
        const sign = sums.magnitude(0, limbs);
        const copy = sumOf([0.5]);
        if (sign !== 0) copy.addMagnitude(0, sign, limbs);
        expect(unitsIn(copy)).toBe(unitsIn(sums) + unitsOf(0.5));
      }),
    );
  });

  it('rounds ties to the even double, subnormals not at all, and cancels to a plain zero', () => {
    expect(sumOf([1, 2 ** -53]).value(0)).toBe(1);
    expect(sumOf([1, 2 ** -53, 5e-324]).value(0)).toBe(1 + 2 ** -52);
    expect(sumOf([1 + 2 ** -52, 2 ** -53]).value(0)).toBe(1 + 2 ** -51);
    expect(sumOf([2 ** 53 - 1, 0.5]).value(0)).toBe(2 ** 53);
    expect(sumOf([5e-324, 5e-324, -2e-323]).value(0)).toBe(-1e-323);
    expect(sumOf([2 ** -1022, -5e-324]).value(0)).toBe(2 ** -1022 - 5e-324);
    expect(Object.is(sumOf([1e300, -1e300, -0]).value(0), 0)).toBe(true);
    expect(sumOf([1e300, 1, -1e300]).value(0)).toBe(1);
  });

  it('finds a finite sum behind terms that overflow on the way, and says so where the sum itself does', () => {
    const max = Number.MAX_VALUE;
    expect(sumOf([max, max, -max]).value(0)).toBe(max);
    expect(sumOf([max, 2 ** 969]).value(0)).toBe(max);
    expect(() => sumOf([max, 2 ** 970]).value(0)).toThrow(/larger than any double/);
    expect(() => sumOf([-max, -max]).value(0)).toThrow(AnalysisError);
  });

  it('refuses what is not finite, names the sum, and is unchanged by it', () => {
    const sums = new ExactSums(2, 'Σw of m4l');
    sums.add(1, 2.5);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => sums.add(1, value)).toThrow(/Σw of m4l/);
    }
    expect([...sums.values()]).toEqual([0, 2.5]);
  });
});
