/** Where a value falls on an axis, made fast: one object shape for all kinds of axes, so that fill loops stay monomorphic. */
import { type Axis, binCount, extent } from './axis.ts';

type Kind = 0 | 1 | 2;
const REGULAR: Kind = 0;
const VARIABLE: Kind = 1;
const CATEGORY: Kind = 2;

/** Turns values into cells of one axis. */
export class Binning {
  /** Number of cells, flow included. */
  readonly extent: number;
  readonly #kind: Kind;
  readonly #bins: number;
  readonly #lo: number;
  readonly #hi: number;
  readonly #range: number;
  readonly #edges: Float64Array;

  constructor(axis: Axis) {
    this.extent = extent(axis);
    this.#kind = axis.type === 'regular' ? REGULAR : axis.type === 'variable' ? VARIABLE : CATEGORY;
    this.#bins = binCount(axis);
    this.#lo = axis.type === 'regular' ? axis.lo : 0;
    this.#hi = axis.type === 'regular' ? axis.hi : 0;
    this.#range = this.#hi - this.#lo;
    this.#edges = Float64Array.from(axis.type === 'variable' ? axis.edges : []);
  }

  /**
   * Cell of a value: 0 underflow, 1..n bins, n + 1 overflow (categories: 0..n-1 bins, n overflow).
   * Regular axes use ROOT's rule, floor(n * (x - lo) / (hi - lo)), half-open bins; NaN goes to overflow, as in ROOT.
   */
  cell(x: number): number {
    if (this.#kind === REGULAR) {
      if (x < this.#lo) return 0;
      return x < this.#hi ? 1 + Math.floor((this.#bins * (x - this.#lo)) / this.#range) : this.#bins + 1;
    }
    if (this.#kind === CATEGORY) return x >= 0 && x < this.#bins ? Math.trunc(x) : this.#bins;
    return 1 + lastEdgeUpTo(this.#edges, x);
  }

  /** Writes the cells of the first `count` values. */
  cells(values: Float64Array, count: number, into: Int32Array): void {
    // In range: the caller has `count` values.
    for (let i = 0; i < count; i++) into[i] = this.cell(values[i]!);
  }
}

/** Index of the last edge <= x; -1 under the first, edges.length - 1 from the last on and for NaN. */
function lastEdgeUpTo(edges: Float64Array, x: number): number {
  let low = -1;
  let high = edges.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    // In range: -1 <= low < middle < high <= length.
    if (x < edges[middle]!) high = middle;
    else low = middle;
  }
  return low;
}
