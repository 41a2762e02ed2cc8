import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnalysisError, ConfigError, MessageError } from '../errors.ts';
import { category, regular } from './axis.ts';
import { binContents, cellCount, cellIndices, contentsFrom, emptyContents, integral, isFlow, scaled, summed } from './contents.ts';

const x = regular(2, 0, 2, { name: 'x' });
const steps = category(['a', 'b'], { name: 'steps' });
const some = contentsFrom([x], { sumw: [1, 2, -3, 4], sumw2: [1, 4, 9, 16], entries: [1, 1, 1, 1] });

describe('contents', () => {
  it('have one number a cell, or are refused', () => {
    expect(some.sumw).toEqual(Float64Array.of(1, 2, -3, 4));
    expect(() => contentsFrom([x], { sumw: [1, 2, 3, 4], sumw2: [1, 2, 3], entries: [1, 1, 1, 1] })).toThrow(MessageError);
    expect(() => contentsFrom([x], { sumw: [], sumw2: [], entries: [] })).toThrow(/x: sumw has 0 numbers, its axes ask for 4/);
  });

  it('start empty', () => {
    expect(emptyContents([x, steps]).sumw).toEqual(new Float64Array(12));
  });

  it('scale: errors with the factor, variances with its square, entries not at all', () => {
    const { sumw, sumw2, entries } = scaled(some, -0.5);
    expect([[...sumw], [...sumw2], [...entries]]).toEqual([
      [-0.5, -1, 1.5, -2],
      [0.25, 1, 2.25, 4],
      [1, 1, 1, 1],
    ]);
    expect(Object.is(scaled(emptyContents([x]), -1).sumw[0], 0)).toBe(true);
    expect(() => scaled(some, Number.NaN)).toThrow(AnalysisError);
  });

  it('sum cell by cell, the same for any order', () => {
    const list = fc.array(
      fc
        .array(fc.double({ min: -1e10, max: 1e10, noNaN: true }), { minLength: 4, maxLength: 4 })
        .map((sumw) => contentsFrom([x], { sumw, sumw2: sumw, entries: [1, 2, 3, 4] })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(list, (parts) => {
        expect(summed(parts)).toEqual(summed(parts.toReversed()));
        expect([...summed(parts).entries]).toEqual([1, 2, 3, 4].map((n) => n * parts.length));
      }),
    );
    expect(summed([some, some])).toEqual({
      ...some,
      sumw: Float64Array.of(2, 4, -6, 8),
      sumw2: Float64Array.of(2, 8, 18, 32),
      entries: Float64Array.of(2, 2, 2, 2),
    });
  });

  it('of other bins, or of nothing, have no sum', () => {
    expect(() => summed([])).toThrow(ConfigError);
    expect(() => summed([some, emptyContents([steps])])).toThrow(MessageError);
  });

  it('integrate with and without flow', () => {
    expect(integral(some, { flow: true })).toEqual({ value: 4, error: Math.sqrt(30), entries: 4 });
    expect(integral(some, { flow: false })).toEqual({ value: -1, error: Math.sqrt(13), entries: 2 });
    const cancelling = contentsFrom([x], { sumw: [1e300, 1, 0, -1e300], sumw2: [0, 0, 0, 0], entries: [0, 0, 0, 0] });
    expect(integral(cancelling, { flow: true }).value).toBe(1);
  });

  it('know which cells are flow, on any axis', () => {
    const axes = [x, steps];
    const bins = Array.from({ length: cellCount(axes) }, (_, cell) => cell).filter((cell) => !isFlow(axes, cell));
    expect(bins).toEqual([3, 4, 6, 7]);
    expect(bins.map((cell) => cellIndices(axes, cell))).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
  });

  it('give the bins of one axis without flow', () => {
    expect(binContents(some)).toEqual({ sumw: Float64Array.of(2, -3), sumw2: Float64Array.of(4, 9), entries: Float64Array.of(1, 1) });
    expect(binContents(contentsFrom([steps], { sumw: [5, 6, 7], sumw2: [5, 6, 7], entries: [5, 6, 7] })).sumw).toEqual(
      Float64Array.of(5, 6),
    );
    expect(() => binContents(emptyContents([x, steps]))).toThrow(ConfigError);
  });
});
