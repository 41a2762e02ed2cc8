import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTicks, tickTexts } from './ticks.ts';

describe('linear ticks', () => {
  it('are round numbers with smaller ones between them', () => {
    const { major, minor } = makeTicks('linear', 80, 250, 9);
    expect(major).toEqual([80, 100, 120, 140, 160, 180, 200, 220, 240]);
    expect(minor.slice(0, 4)).toEqual([85, 90, 95, 105]);
  });

  it('are free of the noise of repeated addition', () => {
    expect(makeTicks('linear', 0, 1, 10).major).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  it('lie in the range, grow, and are not too many, whatever the range', () => {
    const range = fc.tuple(fc.double({ min: -1e5, max: 1e5, noNaN: true }), fc.double({ min: 1e-3, max: 1e9, noNaN: true }));
    fc.assert(
      fc.property(range, fc.integer({ min: 2, max: 12 }), ([lo, width], target) => {
        const { major, minor } = makeTicks('linear', lo, lo + width, target);
        const slack = width * 1e-6;
        for (const tick of [...major, ...minor]) expect(tick >= lo - slack && tick <= lo + width + slack).toBe(true);
        expect(major.length).toBeLessThanOrEqual(target + 1);
        expect(major.every((tick, i) => i === 0 || tick > (major[i - 1] ?? tick))).toBe(true);
      }),
    );
  });

  it('are none for an empty range', () => {
    expect(makeTicks('linear', 1, 1, 5)).toEqual({ major: [], minor: [] });
  });
});

describe('logarithmic ticks', () => {
  it('are powers of ten with the digits between them', () => {
    const { major, minor } = makeTicks('log', 1, 1e4, 10);
    expect(major).toEqual([1, 10, 100, 1000, 10000]);
    expect(minor).toHaveLength(4 * 8);
  });

  it('label 2 and 5 as well where there are few decades', () => {
    expect(makeTicks('log', 1, 60, 10).major).toEqual([1, 2, 5, 10, 20, 50]);
  });

  it('leave powers out where there would be too many', () => {
    expect(makeTicks('log', 1, 1e6, 3).major).toEqual([1, 100, 10000, 1000000]);
  });
});

describe('ticks', () => {
  it('are none where an end is not finite, or has no logarithm', () => {
    const ends = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const ranges = ends.flatMap((end) => [[1, end] as const, [end, 1] as const, [end, end] as const]);
    for (const [lo, hi] of ranges) {
      for (const type of ['linear', 'log'] as const)
        expect(makeTicks(type, lo, hi, 5), `${type} ${lo} ${hi}`).toEqual({ major: [], minor: [] });
    }
    for (const lo of [0, -1]) expect(makeTicks('log', lo, 10, 5)).toEqual({ major: [], minor: [] });
  });
});

describe('tick texts', () => {
  it('write powers of ten as such where asked', () => {
    expect(tickTexts('log', [1, 10, 100, 1e5, 0.1], { powers: true })).toEqual(['1', '10', '10²', '10⁵', '10⁻¹']);
    expect(tickTexts('log', [1, 10, 100, 1e5, 1e6])).toEqual(['1', '10', '100', '100000', '1·10⁶']);
  });

  it('write plain numbers plainly, and those of an axis that goes far with a power, all of them', () => {
    expect(tickTexts('linear', [0, 0.5, 1])).toEqual(['0', '0.5', '1']);
    expect(tickTexts('linear', [0, 0.0005, 0.001])).toEqual(['0', '0.0005', '0.001']);
    expect(tickTexts('linear', [0, 5e5, 1e6, 1.5e6])).toEqual(['0', '5·10⁵', '1·10⁶', '1.5·10⁶']);
    expect(tickTexts('linear', [0, 2e-5, 4e-5])).toEqual(['0', '2·10⁻⁵', '4·10⁻⁵']);
    expect(tickTexts('linear', [2e-7, 3e21])).toEqual(['2·10⁻⁷', '3·10²¹']);
  });

  it('have as many digits as it takes to tell neighbours apart', () => {
    expect(tickTexts('linear', [0.99999, 0.999995, 1, 1.000005])).toEqual(['0.99999', '0.999995', '1', '1.000005']);
    expect(tickTexts('linear', [1334000000, 1334020000])).toEqual(['1334000000', '1334020000']);
    const width = fc.double({ min: 1e-10, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), width, fc.integer({ min: 2, max: 12 }), (lo, share, target) => {
        const { major } = makeTicks('linear', lo, lo + Math.max(1e-12, Math.abs(lo)) * share, target);
        expect(new Set(tickTexts('linear', major)).size).toBe(major.length);
      }),
    );
  });
});
