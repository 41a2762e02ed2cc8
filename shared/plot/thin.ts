/** Fewer vertices, points and bars where many of them fall on one pixel: the picture stays as it is, and is drawn in a moment. */

import type { Box } from './layout.ts';

interface Vertex {
  readonly x: number;
  readonly y: number;
}

/** Of a line or of points, up to this many a pixel are drawn as they are. */
const MANY_PER_PIXEL = 4;
/** Columns and rows that are told apart, a CSS pixel: a picture for print has so many. */
const FINENESS = 2;

/** True where so many things side by side are more than a picture of this width (CSS pixels) shows one by one. */
export function isCrowded(count: number, width: number): boolean {
  return count > MANY_PER_PIXEL * width;
}

/** The column, or row, of pixels at a place (CSS pixels). */
function pixelOf(place: number): number {
  return Math.round(place * FINENESS);
}

/** Of an outline's vertices in each column of pixels the first, the lowest, the highest and the last. In their order. */
export function thinOutline<T extends Vertex>(vertices: readonly T[], pixelX: (x: number) => number): T[] {
  const kept: T[] = [];
  for (let from = 0, to = 0; from < vertices.length; from = to) {
    const column = pixelOf(pixelX((vertices[from] as T).x));
    let [lowest, highest] = [from, from];
    for (to = from + 1; to < vertices.length && pixelOf(pixelX((vertices[to] as T).x)) === column; to++) {
      const { y } = vertices[to] as T;
      if (y < (vertices[lowest] as T).y) lowest = to;
      if (y > (vertices[highest] as T).y) highest = to;
    }
    const indexes = new Set([from, Math.min(lowest, highest), Math.max(lowest, highest), to - 1]);
    for (const index of indexes) kept.push(vertices[index] as T);
  }
  return kept;
}

/** Of points on the same pixel the first. */
export function thinPoints<T extends Vertex>(points: readonly T[], pixelX: (x: number) => number, pixelY: (y: number) => number): T[] {
  const places = new Map<string, T>();
  for (const point of points) {
    const place = `${pixelOf(pixelX(point.x))},${pixelOf(pixelY(point.y))}`;
    if (!places.has(place)) places.set(place, point);
  }
  return [...places.values()];
}

/** One bar a column of pixels, around all that are in it; a bar may have no width. */
export function thinBars(bars: readonly Box[]): Box[] {
  const columns = new Map<number, Box>();
  for (const bar of bars) {
    const column = pixelOf(bar.left);
    const known = columns.get(column);
    columns.set(column, known === undefined ? bar : around(known, bar));
  }
  return [...columns.values()];
}

function around(a: Box, b: Box): Box {
  const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)];
  const right = Math.max(a.left + a.width, b.left + b.width);
  const bottom = Math.max(a.top + a.height, b.top + b.height);
  return { left, top, width: right - left, height: bottom - top };
}
