import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { binCount, binEdges, category, extent, regular, sameBins, variable } from './axis.ts';

describe('axes', () => {
  it('have flow cells beside their bins: two, or one for categories', () => {
    const axes = [regular(4, 0, 1, { name: 'x' }), variable([0, 1, 3], { name: 'y' }), category(['a', 'b', 'c'], { name: 'z' })];
    expect(axes.map(binCount)).toEqual([4, 2, 3]);
    expect(axes.map(extent)).toEqual([6, 4, 4]);
    expect(axes.map(binEdges)).toEqual([
      [0, 0.25, 0.5, 0.75, 1],
      [0, 1, 3],
      [0, 1, 2, 3],
    ]);
  });

  it('end exactly where they were told to', () => {
    expect(binEdges(regular(3, 0.1, 0.7, { name: 'x' })).at(-1)).toBe(0.7);
  });

  it('take their label from their name', () => {
    expect(regular(1, 0, 1, { name: 'x' })).toMatchObject({ label: 'x', unit: '' });
  });

  it('ask for a name, and say how it is given', () => {
    const none = undefined as unknown as { name: string };
    expect(() => regular(60, 60, 120, none)).toThrow(
      "axis needs a name. Write it as the last argument: `regular(60, 60, 120, { name: 'x' })`.",
    );
    expect(() => regular(60, 60, 120, 'mass' as unknown as { name: string })).toThrow('axis needs a name');
    expect(() => variable([0, 1], none)).toThrow("`variable([80, 100, 150], { name: 'x' })`");
    expect(() => category(['a'], none)).toThrow("`category(['ee', 'µµ'], { name: 'x' })`");
  });

  it('refuse bins that are none', () => {
    expect(() => regular(0, 0, 1, { name: 'x' })).toThrow(ConfigError);
    expect(() => regular(1.5, 0, 1, { name: 'x' })).toThrow(/whole number/);
    expect(() => regular(2, 1, 1, { name: 'x' })).toThrow(/empty/);
    expect(() => regular(2, Number.NaN, 1, { name: 'x' })).toThrow(ConfigError);
    expect(() => regular(2, -1e308, 1e308, { name: 'x' })).toThrow(/too wide/);
    expect(() => variable([0], { name: 'x' })).toThrow(ConfigError);
    expect(() => variable([0, 1, 1], { name: 'x' })).toThrow(/grow/);
    expect(() => variable([0, Number.POSITIVE_INFINITY], { name: 'x' })).toThrow(ConfigError);
    expect(() => category(['a', 'a'], { name: 'x' })).toThrow(/differ/);
  });

  it('are the same when their bins are, whatever they are called', () => {
    expect(sameBins(regular(2, 0, 1, { name: 'x' }), regular(2, 0, 1, { name: 'y', unit: 'GeV' }))).toBe(true);
    expect(sameBins(regular(2, 0, 1, { name: 'x' }), variable([0, 0.5, 1], { name: 'x' }))).toBe(false);
    expect(sameBins(variable([0, 1], { name: 'x' }), variable([0, 2], { name: 'x' }))).toBe(false);
    expect(sameBins(variable([0, 1], { name: 'x' }), variable([0, 1], { name: 'x' }))).toBe(true);
    expect(sameBins(category(['a'], { name: 'x' }), category(['b'], { name: 'x' }))).toBe(false);
    expect(sameBins(category(['a'], { name: 'x' }), category(['a'], { name: 'x' }))).toBe(true);
  });
});
