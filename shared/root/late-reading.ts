/** Reading in two steps: some columns first, and of the others the baskets that are needed once it is known which entries are. */
import type { BatchDecoder, Reader } from './batch-decoder.ts';
import { BranchReader } from './branch-reader.ts';
import type { ColumnBatch } from './column-batch.ts';
import { type Fetched, fetchReads, storedBytes } from './fetch-baskets.ts';
import type { Batch, PlannedRead } from './plan.ts';
import type { BasketRef, Branch, Tree } from './tree.ts';

/** Some columns are read first, and say which entries the others are needed for. */
export interface LateReading {
  /** The columns to read first: of the names that are asked for. */
  readonly first: readonly string[];
  /**
   * One byte an entry of the batch, other than 0 where the other columns are needed. Called once a batch, in order; the
   * columns are void when it returns.
   */
  select(batch: ColumnBatch): Uint8Array;
}

/** The baskets that are needed, and those that are not. */
interface LateReads {
  readonly needed: PlannedRead[];
  readonly unneeded: PlannedRead[];
}

/**
 * Pure, from the tree's description and what is wanted. Baskets that reach into another batch are needed in any case: it is
 * not known yet what that will ask for.
 */
export function chooseReads(
  reads: readonly PlannedRead[],
  branches: readonly Branch[],
  { from, to }: Batch,
  wanted: Uint8Array,
): LateReads {
  const chosen: LateReads = { needed: [], unneeded: [] };
  for (const read of reads) {
    const { firstEntry, endEntry } = (branches[read.column] as Branch).baskets[read.basket] as BasketRef;
    const isInside = firstEntry >= from && endEntry <= to;
    const isNeeded = !isInside || anyOf(wanted, firstEntry - from, endEntry - from);
    (isNeeded ? chosen.needed : chosen.unneeded).push(read);
  }
  return chosen;
}

function anyOf(flags: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (flags[i] !== 0) return true;
  return false;
}

/** A share of the late bytes that is needed: from here on they are fetched ahead with the first columns, without waiting. */
const DENSE = 0.5;

/** The batches of a tree in two steps. */
export class LateBatches {
  readonly #tree: Tree;
  readonly #readers: readonly Reader[];
  readonly #branches: readonly Branch[];
  readonly #late: LateReading;
  /** By the column of a planned read. */
  readonly #isLate: readonly boolean[];
  /** Most of the late columns was needed last time. */
  #isDense = false;

  constructor(tree: Tree, readers: readonly Reader[], late: LateReading) {
    this.#tree = tree;
    this.#readers = readers;
    this.#branches = readers.map(({ branch }) => branch);
    this.#late = late;
    // Objects come first: all their columns are made of the same baskets.
    this.#isLate = readers.map((reader) => reader instanceof BranchReader && !late.first.includes(reader.name));
  }

  /** What to fetch of a batch before anything is known of it. */
  ahead({ reads }: Batch): readonly PlannedRead[] {
    return this.#isDense ? reads : reads.filter(({ column }) => this.#isLate[column] !== true);
  }

  /** Decodes a batch: `fetched` is what `ahead` asked for. */
  async decode(decoder: BatchDecoder, batch: Batch, fetched: Fetched, signal: AbortSignal | undefined): Promise<ColumnBatch> {
    const isLate = (column: number) => this.#isLate[column] === true;
    const firstReads = batch.reads.filter(({ column }) => !isLate(column));
    const lateReads = batch.reads.filter(({ column }) => isLate(column));
    const first = { batch, reads: firstReads, fetched, readers: this.#readers.filter((_, column) => !isLate(column)) };
    const wanted = this.#late.select(await decoder.start(first));
    if (wanted.length !== batch.to - batch.from) throw new RangeError(`${wanted.length} flags for ${batch.to - batch.from} entries`);
    const { needed, unneeded } = chooseReads(lateReads, this.#branches, batch, wanted);
    for (const { column, basket } of unneeded) {
      const reader = this.#readers[column] as BranchReader;
      reader.skip(reader.branch.baskets[basket] as BasketRef);
    }
    this.#isDense = storedBytes(needed, this.#branches) >= DENSE * storedBytes(lateReads, this.#branches);
    const missing = needed.filter((read) => !fetched.has(read));
    const room = decoder.fetchRoom(storedBytes(missing, this.#branches));
    const rest = await fetchReads(this.#tree, this.#branches, missing, signal, room);
    const others = this.#readers.filter((_, column) => isLate(column));
    const columns = await decoder.more({ batch, reads: needed, fetched: new Map([...fetched, ...rest]), readers: others });
    const saved = unneeded.filter((read) => !fetched.has(read));
    return { ...columns, selection: { wanted, savedBytes: storedBytes(saved, this.#branches) } };
  }
}
