import { describe, expect, it } from 'vitest';
import { isCrowded, thinBars, thinOutline, thinPoints } from './thin.ts';

const itself = (place: number) => place;
/** 1,000 a CSS pixel. */
const many = Array.from({ length: 100_000 }, (_, i) => ({ x: i / 1000, y: (i * 7919) % 1009 }));

/** The lowest and highest of each half pixel. */
function extremes(vertices: readonly { x: number; y: number }[]) {
  const columns = Map.groupBy(vertices, ({ x }) => Math.round(2 * x));
  return Array.from(columns, ([column, inside]) => {
    const ys = inside.map(({ y }) => y);
    return [column, Math.min(...ys), Math.max(...ys), ys[0], ys.at(-1)];
  });
}

describe('what falls on one pixel', () => {
  it('is an outline with the same ends and extremes in each column, in the same order', () => {
    const thin = thinOutline(many, itself);
    expect(thin.length).toBeLessThanOrEqual(4 * 201);
    expect(extremes(thin)).toEqual(extremes(many));
    expect(thin.map(({ x }) => x)).toEqual(thin.map(({ x }) => x).sort((a, b) => a - b));
    expect(new Set(thin).size).toBe(thin.length);
  });

  it('is one point', () => {
    const points = [
      { x: 1, y: 1 },
      { x: 1.1, y: 0.9 },
      { x: 1, y: 3 },
      { x: 2, y: 1 },
    ];
    expect(thinPoints(points, itself, itself)).toEqual([points[0], points[2], points[3]]);
    expect(thinPoints(points, itself, (y) => y / 100)).toEqual([points[0], points[3]]);
  });

  it('is one bar around all of them', () => {
    const bars = [
      { left: 1, top: 5, width: 0.2, height: 1 },
      { left: 1.1, top: 2, width: 0.2, height: 2 },
      { left: 9, top: 1, width: 0, height: 1 },
    ];
    const [first, second, ...none] = thinBars(bars);
    expect(none).toEqual([]);
    expect(first).toEqual({ left: 1, top: 2, width: expect.closeTo(0.3), height: 4 });
    expect(second).toEqual(bars[2]);
  });

  it('is left as it is where a picture shows it', () => {
    expect(isCrowded(2000, 600)).toBe(false);
    expect(isCrowded(3000, 600)).toBe(true);
  });
});
