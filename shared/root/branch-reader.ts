/** One branch while it is read, batch after batch: add its baskets, plan its column, decode, view. */
import { RootFormatError } from '../errors.ts';
import type { Arena, ArenaPlan } from './arena.ts';
import type { Layout } from './branch-type.ts';
import { appendBlanks, appendEntries, beginColumn, type ColumnPlace, type FilledColumn, planColumn } from './column-place.ts';
import { elementBytes } from './column-type.ts';
import { prepareRecord } from './compression.ts';
import {
  type BasketPlaces,
  countBasket,
  describeBasket,
  hasTable,
  keptBasket,
  loadBasket,
  type ReadCounts,
  type StoredBasket,
  tableBytes,
} from './stored-basket.ts';
import type { BasketRef, Branch } from './tree.ts';

export class BranchReader {
  readonly name: string;
  readonly branch: Branch;
  readonly #layout: Layout;
  readonly #readCounts: ReadCounts;
  #baskets: StoredBasket[] = [];
  #column: ColumnPlace | undefined;
  /** Entries of baskets that are not needed: none of their values is looked at. By the first entry of each, where it ends. */
  readonly #skipped = new Map<number, number>();

  constructor(name: string, branch: Branch, layout: Layout, readCounts: ReadCounts) {
    this.name = name;
    this.branch = branch;
    this.#layout = layout;
    this.#readCounts = readCounts;
  }

  /** Adds a basket; `bytes` is undefined for an embedded one. A promise only where there is something to wait for. */
  add(ref: BasketRef, bytes: Uint8Array | undefined): Promise<void> | undefined {
    const basket = describeBasket(ref, bytes);
    checkEntries(this.#layout, basket);
    if (this.#layout.kind !== 'fixed' && !hasTable(basket)) return this.#addCounted(basket);
    this.#baskets.push(basket);
    return prepareRecord(basket.record);
  }

  /** Leaves out a basket of the batch at hand: its entries get zeros, or empty lists. */
  skip({ firstEntry, endEntry }: BasketRef): void {
    this.#skipped.set(firstEntry, endEntry);
  }

  async #addCounted(basket: StoredBasket): Promise<void> {
    this.#baskets.push(await countBasket(basket, this.branch.counter, elementBytes(this.#layout.element), this.#readCounts));
  }

  /** Those of the batch at hand; the first may be left over from the batch before. */
  get baskets(): readonly StoredBasket[] {
    return this.#baskets;
  }

  /**
   * Plans room for entries [from, to). `leaders` has the columns of this batch so far, by the branch that counts their lists: the
   * offsets of one are those of all.
   */
  planColumn(plan: ArenaPlan, from: number, to: number, leaders: Map<string, ColumnPlace>): void {
    const dataBytes = this.#baskets.reduce((sum, basket) => sum + basket.dataBytes, 0);
    const { counter } = this.branch;
    const counted = counter !== undefined && isBareList(this.#layout) && this.#skipped.size === 0;
    const leader = counted && this.#baskets.every((basket) => liesIn(basket, from, to)) ? leaders.get(counter) : undefined;
    this.#column = planColumn(plan, this.#layout, to - from, dataBytes, leader);
    if (counted && leader === undefined) leaders.set(counter, this.#column);
  }

  /** Decodes entries [from, to) into the planned column, and keeps a basket that reaches into the next batch. */
  decode(arena: Arena, places: BasketPlaces, from: number, to: number): void {
    const column = this.#column as ColumnPlace; // planned before
    beginColumn(arena, column);
    let kept: StoredBasket | undefined;
    for (const basket of this.#baskets) {
      const { firstEntry, endEntry } = basket;
      this.#appendSkipped(arena, column, from);
      const walks = column.leader !== undefined || (this.#layout.kind === 'vector' && liesIn(basket, from, to));
      const loaded = loadBasket(arena, basket, places, !walks);
      appendEntries(arena, loaded, Math.max(from, firstEntry) - firstEntry, Math.min(to, endEntry) - firstEntry, column);
      if (endEntry > to) kept = keptBasket(arena, basket, loaded);
    }
    this.#appendSkipped(arena, column, from);
    this.#skipped.clear();
    this.#baskets = kept === undefined ? [] : [kept];
  }

  /** Appends the entries of skipped baskets that come next. */
  #appendSkipped(arena: Arena, column: ColumnPlace, from: number): void {
    for (let end = this.#skipped.get(from + column.entries); end !== undefined; end = this.#skipped.get(end)) {
      appendBlanks(arena, end - from - column.entries, column);
    }
  }

  /** The column decoded last. */
  filled(): FilledColumn {
    const { columnType: type } = this.branch;
    if (type === undefined || this.#column === undefined) throw new RootFormatError('no column type');
    return { name: this.name, type, place: this.#column };
  }
}

/** Lists without anything between their values. */
function isBareList({ kind, headerBytes, size }: Layout): boolean {
  return kind === 'counted' && headerBytes === 0 && size === 1;
}

function liesIn({ firstEntry, endEntry }: StoredBasket, from: number, to: number): boolean {
  return firstEntry >= from && endEntry <= to;
}

/** Before memory is taken: a basket has bytes for all the entries that it is said to have. */
function checkEntries({ kind, element, size }: Layout, basket: StoredBasket): void {
  const entries = basket.endEntry - basket.firstEntry;
  const { dataBytes } = basket;
  const expected = entries * size * elementBytes(element);
  if (kind === 'fixed' && dataBytes !== expected)
    throw new RootFormatError(`a basket of ${entries} entries has ${dataBytes} bytes, not ${expected}`);
  if (kind !== 'fixed' && hasTable(basket) && tableBytes(basket) < 4 * entries)
    throw new RootFormatError(`a basket of ${entries} entries says in ${tableBytes(basket)} bytes where they start`);
}
