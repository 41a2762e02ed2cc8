import { CodecError, RootFormatError } from '../errors.ts';
import type { ByteRange } from '../storage/source.ts';
import { type EmbeddedBasket, parseBasketHeader } from './basket.ts';
import type { Column, ElementArray } from './column-type.ts';
import { type Allocate, decompress } from './compression.ts';
import { Cursor } from './cursor.ts';
import { appendEntries, ColumnBuffer, type DecodedBasket } from './decode.ts';
import { type Batch, planBatches } from './plan.ts';
import { type BasketRef, type Branch, layoutOf, type Tree } from './tree.ts';

/** Columns of a run of entries. Their arrays are reused: copy what must outlive the next step. */
export interface ColumnBatch {
  readonly from: number;
  readonly to: number;
  /** Column by the name it was asked for. */
  readonly columns: Readonly<Record<string, Column>>;
}

export interface ReadOptions {
  readonly from?: number;
  readonly to?: number;
  /** Decompressed bytes of a batch, about; memory is some three times this. */
  readonly batchBytes?: number;
  readonly signal?: AbortSignal;
}

/** Default of ReadOptions.batchBytes. */
export const DEFAULT_BATCH_BYTES = 16 * 2 ** 20;

/**
 * Reads the named branches, batch by batch; the bytes of the next batch are fetched while one is worked on.
 * @throws ConfigError for an unknown branch, UnsupportedError for one that is not read; RootFormatError and CodecError for
 * damage; StorageError from the source
 */
export async function* readBatches(tree: Tree, names: readonly string[], options: ReadOptions = {}): AsyncGenerator<ColumnBatch> {
  const { from = 0, to = tree.entries, batchBytes = DEFAULT_BATCH_BYTES, signal } = options;
  if (!(from >= 0 && from <= to && to <= tree.entries)) throw new RangeError(`entries ${from}..${to} of ${tree.entries}`);
  const scratch = new Scratch();
  const readers = names.map((name) => new BranchReader(name, tree.branch(name), { tree, scratch }));
  const branches = readers.map((reader) => reader.branch);
  const batches = await tree.file.within(tree.path, async () => planBatches(branches, from, to, batchBytes));
  const fetch = (batch: Batch) => fetchBatch(tree, branches, batch, signal);
  let pending = batches[0] === undefined ? undefined : fetch(batches[0]);
  try {
    for (const [index, batch] of batches.entries()) {
      const blocks = (await pending) ?? [];
      const following = batches[index + 1];
      pending = following === undefined ? undefined : fetch(following);
      pending?.catch(() => {}); // it is awaited in the next round, or not wanted any more
      yield await decodeBatch(tree, readers, batch, blocks);
    }
  } finally {
    await pending?.catch(() => {});
  }
}

async function fetchBatch(tree: Tree, branches: readonly Branch[], batch: Batch, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
  const ranges: ByteRange[] = [];
  const { size, name } = tree.file.source;
  for (const { column, basket } of batch.reads) {
    const { seek, bytes, embedded } = (branches[column] as Branch).baskets[basket] as BasketRef;
    if (embedded !== undefined) continue;
    if (bytes <= 0 || seek + bytes > size) {
      throw new RootFormatError(`basket ${basket} stands at bytes ${seek}..${seek + bytes} of a file of ${size}`, {
        file: name,
        object: branches[column]?.path,
      });
    }
    ranges.push({ offset: seek, length: bytes });
  }
  return ranges.length === 0 ? [] : tree.file.source.readMany(ranges, signal);
}

async function decodeBatch(tree: Tree, readers: readonly BranchReader[], batch: Batch, blocks: Uint8Array[]): Promise<ColumnBatch> {
  const { from, to, reads } = batch;
  for (const reader of readers) await inBranch(tree, reader.branch, async () => reader.begin(from, to));
  for (const { column, basket } of reads) {
    const reader = readers[column] as BranchReader;
    const ref = reader.branch.baskets[basket] as BasketRef;
    // Taken out of the list: its memory is free as soon as it is decoded.
    const bytes = ref.embedded === undefined ? blocks.shift() : undefined;
    await inBranch(tree, reader.branch, () => reader.add(ref, bytes, from, to));
  }
  const columns = Object.fromEntries(readers.map((reader) => [reader.name, reader.column()]));
  return { from, to, columns };
}

/** Adds file and branch to what goes wrong. */
function inBranch(tree: Tree, branch: Branch, work: () => Promise<void>): Promise<void> {
  return tree.file.within(`${tree.path}/${branch.path}`, work);
}

/** Decompressed bytes of one basket at a time: overwritten by the next. */
class Scratch {
  #bytes = new Uint8Array(0);

  readonly allocate = (length: number): Uint8Array => {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length + (length >> 2));
    return this.#bytes.subarray(0, length);
  };
}

/** State of one branch while it is read: its column, and the basket that reaches into the next batch. */
class BranchReader {
  readonly name: string;
  readonly branch: Branch;
  readonly #tree: Tree;
  readonly #buffer: ColumnBuffer;
  readonly #scratch: Scratch;
  #kept: DecodedBasket | undefined;

  constructor(name: string, branch: Branch, { tree, scratch }: { tree: Tree; scratch: Scratch }) {
    this.name = name;
    this.branch = branch;
    this.#tree = tree;
    this.#scratch = scratch;
    this.#buffer = new ColumnBuffer(layoutOf(tree, branch));
  }

  /** Starts the column of entries [from, to) with what the batch before has left. */
  begin(from: number, to: number): void {
    this.#buffer.clear();
    if (this.#kept === undefined) return;
    this.#append(this.#kept, from, to);
    if (this.#kept.endEntry <= to) this.#kept = undefined;
  }

  /** Decodes a basket's part of [from, to); `bytes` is undefined for an embedded one. */
  async add(ref: BasketRef, bytes: Uint8Array | undefined, from: number, to: number): Promise<void> {
    const decoded = ref.embedded === undefined ? decodeBasket(bytes, ref, this.#scratch.allocate) : embeddedBasket(ref, ref.embedded);
    const needsOffsets = decoded.entryOffsets === undefined && this.#buffer.layout.kind !== 'fixed';
    const basket = needsOffsets ? { ...decoded, entryOffsets: await this.#countedOffsets(decoded) } : decoded;
    this.#append(basket, from, to);
    if (basket.endEntry > to) this.#kept = { ...basket, data: basket.data.slice() };
  }

  #append(basket: DecodedBasket, from: number, to: number): void {
    const { firstEntry, endEntry } = basket;
    appendEntries(basket, Math.max(from, firstEntry) - firstEntry, Math.min(to, endEntry) - firstEntry, this.#buffer);
  }

  /** Offsets of a basket that stores none (ROOT's kGenerateOffsetMap): the lengths stand in the counter branch. */
  async #countedOffsets({ firstEntry, endEntry }: DecodedBasket): Promise<Int32Array> {
    const { counter } = this.branch;
    if (counter === undefined) throw new RootFormatError('a basket stores no entry offsets, and no branch counts them');
    const offsets = new Int32Array(endEntry - firstEntry + 1);
    for await (const { from, to, columns } of readBatches(this.#tree, [counter], { from: firstEntry, to: endEntry })) {
      const counts = columns[counter]?.values ?? [];
      for (let i = from; i < to; i++)
        offsets[i - firstEntry + 1] = (offsets[i - firstEntry] as number) + this.#buffer.width * Number(counts[i - from]);
    }
    return offsets;
  }

  /** The column as decoded last. */
  column(): Column {
    const { columnType } = this.branch;
    const { layout, values, offsets, length, entries } = this.#buffer;
    if (columnType === undefined) throw new RootFormatError('no column type');
    const own = values.subarray(0, length) as ElementArray;
    if (layout.kind !== 'fixed') return { type: columnType, values: own, offsets: offsets.subarray(0, entries + 1) };
    return layout.size === 1 ? { type: columnType, values: own } : { type: columnType, values: own, size: layout.size };
  }
}

function embeddedBasket({ firstEntry, endEntry }: BasketRef, { data, entryOffsets }: EmbeddedBasket): DecodedBasket {
  const offsets = entryOffsets.length === 0 ? undefined : closeOffsets(entryOffsets, endEntry - firstEntry, data.length);
  return { firstEntry, endEntry, data, entryOffsets: offsets };
}

/** Header, decompression and table of offsets of a basket as it stands on disk. */
function decodeBasket(bytes: Uint8Array | undefined, { firstEntry, endEntry, seek }: BasketRef, allocate: Allocate): DecodedBasket {
  if (bytes === undefined) throw new RootFormatError('a basket was not fetched', { offset: seek });
  const header = parseBasketHeader(new Cursor(bytes, seek));
  const { keyLength, objectLength, nbytes } = header.key;
  if (nbytes > bytes.length) throw new RootFormatError(`a basket of ${nbytes} bytes where the tree says ${bytes.length}`, { offset: seek });
  if (header.entries !== endEntry - firstEntry) {
    throw new RootFormatError(`a basket of ${header.entries} entries where the tree says ${endEntry - firstEntry}`, { offset: seek });
  }
  const payload = decompress(bytes.subarray(keyLength, nbytes), objectLength, seek + keyLength, allocate);
  const border = header.last - keyLength;
  if (border > payload.length) throw new CodecError(`entries end ${border - payload.length} bytes behind the basket`, { offset: seek });
  if (border === payload.length) return { firstEntry, endEntry, data: payload, entryOffsets: undefined };
  const table = new DataView(payload.buffer, payload.byteOffset + border, payload.length - border);
  const count = table.byteLength < 4 ? -1 : table.getInt32(0);
  if (count < header.entries || (count + 1) * 4 > table.byteLength) {
    throw new RootFormatError(`a table of ${count} entry offsets for ${header.entries} entries`, { offset: seek });
  }
  const offsets = new Int32Array(header.entries);
  for (let i = 0; i < offsets.length; i++) offsets[i] = table.getInt32(4 + 4 * i) - keyLength;
  return { firstEntry, endEntry, data: payload.subarray(0, border), entryOffsets: closeOffsets(offsets, offsets.length, border) };
}

/** Offsets with the end of the last entry behind them. */
function closeOffsets(starts: Int32Array, entries: number, end: number): Int32Array {
  const closed = new Int32Array(entries + 1);
  closed.set(starts.subarray(0, entries));
  closed[entries] = end;
  return closed;
}
