import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { garwood, ONE_SIGMA } from './intervals.ts';

/** [n, level, lo, hi], computed with 40 digits by mpmath 1.4 (regularised incomplete gamma function, Newton's method). */
const GOLDEN: readonly (readonly [number, number, number, number])[] = [
  [0, ONE_SIGMA, 0, 1.8410216450092634],
  [1, ONE_SIGMA, 0.17275377902344993, 3.2995265591158547],
  [2, ONE_SIGMA, 0.7081854398189713, 4.637859623455245],
  [3, ONE_SIGMA, 1.367295313890434, 5.918185832883396],
  [5, ONE_SIGMA, 2.8403088555932205, 8.382472652146888],
  [10, ONE_SIGMA, 6.891305560638358, 14.26694976100939],
  [24, ONE_SIGMA, 19.13538779615472, 29.96693206711369],
  [100, ONE_SIGMA, 90.0167451771134, 111.03336094114967],
  [507, ONE_SIGMA, 484.4907564222866, 530.5314749124095],
  [10000, ONE_SIGMA, 9900.001667411743, 10101.00333402803],
  [19999, ONE_SIGMA, 19857.58335825348, 20141.420178094853],
  [20000, ONE_SIGMA, 19858.579822645894, 20142.42371361401],
  [1000000, ONE_SIGMA, 999000.000166674, 1001001.0003333407],
  [0, 0.95, 0, 3.6888794541139354],
  [1, 0.95, 0.025317807984289897, 5.571643390938897],
  [7, 0.9, 3.2853156918946715, 13.14811380243212],
  [3, 0.9973002039367398, 0.2116786550419745, 12.680566313865985],
  [50000, 0.95, 49562.686650323674, 50440.212035431294],
  [20, 0.5, 16.830147461492224, 23.883125304774893],
  [12, 0.01, 11.625704993567293, 12.712792540614922],
];

describe('garwood', () => {
  it.each(GOLDEN)('of %d at level %d agrees with 40-digit arithmetic', (n, level, lo, hi) => {
    const interval = garwood(n, level);
    expect(Math.abs(interval.lo - lo)).toBeLessThanOrEqual(3e-14 * lo);
    expect(Math.abs(interval.hi - hi)).toBeLessThanOrEqual(3e-14 * hi);
  });

  it('is one standard deviation unless told otherwise', () => {
    expect(garwood(7)).toEqual(garwood(7, ONE_SIGMA));
  });

  it('covers the Poisson sums that define it', () => {
    // P(at most n | hi) = P(at least n | lo) = (1 - level) / 2, by plain summation.
    const atMost = (n: number, mean: number): number => {
      let term = Math.exp(-mean);
      let sum = 0;
      for (let k = 0; k <= n; k++) {
        sum += term;
        term *= mean / (k + 1);
      }
      return sum;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.double({ min: 0.05, max: 0.99, noNaN: true }), (n, level) => {
        const { lo, hi } = garwood(n, level);
        expect(atMost(n, hi)).toBeCloseTo((1 - level) / 2, 11);
        expect(1 - atMost(n - 1, lo)).toBeCloseTo((1 - level) / 2, 11);
      }),
    );
  });

  it('grows with the count and with the level, without a step where the method changes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 19_900, max: 20_100 })),
        fc.double({ min: 0.01, max: 0.98, noNaN: true }),
        (n, level) => {
          const [one, next, wider] = [garwood(n, level), garwood(n + 1, level), garwood(n, level + 0.01)];
          expect(next.hi - one.hi).toBeGreaterThan(0.9);
          // The widest step, from 0 to 1 at this level: the 99 % limits 4.605 and 6.638.
          expect(next.hi - one.hi).toBeLessThan(2.04);
          expect(next.lo).toBeGreaterThan(one.lo);
          expect(wider.hi).toBeGreaterThan(one.hi);
          expect(one.lo).toBeLessThanOrEqual(n);
          expect(one.hi).toBeGreaterThan(n);
        },
      ),
    );
  });

  it('takes any count, huge or not whole', () => {
    expect(garwood(1e12).hi).toBeCloseTo(1e12 + 1e6 + 1, 1);
    expect(garwood(2.5).lo).toBeGreaterThan(garwood(2).lo);
    expect(garwood(1e-6).lo).toBe(0);
  });

  it('refuses what is no count and no level', () => {
    for (const n of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => garwood(n)).toThrow(ConfigError);
    for (const level of [0, 1, -0.5, Number.NaN]) expect(() => garwood(1, level)).toThrow(/level/);
  });
});
