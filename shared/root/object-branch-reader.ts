/** A branch of strings, collections or objects while it is read, for all columns that are asked of it. */
import { RootFormatError } from '../errors.ts';
import type { Arena } from './arena.ts';
import type { Column } from './column-type.ts';
import { prepareRecord } from './compression.ts';
import { leastBytes } from './objects/nodes.ts';
import { type EntryBytes, ObjectColumn, type ObjectLayout } from './objects/object-column.ts';
import {
  type BasketPlaces,
  bigEndian,
  countBasket,
  describeBasket,
  hasTable,
  keptBasket,
  type LoadedBasket,
  loadBasket,
  type ReadCounts,
  type StoredBasket,
} from './stored-basket.ts';
import type { BasketRef, Branch } from './tree.ts';

/** A column by the name that it was asked for. */
export interface NamedLayout {
  readonly name: string;
  readonly layout: ObjectLayout;
}

/** Like BranchReader; the columns have memory of their own. */
export class ObjectBranchReader {
  readonly branch: Branch;
  readonly #columns: readonly { readonly name: string; readonly decoder: ObjectColumn }[];
  readonly #readCounts: ReadCounts;
  /** Bytes of an item, where an entry has as many as there is room for in it. */
  readonly #restBytes: number | undefined;
  #baskets: StoredBasket[] = [];
  #taken: readonly { readonly name: string; readonly column: Column }[] = [];

  /** `branch` has the baskets that all columns come from. */
  constructor(branch: Branch, columns: readonly NamedLayout[], readCounts: ReadCounts) {
    this.branch = branch;
    this.#readCounts = readCounts;
    this.#restBytes = restItemBytes(columns);
    this.#columns = columns.map(({ name, layout }) => ({ name, decoder: new ObjectColumn(layout) }));
  }

  /** See BranchReader. */
  add(ref: BasketRef, bytes: Uint8Array | undefined): Promise<void> | undefined {
    const basket = describeBasket(ref, bytes);
    if (this.#restBytes !== undefined && !hasTable(basket)) return this.#addCounted(basket, this.#restBytes);
    this.#baskets.push(basket);
    return prepareRecord(basket.record);
  }

  /** Adds a basket that does not say where entries end that do not say it themselves: what counts their items does. */
  async #addCounted(basket: StoredBasket, itemBytes: number): Promise<void> {
    this.#baskets.push(await countBasket(basket, this.branch.counter, itemBytes, this.#readCounts));
  }

  /** See BranchReader. */
  get baskets(): readonly StoredBasket[] {
    return this.#baskets;
  }

  /** Decodes entries [from, to), and keeps a basket that reaches into the next batch. */
  decode(arena: Arena, places: BasketPlaces, from: number, to: number): void {
    const kept: StoredBasket[] = [];
    let reached = from;
    for (const basket of this.#baskets) {
      const { firstEntry, endEntry } = basket;
      const loaded = loadBasket(arena, basket, places, true);
      const entries = entryBytes(arena, loaded, basket.keyLength);
      const [begin, end] = [Math.max(from, firstEntry), Math.min(to, endEntry)];
      if (begin !== reached) throw new RootFormatError(`its baskets hold entry ${begin} twice`);
      for (const { decoder } of this.#columns) decoder.append(entries, begin - firstEntry, end - firstEntry);
      reached = end;
      if (endEntry > to) kept.push(keptBasket(arena, basket, loaded));
    }
    this.#baskets = kept;
    this.#taken = this.#columns.map(({ name, decoder }) => ({ name, column: decoder.take() }));
  }

  /** The columns decoded last. */
  columns(): readonly { readonly name: string; readonly column: Column }[] {
    return this.#taken;
  }
}

function restItemBytes(columns: readonly NamedLayout[]): number | undefined {
  const root = columns[0]?.layout.root;
  return root?.kind === 'rest' && root.flagged !== true ? leastBytes(root.item) : undefined;
}

function entryBytes(arena: Arena, { data, dataBytes, table, shift, firstEntry, endEntry }: LoadedBasket, keyLength: number): EntryBytes {
  const bytes = arena.bytes.subarray(data, data + dataBytes);
  const startOf = table === undefined ? undefined : (index: number) => bigEndian(arena, table + 4 * index) - shift;
  return { bytes, startOf, entries: endEntry - firstEntry, firstEntry, keyLength };
}
