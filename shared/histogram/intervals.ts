/**
 * Confidence intervals for counts. The incomplete gamma functions follow the NIST Digital Library of Mathematical Functions
 * (DLMF, https://dlmf.nist.gov): series 8.11.4, continued fraction 8.9.2, Stirling's series 5.11.1; the start of the
 * search is the Wilson-Hilferty approximation, and for large counts the Cornish-Fisher expansion of the chi-square
 * quantile is exact to float64 (Goldberg and Levine, Ann. Math. Stat. 17 (1946) 216).
 */
import { ConfigError } from '../errors.ts';

/** Probability within one standard deviation of a normal variable, erf(1/√2). */
export const ONE_SIGMA = 0.6826894921370859;

/** Above this count the expansion beats the search in accuracy and costs nothing. */
const LARGE = 20_000;
const MAX_STEPS = 200;

/** Which tail of the distribution a probability belongs to. */
type Tail = 'lower' | 'upper';

/**
 * Garwood's central interval for the mean of a Poisson variable of which `n` was seen: each side is excluded with
 * probability (1 - level) / 2. For n = 0 the lower end is 0.
 *
 * @throws ConfigError if n is negative or not finite, or if the level is not between 0 and 1.
 */
export function garwood(n: number, level: number = ONE_SIGMA): { lo: number; hi: number } {
  if (!(n >= 0 && n < Number.POSITIVE_INFINITY)) throw new ConfigError(`a count of ${n} has no Poisson interval`);
  if (!(level > 0 && level < 1)) throw new ConfigError(`confidence level ${level} is not between 0 and 1`);
  const outside = (1 - level) / 2;
  // P(chi² with one degree of freedom < z²) = level gives the z of two tails.
  const z = level === ONE_SIGMA ? 1 : Math.sqrt(2 * searchQuantile(0.5, level, 'lower', 0));
  return {
    lo: n === 0 ? 0 : gammaQuantile(n, outside, 'lower', z),
    hi: gammaQuantile(n + 1, outside, 'upper', z),
  };
}

/** The x at which the tail of the gamma distribution of shape `a` has probability `p`; `z` is the same for the normal one. */
function gammaQuantile(a: number, p: number, tail: Tail, z: number): number {
  const signed = tail === 'lower' ? -z : z;
  return a >= LARGE ? cornishFisher(a, signed) : searchQuantile(a, p, tail, signed);
}

/** In powers of 1/√a; the next term is of order a^-2 and far below float64 for large `a`. */
function cornishFisher(a: number, z: number): number {
  const root = Math.sqrt(a);
  const z2 = z * z;
  const terms =
    (z2 - 1) / 3 +
    (z * (z2 - 7)) / (36 * root) -
    (3 * z2 * z2 + 7 * z2 - 16) / (810 * a) +
    (z * (9 * z2 * z2 + 256 * z2 - 433)) / (38880 * a * root);
  return a + z * root + terms;
}

/** Newton's method, kept inside a bracket that shrinks with every step. */
function searchQuantile(a: number, p: number, tail: Tail, z: number): number {
  let x = searchStart(a, p, tail, z);
  if (x === 0) return 0;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  for (let step = 0; step < MAX_STEPS; step++) {
    const excess = tail === 'lower' ? gammaTail(a, x, 'lower') - p : p - gammaTail(a, x, 'upper');
    if (excess > 0) high = x;
    else low = x;
    const density = gammaPower(a, x) * (a / x);
    let next = x - excess / density;
    if (!(next > low && next < high)) next = high === Number.POSITIVE_INFINITY ? 2 * x : (low + high) / 2;
    if (Math.abs(next - x) <= 2e-16 * x) return next;
    x = next;
  }
  return x;
}

function searchStart(a: number, p: number, tail: Tail, z: number): number {
  // Far down the lower tail P(a, x) is x^a / Γ(a+1); for a tiny shape the quantile may be under the least double.
  if (tail === 'lower' && a < 1) return Math.exp((Math.log(p) + logGamma(a + 1)) / a);
  const cube = 1 - 1 / (9 * a) + z / (3 * Math.sqrt(a));
  return cube > 0 ? a * cube ** 3 : a / 2;
}

/** Regularised incomplete gamma function P(a, x) or Q(a, x), each computed where it does not cancel. */
function gammaTail(a: number, x: number, tail: Tail): number {
  if (x < a + 1) {
    const lower = gammaPower(a, x) * lowerSeries(a, x);
    return tail === 'lower' ? lower : 1 - lower;
  }
  const upper = gammaPower(a, x) * a * upperFraction(a, x);
  return tail === 'upper' ? upper : 1 - upper;
}

/** DLMF 8.11.4: Σ x^k / ((a+1)...(a+k)), so that P(a, x) = x^a e^-x / Γ(a+1) times it. */
function lowerSeries(a: number, x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

/** DLMF 8.9.2 in its even part, by Lentz's method: Γ(a, x) = x^a e^-x times it. Converges for x > a + 1. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let value = d;
  for (let k = 1; k < 100_000; k++) {
    const numerator = -k * (k - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}

/** x^a e^-x / Γ(a+1), without the cancellation that its logarithm has for large `a`. */
function gammaPower(a: number, x: number): number {
  if (a < 10) return Math.exp(a * Math.log(x) - x - logGamma(a + 1));
  const excess = (x - a) / a;
  return Math.exp(a * (Math.log1p(excess) - excess) - stirlingError(a)) / Math.sqrt(2 * Math.PI * a);
}

/** ln Γ(a), for a > 0: Stirling's series after shifting a past 15. */
function logGamma(a: number): number {
  let shift = 1;
  let shifted = a;
  while (shifted < 15) {
    shift *= shifted;
    shifted += 1;
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + stirlingError(shifted) - Math.log(shift);
}

/** DLMF 5.11.1, the sum alone: ln Γ(a) - (a - 1/2) ln a + a - ln(2π)/2. */
function stirlingError(a: number): number {
  const r = 1 / (a * a);
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360 - r / 156)))))) / a;
}
