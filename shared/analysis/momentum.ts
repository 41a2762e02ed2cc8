/**
 * Momentum components from what detectors measure. Math's sine, cosine and hyperbolic sine would cost most of an analysis,
 * some 20 ns each; here the argument is split into a step of a table and a small rest, whose series is short:
 *
 *     sin(step + rest) = sin(step) cos(rest) + cos(step) sin(rest)     and so on
 *
 * without a branch, within a few units in the last place, and the same on every machine.
 */

/** Real numbers as columns hold them. */
export type Reals = Float32Array | Float64Array;

/** The most objects that `setMomenta` takes. */
const MOST_OBJECTS = 4;

/** px, py, pz of each object that `setMomenta` was called for last: an array, so that no number needs memory of its own. */
export const MOMENTA = new Float64Array(3 * MOST_OBJECTS);

/** Coefficients 1 / n! of the series; each is rounded once. Steps are so small that the terms after these would not count. */
const F2 = 1 / 2;
const F3 = 1 / 6;
const F4 = 1 / 24;
const F5 = 1 / 120;

/** Steps of azimuth in a turn: a table of 16 kB stays near the processor. */
const STEPS = 1024;
const STEP = (2 * Math.PI) / STEPS;
const STEPS_PER_RADIAN = 1 / STEP;
/** A step in two parts: products of the first with a whole number up to 2^24 are exact; the second has what a double of π lacks. */
const STEP_HIGH = Math.fround(STEP);
const STEP_LOW = STEP - STEP_HIGH + (2 * 1.2246467991473532e-16) / STEPS;
const LARGEST_AZIMUTH = 1e4;
/** Cosine and sine of each step, side by side: they are asked for together. */
const CIRCLE = pairs(STEPS, (i) => sineOfStep(i + STEPS / 4), sineOfStep);

/** By symmetry from the first quarter of the turn: exact where the sine is 0 or 1. */
function sineOfStep(step: number): number {
  const half = STEPS / 2;
  const inHalf = step % half;
  const inQuarter = Math.min(inHalf, half - inHalf);
  const sine = inQuarter <= STEPS / 8 ? Math.sin(inQuarter * STEP) : Math.cos((STEPS / 4 - inQuarter) * STEP);
  return Math.floor(step / half) % 2 === 0 ? sine : -sine;
}

/** Steps of pseudorapidity: powers of two, so that the rest is exact. */
const ETA_STEPS_PER_UNIT = 128;
const LARGEST_ETA = 8;
const ETA_STEPS = LARGEST_ETA * ETA_STEPS_PER_UNIT;
const etaOfStep = (i: number) => (i - ETA_STEPS) / ETA_STEPS_PER_UNIT;
/** Hyperbolic sine and cosine of each step. */
const HYPERBOLA = pairs(
  2 * ETA_STEPS + 1,
  (i) => Math.sinh(etaOfStep(i)),
  (i) => Math.cosh(etaOfStep(i)),
);

function pairs(steps: number, first: (step: number) => number, second: (step: number) => number): Float64Array {
  return Float64Array.from({ length: 2 * steps }, (_, i) => (i % 2 === 0 ? first(i / 2) : second((i - 1) / 2)));
}

/**
 * Computes `MOMENTA` of the `count` (at most four) objects from index `first` on: px = pt cos(phi), py = pt sin(phi),
 * pz = pt sinh(eta), in the unit of `pt`. The three columns have these elements. One call for all objects of an event: a call
 * each would cost half as much again.
 */
export function setMomenta(pt: Reals, eta: Reals, phi: Reals, first: number, count: number): void {
  for (let i = 0, at = 0; i < count; i++, at += 3) {
    const transverse = pt[first + i]!;
    const azimuth = phi[first + i]!;
    const rapidity = eta[first + i]!;
    if (!(Math.abs(azimuth) < LARGEST_AZIMUTH && Math.abs(rapidity) < LARGEST_ETA)) {
      // Nothing that a detector gives.
      MOMENTA[at] = transverse * Math.cos(azimuth);
      MOMENTA[at + 1] = transverse * Math.sin(azimuth);
      MOMENTA[at + 2] = transverse * Math.sinh(rapidity);
      continue;
    }
    const turn = Math.floor(azimuth * STEPS_PER_RADIAN + 0.5);
    const a = azimuth - turn * STEP_HIGH - turn * STEP_LOW;
    const aa = a * a;
    const sine = a - a * aa * (F3 - aa * F5);
    const cosine = 1 - aa * (F2 - aa * F4);
    // Steps are in range of their tables: of a turn there are only so many, and the pseudorapidity was looked at.
    const step = 2 * (turn & (STEPS - 1));
    const cosineOfStep = CIRCLE[step]!;
    const sineOfStep = CIRCLE[step + 1]!;
    MOMENTA[at] = transverse * (cosineOfStep * cosine - sineOfStep * sine);
    MOMENTA[at + 1] = transverse * (sineOfStep * cosine + cosineOfStep * sine);
    const steps = Math.floor(rapidity * ETA_STEPS_PER_UNIT + 0.5);
    const b = rapidity - steps / ETA_STEPS_PER_UNIT;
    const bb = b * b;
    const sineh = b + b * bb * (F3 + bb * F5);
    const cosineh = 1 + bb * (F2 + bb * F4);
    const etaStep = 2 * (steps + ETA_STEPS);
    MOMENTA[at + 2] = transverse * (HYPERBOLA[etaStep]! * cosineh + HYPERBOLA[etaStep + 1]! * sineh);
  }
}

// V8 compiles what it has seen: an object that no detector gives, the first of a million, would have it compile all of this anew.
const ODD = Float32Array.of(9);
for (let i = 0; i < 100; i++) setMomenta(ODD, ODD, ODD, 0, 1);
