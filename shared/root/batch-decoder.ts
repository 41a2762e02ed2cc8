/** Baskets of a batch to columns in the arena. */
import { type Arena, ArenaPlan } from './arena.ts';
import { BranchReader } from './branch-reader.ts';
import type { Verify } from './codecs/codec.ts';
import type { ColumnBatch } from './column-batch.ts';
import { type ColumnPlace, viewColumns } from './column-place.ts';
import type { Column } from './column-type.ts';
import type { Fetched } from './fetch-baskets.ts';
import { FetchRoom } from './fetch-room.ts';
import { ObjectBranchReader } from './object-branch-reader.ts';
import type { Batch, PlannedRead } from './plan.ts';
import { loadedBytes, type StoredBasket } from './stored-basket.ts';
import type { BasketRef, Tree } from './tree.ts';

export type Reader = BranchReader | ObjectBranchReader;

/** Some baskets of a batch, their bytes, and the readers that they belong to. */
export interface DecodeStep {
  readonly batch: Batch;
  readonly reads: readonly PlannedRead[];
  readonly fetched: Fetched;
  readonly readers: readonly Reader[];
}

/** Decodes one batch after the other, each in one step or in several. */
export class BatchDecoder {
  readonly #tree: Tree;
  /** By the column of a planned read. */
  readonly #all: readonly Reader[];
  readonly #arena: Arena;
  readonly #verify: Verify;
  /** Where the first place of a batch may be. */
  readonly #from: number;
  #plan: ArenaPlan;
  /** Columns of the batch at hand by the branch that counts their lists. */
  #leaders = new Map<string, ColumnPlace>();
  #decoded: Reader[] = [];
  /** What is only needed while a basket is decoded. */
  #scratch = new SharedPlace();
  #payload = new SharedPlace();

  constructor(tree: Tree, readers: readonly Reader[], arena: Arena, from: number, verify: Verify) {
    this.#tree = tree;
    this.#all = readers;
    this.#arena = arena;
    this.#from = from;
    this.#verify = verify;
    this.#plan = new ArenaPlan(from);
  }

  /** The first columns of a batch. Those of the batch before are void. */
  start(step: DecodeStep): Promise<ColumnBatch> {
    this.#plan = new ArenaPlan(this.#from);
    this.#leaders = new Map();
    this.#decoded = [];
    this.#scratch = new SharedPlace();
    this.#payload = new SharedPlace();
    return this.more(step);
  }

  /** A place for bytes of this batch that are fetched late. */
  fetchRoom(wanted: number): FetchRoom {
    // As for all that is fetched: a damaged file may ask for more than it holds.
    const bytes = Math.min(wanted, this.#tree.file.source.size);
    const room = new FetchRoom(this.#arena, this.#plan.take(bytes), bytes);
    this.#reserve();
    return room;
  }

  /**
   * More columns of the same batch, together with those that are there; their views before are void. All places of a step are
   * planned before its first byte is decoded, and the arena does not grow after that: see arena.ts.
   */
  async more({ batch: { from, to }, reads, fetched, readers }: DecodeStep): Promise<ColumnBatch> {
    for (const read of reads) await this.#add(read, fetched);
    const arena = this.#arena;
    const plan = this.#plan;
    const storedBytes = mostBytes(readers, ({ record }) => record.bytes.length);
    const scratch = this.#scratch.fit(plan, storedBytes);
    const payload = this.#payload.fit(plan, mostBytes(readers, loadedBytes));
    const places = { scratch, payload, verify: this.#verify };
    for (const reader of readers) if (reader instanceof BranchReader) reader.planColumn(plan, from, to, this.#leaders);
    this.#reserve();
    for (const reader of readers) this.#inBranch(reader, () => reader.decode(arena, places, from, to));
    this.#decoded.push(...readers);
    return { from, to, columns: this.#view() };
  }

  #reserve(): void {
    this.#tree.file.withinNow(this.#tree.path, () => this.#arena.reserve(this.#plan));
  }

  #view(): Record<string, Column> {
    const ofNumbers = this.#decoded.filter((reader) => reader instanceof BranchReader);
    const columns = viewColumns(
      this.#arena,
      ofNumbers.map((reader) => reader.filled()),
    );
    for (const reader of this.#decoded) {
      if (reader instanceof ObjectBranchReader) for (const { name, column } of reader.columns()) columns[name] = column;
    }
    return columns;
  }

  async #add(read: PlannedRead, fetched: Fetched): Promise<void> {
    const reader = this.#all[read.column] as Reader;
    const ref = reader.branch.baskets[read.basket] as BasketRef;
    const preparing = this.#inBranch(reader, () => reader.add(ref, fetched.get(read)));
    if (preparing !== undefined) await this.#tree.file.within(this.#pathOf(reader), () => preparing);
  }

  /** Adds file and branch to what goes wrong. */
  #inBranch<T>(reader: Reader, work: () => T): T {
    return this.#tree.file.withinNow(this.#pathOf(reader), work);
  }

  #pathOf({ branch }: Reader): string {
    return `${this.#tree.path}/${branch.path}`;
  }
}

/** A place that the steps of a batch use one after the other. */
class SharedPlace {
  #address = 0;
  #bytes = -1;

  /** Its address: a new place where the one before is too small. */
  fit(plan: ArenaPlan, bytes: number): number {
    if (bytes > this.#bytes) {
      this.#address = plan.take(bytes);
      this.#bytes = bytes;
    }
    return this.#address;
  }
}

/** Of the largest of all baskets. */
function mostBytes(readers: readonly Reader[], bytesOf: (basket: StoredBasket) => number): number {
  let most = 0;
  for (const { baskets } of readers) for (const basket of baskets) most = Math.max(most, bytesOf(basket));
  return most;
}
