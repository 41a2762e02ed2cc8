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

/** px, py and pz of the object that `setMomentum` was called for last: an array, so that no number needs memory of its own. */
export const MOMENTUM = new Float64Array(3);

/** Coefficients 1 / n! of the series; each is rounded once. Steps are so small that the terms after these would not count. */
const F2 = 1 / 2;
const F3 = 1 / 6;
const F4 = 1 / 24;
const F5 = 1 / 120;

/** Steps of azimuth in a turn: the tables of 16 kB stay near the processor. */
const STEPS = 1024;
const STEP = (2 * Math.PI) / STEPS;
const STEPS_PER_RADIAN = 1 / STEP;
/** A step in two parts: products of the first with a whole number up to 2^24 are exact; the second has what a double of π lacks. */
const STEP_HIGH = Math.fround(STEP);
const STEP_LOW = STEP - STEP_HIGH + (2 * 1.2246467991473532e-16) / STEPS;
const LARGEST_AZIMUTH = 1e4;
const SINES = Float64Array.from({ length: STEPS }, (_, i) => sineOfStep(i));
const COSINES = Float64Array.from({ length: STEPS }, (_, i) => sineOfStep(i + STEPS / 4));

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
const SINHS = Float64Array.from({ length: 2 * ETA_STEPS + 1 }, (_, i) => Math.sinh((i - ETA_STEPS) / ETA_STEPS_PER_UNIT));
const COSHS = Float64Array.from({ length: 2 * ETA_STEPS + 1 }, (_, i) => Math.cosh((i - ETA_STEPS) / ETA_STEPS_PER_UNIT));

/**
 * Computes `MOMENTUM` of object `i`: px = pt cos(phi), py = pt sin(phi), pz = pt sinh(eta), in the unit of `pt`. The three
 * columns have an element `i`.
 */
export function setMomentum(pt: Reals, eta: Reals, phi: Reals, i: number): void {
  const transverse = pt[i]!;
  const azimuth = phi[i]!;
  const rapidity = eta[i]!;
  if (!(Math.abs(azimuth) < LARGEST_AZIMUTH && Math.abs(rapidity) < LARGEST_ETA)) {
    // Nothing that a detector gives.
    MOMENTUM[0] = transverse * Math.cos(azimuth);
    MOMENTUM[1] = transverse * Math.sin(azimuth);
    MOMENTUM[2] = transverse * Math.sinh(rapidity);
    return;
  }
  const turn = Math.floor(azimuth * STEPS_PER_RADIAN + 0.5);
  const a = azimuth - turn * STEP_HIGH - turn * STEP_LOW;
  const aa = a * a;
  const sine = a - a * aa * (F3 - aa * F5);
  const cosine = 1 - aa * (F2 - aa * F4);
  const step = turn & (STEPS - 1);
  MOMENTUM[0] = transverse * (COSINES[step]! * cosine - SINES[step]! * sine);
  MOMENTUM[1] = transverse * (SINES[step]! * cosine + COSINES[step]! * sine);
  const steps = Math.floor(rapidity * ETA_STEPS_PER_UNIT + 0.5);
  const b = rapidity - steps / ETA_STEPS_PER_UNIT;
  const bb = b * b;
  const sineh = b + b * bb * (F3 + bb * F5);
  const cosineh = 1 + bb * (F2 + bb * F4);
  MOMENTUM[2] = transverse * (SINHS[steps + ETA_STEPS]! * cosineh + COSHS[steps + ETA_STEPS]! * sineh);
}
