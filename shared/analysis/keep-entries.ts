/** Some entries of columns as columns of their own. */
import { type Column, type ColumnLevel, type ElementArray, levelsOf } from '#shared/root/column-type.ts';

/** Items that stand next to each other: from `runs[2 * i]` up to `runs[2 * i + 1] - 1`. */
type Runs = Int32Array;

/** Runs of the items of a level, and where they lead to. */
interface Step {
  readonly level: ColumnLevel;
  readonly next: Runs;
}

/** Keeps the entries whose byte in `keep` is not 0. What several columns share, like offsets, they share afterwards. */
export class EntryFilter {
  readonly kept: number;
  readonly #entries: Runs;
  /** By the offsets that lists had, and the runs that were kept of them. */
  readonly #lists = new Map<Int32Array, { readonly runs: Runs; readonly step: Step }>();

  constructor(keep: Uint8Array) {
    this.#entries = runsOf(keep);
    this.kept = lengthOf(this.#entries);
  }

  /** The kept entries of all columns, each made when it is asked for. */
  applyAll(columns: Readonly<Record<string, Column>>): Record<string, Column> {
    const kept: Record<string, Column> = {};
    for (const [name, column] of Object.entries(columns)) onDemand(kept, name, () => this.apply(column));
    return kept;
  }

  /** The kept entries of a column. */
  apply(column: Column): Column {
    let runs = this.#entries;
    const levels: ColumnLevel[] = [];
    for (const level of levelsOf(column)) {
      const step = level.offsets === undefined ? multiply(level.size, runs) : this.#listStep(level.offsets, runs);
      levels.push(step.level);
      runs = step.next;
    }
    const values = pick(column.values, runs);
    const last = levels.at(-1);
    const { offsets, size } = last ?? {};
    return {
      type: column.type,
      values,
      ...(column.offsets !== undefined && offsets !== undefined && { offsets }),
      ...(column.size !== undefined && size !== undefined && { size }),
      ...(column.levels !== undefined && { levels: levels.slice(0, column.levels.length) }),
    };
  }

  #listStep(offsets: Int32Array, runs: Runs): Step {
    const known = this.#lists.get(offsets);
    if (known?.runs === runs) return known.step;
    const step = follow(offsets, runs);
    this.#lists.set(offsets, { runs, step });
    return step;
  }
}

/** Gives `columns` a member that is made when it is first asked for. */
export function onDemand(columns: object, name: string, make: () => Column): void {
  let made: Column | undefined;
  Object.defineProperty(columns, name, {
    enumerable: true,
    get: () => {
      made ??= make();
      return made;
    },
  });
}

function runsOf(keep: Uint8Array): Runs {
  // A run is at least one entry, and one that is not kept follows it.
  const runs = new Int32Array(keep.length + 1);
  let edges = 0;
  let inside = false;
  for (let entry = 0; entry < keep.length; entry++) {
    if ((keep[entry] !== 0) === inside) continue;
    inside = !inside;
    runs[edges++] = entry;
  }
  if (inside) runs[edges++] = keep.length;
  return runs.slice(0, edges);
}

// Indices below are in range: runs come in pairs, and lie inside the level that they were made for.

function lengthOf(runs: Runs): number {
  let length = 0;
  for (let i = 0; i < runs.length; i += 2) length += runs[i + 1]! - runs[i]!;
  return length;
}

function multiply(size: number, runs: Runs): Step {
  return { level: { size }, next: runs.map((item) => item * size) };
}

/** The lists of the kept items, one after the other. */
function follow(offsets: Int32Array, runs: Runs): Step {
  const kept = new Int32Array(lengthOf(runs) + 1);
  const next = new Int32Array(runs.length);
  let item = 0;
  let moved = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const from = runs[i]!;
    const to = runs[i + 1]!;
    next[i] = offsets[from]!;
    next[i + 1] = offsets[to]!;
    const shift = moved - next[i]!;
    for (let k = from; k < to; k++) kept[++item] = offsets[k + 1]! + shift;
    moved = kept[item]!;
  }
  return { level: { offsets: kept }, next };
}

/** Runs of a few values are copied one by one: a call for each would cost more. */
const SHORT = 16;

function pick(values: ElementArray, runs: Runs): ElementArray {
  const from = values as Float64Array;
  const into = new (from.constructor as Float64ArrayConstructor)(lengthOf(runs));
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const start = runs[i]!;
    const end = runs[i + 1]!;
    if (end - start > SHORT) into.set(from.subarray(start, end), at);
    else for (let k = start; k < end; k++) into[at + k - start] = from[k]!;
    at += end - start;
  }
  return into;
}
