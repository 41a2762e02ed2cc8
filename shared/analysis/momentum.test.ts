import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOMENTA, setMomenta } from './momentum.ts';

function momentum(pt: number, eta: number, phi: number): number[] {
  // The last of two: what is computed for one leaves the others alone.
  setMomenta(Float64Array.of(0, 1, pt), Float64Array.of(0, 1, eta), Float64Array.of(0, 1, phi), 1, 2);
  return [...MOMENTA.subarray(3, 6)];
}

const exact = (pt: number, eta: number, phi: number) => [pt * Math.cos(phi), pt * Math.sin(phi), pt * Math.sinh(eta)];

/** A few units in the last place; where a sine or cosine crosses zero, of 1. */
function expectClose(pt: number, eta: number, phi: number): void {
  const [x = 0, y = 0, z = 0] = momentum(pt, eta, phi);
  const [exactX = 0, exactY = 0, exactZ = 0] = exact(pt, eta, phi);
  expect(Math.abs(x - exactX)).toBeLessThanOrEqual(Math.max(6e-16 * Math.abs(exactX), 1e-19 * pt));
  expect(Math.abs(y - exactY)).toBeLessThanOrEqual(Math.max(6e-16 * Math.abs(exactY), 1e-19 * pt));
  expect(Math.abs(z - exactZ)).toBeLessThanOrEqual(8e-16 * Math.abs(exactZ));
}

describe('the momentum of an object', () => {
  it('is that of Math to the last digits', () => {
    const eta = fc.oneof(fc.double({ min: -6, max: 6, noNaN: true }), fc.double({ min: -15.9, max: 15.9, noNaN: true }));
    const phi = fc.oneof(
      fc.float({ min: Math.fround(-3.2), max: Math.fround(3.2), noNaN: true }),
      fc.double({ min: -50, max: 50, noNaN: true }),
    );
    fc.assert(
      fc.property(eta, phi, (eta, phi) => expectClose(30, eta, phi)),
      { numRuns: 20_000 },
    );
  });

  it('is as exact at the borders of its steps', () => {
    for (let k = -1024; k <= 1024; k++) {
      for (const near of [1, 1 + 2 ** -52, 1 - 2 ** -53]) expectClose(30, (k / 256) * near, (k * Math.PI * near) / 1024);
    }
  });

  it.each([
    ['no direction', Number.NaN, Number.NaN],
    ['along the beam', Number.POSITIVE_INFINITY, 0],
    ['far along the beam', -400, 1],
    ['turned very often', 0, 1e300],
    ['at rest in the origin of all', 0, 0],
  ])('%s is that of Math', (_what, eta, phi) => {
    expect(momentum(30, eta, phi)).toEqual(exact(30, eta, phi));
  });
});
