import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cos, sin, sinh } from './functions.ts';

/** Units in the last place between two doubles of one sign. */
function ulps(a: number, b: number): number {
  const bits = (value: number) => new BigInt64Array(Float64Array.of(value).buffer)[0]!;
  return Math.abs(Number(bits(a) - bits(b)));
}

const pairs = [
  ['sin', sin, Math.sin, 10],
  ['cos', cos, Math.cos, 10],
  ['sinh', sinh, Math.sinh, 20],
] as const;

describe.each(pairs)('%s', (_name, own, exact, most) => {
  it('is that of Math to the last digits, for what detectors measure and beyond', () => {
    const any = fc.oneof(fc.double({ min: -most, max: most, noNaN: true }), fc.float({ min: -most, max: most, noNaN: true }));
    fc.assert(
      fc.property(any, (x) => {
        // Near a zero crossing of sin and cos both are small: there the distance counts, not the digits.
        if (Math.abs(own(x) - exact(x)) > 1e-17) expect(ulps(own(x), exact(x))).toBeLessThanOrEqual(3);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([0, Number.NaN, Number.POSITIVE_INFINITY, 1e7, -1e300])('of %d is that of Math', (x) => {
    expect(own(x)).toBe(exact(x));
  });

  it('is as exact at the borders of its steps', () => {
    for (let k = -28; k <= 28; k++) {
      for (const x of [(k * Math.PI) / 4, (k + 0.5) * Math.LN2, k * Math.LN2]) {
        for (const near of [x, x * (1 + 2 ** -52), x * (1 - 2 ** -53)]) {
          if (Math.abs(own(near) - exact(near)) > 1e-17) expect(ulps(own(near), exact(near))).toBeLessThanOrEqual(3);
        }
      }
    }
  });
});
