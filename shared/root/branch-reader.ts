/** One branch while it is read, batch after batch: add its baskets, plan its column, decode, view. */
import { RootFormatError } from '../errors.ts';
import type { Arena, ArenaPlan } from './arena.ts';
import type { Layout } from './branch-type.ts';
import { appendBlanks, appendEntries, beginColumn, type ColumnPlace, type FilledColumn, planColumn } from './column-place.ts';
import { elementBytes } from './column-type.ts';
import { prepareRecord } from './compression.ts';
import {
  type BasketPlaces,
  countedStarts,
  embeddedBasket,
  hasTable,
  keptBasket,
  loadBasket,
  loadedBytes,
  type StoredBasket,
  storedBasket,
  tableBytes,
  withStarts,
} from './stored-basket.ts';
import type { BasketRef, Branch, Tree } from './tree.ts';

/** Reads the lengths of lists from the branch that counts them: `readBatches` itself, which cannot be imported from here. */
export type ReadCounts = (tree: Tree, counter: string, from: number, to: number) => Promise<Int32Array>;

export class BranchReader {
  readonly name: string;
  readonly branch: Branch;
  readonly #tree: Tree;
  readonly #layout: Layout;
  readonly #readCounts: ReadCounts;
  /** Those of the batch at hand; the first may be left over from the batch before. */
  #baskets: StoredBasket[] = [];
  #column: ColumnPlace | undefined;
  /** Entries of baskets that are not needed: none of their values is looked at. By the first entry of each, where it ends. */
  readonly #skipped = new Map<number, number>();

  constructor(name: string, branch: Branch, layout: Layout, tree: Tree, readCounts: ReadCounts) {
    this.name = name;
    this.branch = branch;
    this.#tree = tree;
    this.#layout = layout;
    this.#readCounts = readCounts;
  }

  /** Adds a basket; `bytes` is undefined for an embedded one. A promise only where there is something to wait for. */
  add(ref: BasketRef, bytes: Uint8Array | undefined): Promise<void> | undefined {
    const basket = describe(ref, bytes);
    checkEntries(this.#layout, basket);
    if (this.#layout.kind !== 'fixed' && !hasTable(basket)) return this.#addCounted(basket);
    this.#baskets.push(basket);
    return prepareRecord(basket.record);
  }

  /** Leaves out a basket of the batch at hand: its entries get zeros, or empty lists. */
  skip({ firstEntry, endEntry }: BasketRef): void {
    this.#skipped.set(firstEntry, endEntry);
  }

  /** Adds a basket that stores no starts (ROOT's kGenerateOffsetMap): the lengths stand in the counter branch. */
  async #addCounted(basket: StoredBasket): Promise<void> {
    const { counter } = this.branch;
    if (counter === undefined) throw new RootFormatError('a basket stores no entry offsets, and no branch counts them');
    await prepareRecord(basket.record);
    const counts = await this.#readCounts(this.#tree, counter, basket.firstEntry, basket.endEntry);
    const starts = countedStarts(counts, elementBytes(this.#layout.element), basket.dataBytes);
    this.#baskets.push(withStarts(basket, starts));
  }

  /** Largest basket as stored and as decompressed. */
  get storedBytes(): number {
    return this.#baskets.reduce((most, { record }) => Math.max(most, record.bytes.length), 0);
  }

  get payloadBytes(): number {
    return this.#baskets.reduce((most, basket) => Math.max(most, loadedBytes(basket)), 0);
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

function describe(ref: BasketRef, bytes: Uint8Array | undefined): StoredBasket {
  if (ref.embedded !== undefined) return embeddedBasket(ref, ref.embedded);
  if (bytes === undefined) throw new RootFormatError('a basket was not fetched', { offset: ref.seek });
  return storedBasket(bytes, ref);
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
