import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const COUNT = 20_000;

function draw(seed: string, next: (random: Random) => number): number[] {
  const random = new Random(seed);
  return Array.from({ length: COUNT }, () => next(random));
}

function moments(values: readonly number[]): { mean: number; sigma: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, sigma: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

describe('Random', () => {
  it('gives the same numbers for the same seed, for ever', () => {
    const random = new Random('seed');
    expect([random.next(), random.next(), random.next()].map((value) => value * 2 ** 32)).toMatchInlineSnapshot(`
      [
        734894713,
        103924765,
        1610209196,
      ]
    `);
  });

  it('gives unrelated numbers for seeds that differ in one letter', () => {
    const [a, b] = [draw('sample/1', (random) => random.next()), draw('sample/2', (random) => random.next())];
    const correlation = a.reduce((sum, value, i) => sum + (value - 0.5) * ((b[i] ?? 0) - 0.5), 0) / COUNT / (1 / 12);
    expect(Math.abs(correlation)).toBeLessThan(0.03);
  });

  it.each([
    ['uniform', (random: Random) => random.uniform(2, 4), 3, 2 / Math.sqrt(12)],
    ['normal', (random: Random) => random.gaussian(5, 2), 5, 2],
    ['exponential', (random: Random) => random.exponential(3), 3, 3],
    ['Poisson', (random: Random) => random.poisson(2.5), 2.5, Math.sqrt(2.5)],
    ['whole', (random: Random) => random.integer(3), 1, Math.sqrt(2 / 3)],
  ])('has the mean and width of the %s distribution', (_name, next, mean, sigma) => {
    const found = moments(draw('moments', next));
    expect(found.mean).toBeCloseTo(mean, 1);
    expect(found.sigma).toBeCloseTo(sigma, 1);
  });

  it('draws half of a Breit-Wigner curve from within half a width of the mass', () => {
    const values = draw('curve', (random) => random.breitWigner(91, 2.5, 0, 1000));
    expect(values.filter((mass) => Math.abs(mass - 91) < 1.25).length / COUNT).toBeCloseTo(0.5, 1);
  });
});
