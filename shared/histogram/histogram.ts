/** A histogram that is filled and merged, with exact sums: the same result for any order and any split of its fills. */
import { AnalysisError, ConfigError, MessageError } from '../errors.ts';
import { type Axis, binCount, sameBins } from './axis.ts';
import { Binning } from './binning.ts';
import type { HistogramContents } from './contents.ts';
import { ExactSums } from './exact-sums.ts';

/** What a histogram holds, before any rounding; for its codec. */
export interface ExactContents {
  /** Fills per cell. */
  readonly entries: Float64Array;
  readonly sumw: ExactSums;
  readonly sumw2: ExactSums;
}

/** Weighted fills wait, this many at most: to find bins and to add is much faster in loops that do nothing else. */
const ROOM = 1024;
const NO_ROOM = new Float64Array(0);
// For `#flush` alone, which nothing interrupts.
const CELLS = new Int32Array(ROOM);
const Y_CELLS = new Int32Array(ROOM);

/** A weighted histogram over one or two axes. Cells are in C order: the last axis runs fastest. */
export class Histogram {
  readonly axes: readonly Axis[];
  readonly cells: number;
  readonly #dimensions: number;
  readonly #x: Binning;
  readonly #y: Binning;
  readonly #yExtent: number;
  /** Bins of a category axis that is the only one; otherwise 0. */
  readonly #steps: number;
  /** Fills of weight 1 that are not in the sums yet: most fills are, and counting them is all they need. */
  readonly #ones: Float64Array;
  /** All other fills, and those of weight 1 that are in the sums. */
  readonly #others: Float64Array;
  readonly #sumw: ExactSums;
  readonly #sumw2: ExactSums;
  /** Weighted fills that wait: how many, how many can, where, and their weights. */
  #held = 0;
  #room = 0;
  #xs = NO_ROOM;
  #ys = NO_ROOM;
  #weights = NO_ROOM;
  /** Fills by `fillUpTo` that are not in the cells yet, each in the last of its bins only: those of weight 1, and others. */
  readonly #onesUpTo: Float64Array;
  #othersUpTo: Histogram | undefined;

  /** @throws ConfigError unless there are one or two axes. */
  constructor(axes: readonly Axis[]) {
    const [x, y] = axes;
    if (x === undefined || axes.length > 2) throw new ConfigError(`a histogram has one or two axes, not ${axes.length}`);
    this.axes = axes;
    this.#dimensions = axes.length;
    this.#x = new Binning(x);
    this.#y = new Binning(y ?? x);
    this.#yExtent = this.#y.extent;
    this.cells = this.#x.extent * (y === undefined ? 1 : this.#yExtent);
    this.#steps = axes.length === 1 && x.type === 'category' ? binCount(x) : 0;
    this.#ones = new Float64Array(this.cells);
    this.#others = new Float64Array(this.cells);
    this.#onesUpTo = new Float64Array(this.#steps);
    this.#sumw = new ExactSums(this.cells, `Σw of ${this.#name()}`);
    this.#sumw2 = new ExactSums(this.cells, `Σw² of ${this.#name()}`);
  }

  /**
   * Fills a histogram of one axis; on a category axis `x` is the category's index. Without a weight it is 1; `undefined` is none.
   *
   * @throws AnalysisError if the weight or its square is not finite (the histogram is then unchanged), or if there are two axes.
   */
  fill(x: number, weight?: number): void {
    if (this.#dimensions !== 1) throw this.#wrongFill('fill2');
    // A weight that was looked up and is not there must not count as 1, as it would by a default.
    if (weight === 1 || arguments.length < 2) {
      // Every cell that Binning gives is in range.
      this.#ones[this.#x.cell(x)]! += 1;
      return;
    }
    if (weight === undefined || !(weight * weight < Number.POSITIVE_INFINITY)) throw this.#badWeight(weight);
    if (this.#held === this.#room) this.#flush();
    const at = this.#held++;
    this.#xs[at] = x;
    this.#weights[at] = weight;
  }

  /**
   * Fills bins 0 to `last` of a category axis: a cut flow's steps that an event has passed, at the cost of one fill.
   *
   * @throws AnalysisError as `fill`, or if the axis has no bin `last`.
   */
  fillUpTo(last: number, weight?: number): void {
    if (!(last >= 0 && last < this.#steps)) throw this.#noBin(last);
    if (weight === 1 || arguments.length < 2) {
      // In range, as was just seen.
      this.#onesUpTo[Math.trunc(last)]! += 1;
      return;
    }
    this.#othersUpTo ??= new Histogram(this.axes);
    this.#othersUpTo.fill(last, weight);
  }

  /** Fills a histogram of two axes; otherwise like `fill`. */
  fill2(x: number, y: number, weight?: number): void {
    if (this.#dimensions !== 2) throw this.#wrongFill('fill');
    if (weight === 1 || arguments.length < 3) {
      this.#ones[this.#x.cell(x) * this.#yExtent + this.#y.cell(y)]! += 1;
      return;
    }
    if (weight === undefined || !(weight * weight < Number.POSITIVE_INFINITY)) throw this.#badWeight(weight);
    if (this.#held === this.#room) this.#flush();
    const at = this.#held++;
    this.#xs[at] = x;
    this.#ys[at] = y;
    this.#weights[at] = weight;
  }

  /**
   * Adds another histogram's fills to this one.
   *
   * @throws MessageError if their bins differ.
   */
  merge(other: Histogram): void {
    const same = this.axes.length === other.axes.length && this.axes.every((axis, i) => sameBins(axis, other.axes[i]!));
    if (!same) throw new MessageError('histograms with different bins do not merge', { object: this.#name() });
    this.#cumulate();
    other.#cumulate();
    for (let cell = 0; cell < this.cells; cell++) {
      this.#ones[cell]! += other.#ones[cell]!;
      this.#others[cell]! += other.#others[cell]!;
    }
    this.#sumw.merge(other.#sumw);
    this.#sumw2.merge(other.#sumw2);
  }

  /** Fills of a category axis that are in none of its bins. */
  get outside(): number {
    if (this.#held > 0) this.#flush();
    // In range: its last cell.
    return this.#ones[this.#steps]! + this.#others[this.#steps]!;
  }

  /** True before the first fill. */
  get isEmpty(): boolean {
    return (
      this.#held === 0 &&
      (this.#othersUpTo?.isEmpty ?? true) &&
      this.#onesUpTo.every((count) => count === 0) &&
      this.#ones.every((count) => count === 0) &&
      this.#others.every((count) => count === 0)
    );
  }

  /** Makes it empty again, without asking for new memory. */
  clear(): void {
    this.#held = 0;
    this.#othersUpTo?.clear();
    this.#onesUpTo.fill(0);
    this.#ones.fill(0);
    this.#others.fill(0);
    this.#sumw.clear();
    this.#sumw2.clear();
  }

  /**
   * The sums, each rounded once to the nearest double.
   *
   * @throws AnalysisError if a sum is larger than any double.
   */
  contents(): HistogramContents {
    const { entries, sumw, sumw2 } = this.exact();
    return { axes: this.axes, sumw: sumw.values(), sumw2: sumw2.values(), entries: Float64Array.from(entries) };
  }

  /** The sums themselves: a view, not a copy. */
  exact(): ExactContents {
    this.#cumulate();
    for (let cell = 0; cell < this.cells; cell++) {
      const ones = this.#ones[cell]!;
      if (ones === 0) continue;
      this.#sumw.add(cell, ones);
      this.#sumw2.add(cell, ones);
      this.#others[cell]! += ones;
      this.#ones[cell] = 0;
    }
    return { entries: this.#others, sumw: this.#sumw, sumw2: this.#sumw2 };
  }

  /** Brings the fills of `fillUpTo` into all their cells. Sums are exact, so it does not matter when. */
  #cumulate(): void {
    if (this.#held > 0) this.#flush();
    let ones = 0;
    for (let cell = this.#steps - 1; cell >= 0; cell--) {
      // In range: a category's bins are its first cells.
      ones += this.#onesUpTo[cell]!;
      this.#ones[cell]! += ones;
      this.#onesUpTo[cell] = 0;
    }
    if (this.#othersUpTo === undefined || this.#othersUpTo.isEmpty) return;
    const { entries, sumw, sumw2 } = this.#othersUpTo.exact();
    for (let last = 0; last < this.cells; last++) {
      for (let cell = 0; cell <= last && entries[last] !== 0; cell++) {
        this.#others[cell]! += entries[last]!;
        this.#sumw.addFrom(cell, sumw, last);
        this.#sumw2.addFrom(cell, sumw2, last);
      }
    }
    this.#othersUpTo.clear();
  }

  #noBin(last: unknown): AnalysisError {
    const axis = this.axes[0];
    const named = typeof last === 'string' && axis?.type === 'category' ? axis.categories.indexOf(last) : -1;
    const byNumber = named < 0 ? undefined : `It is given by its number, here ${named}.`;
    const hint = this.#steps > 0 ? byNumber : 'Only a category axis can be filled so.';
    return new AnalysisError(`there is no bin ${last} to fill up to`, { object: this.#name(), hint });
  }

  /** Adds the fills that wait to their cells; the first time it only makes room. */
  #flush(): void {
    if (this.#room === 0) this.#makeRoom();
    const held = this.#held;
    const others = this.#others;
    const weights = this.#weights;
    this.#held = 0;
    this.#x.cells(this.#xs, held, CELLS);
    // Indices below are in range: no more than ROOM fills wait, and Binning gives cells of the histogram.
    if (this.#dimensions === 2) {
      this.#y.cells(this.#ys, held, Y_CELLS);
      for (let i = 0; i < held; i++) CELLS[i] = CELLS[i]! * this.#yExtent + Y_CELLS[i]!;
    }
    const sumw = this.#sumw;
    const sumw2 = this.#sumw2;
    for (let i = 0; i < held; i++) {
      const cell = CELLS[i]!;
      const weight = weights[i]!;
      others[cell]! += 1;
      sumw.add(cell, weight);
      sumw2.add(cell, weight * weight);
    }
  }

  #makeRoom(): void {
    this.#xs = new Float64Array(ROOM);
    this.#weights = new Float64Array(ROOM);
    if (this.#dimensions === 2) this.#ys = new Float64Array(ROOM);
    this.#room = ROOM;
  }

  #badWeight(weight: number | undefined): AnalysisError {
    const reason = Number.isFinite(weight)
      ? `weight ${weight} has a square larger than any double`
      : `weight ${weight} is not a finite number`;
    const hint =
      weight === undefined ? 'Where there may be none, say what counts instead: `weight ?? 1`.' : 'Check what the weight is computed from.';
    return new AnalysisError(reason, { object: this.#name(), hint });
  }

  #wrongFill(right: string): AnalysisError {
    return new AnalysisError(`a histogram with ${this.#dimensions} axes was filled as if it had another number`, {
      object: this.#name(),
      hint: `Use ${right}().`,
    });
  }

  #name(): string {
    return this.axes.map((axis) => axis.name).join(' × ');
  }
}
