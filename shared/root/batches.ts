import { CodecError, PipelineError, RootFormatError } from '../errors.ts';
import type { ByteRange } from '../storage/source.ts';
import { parseBasketHeader } from './basket.ts';
import type { Column, ElementArray } from './column-type.ts';
import { decompress } from './compression.ts';
import { Cursor } from './cursor.ts';
import { ColumnBuffer, type DecodedBasket, decodeCounted, decodeFixed, decodeVectors } from './decode.ts';
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
  const readers = makeReaders(tree, names);
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

function makeReaders(tree: Tree, names: readonly string[]): BranchReader[] {
  return names.map((name) => {
    const branch = tree.branch(name);
    return new BranchReader(name, branch, new ColumnBuffer(layoutOf(tree, branch)));
  });
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

async function decodeBatch(
  tree: Tree,
  readers: readonly BranchReader[],
  batch: Batch,
  blocks: readonly Uint8Array[],
): Promise<ColumnBatch> {
  let block = 0;
  for (const { column, basket } of batch.reads) {
    const reader = readers[column] as BranchReader;
    const ref = reader.branch.baskets[basket] as BasketRef;
    guard(tree, reader, () => reader.add(ref, ref.embedded === undefined ? blocks[block++] : undefined));
  }
  for (const reader of readers) {
    const missing = reader.withoutOffsets();
    if (missing.length > 0) await addOffsets(tree, reader, missing);
    guard(tree, reader, () => reader.decode(batch.from, batch.to));
  }
  const columns = Object.fromEntries(readers.map((reader) => [reader.name, reader.column(batch.to - batch.from)]));
  return { from: batch.from, to: batch.to, columns };
}

/** Offsets of baskets that store none (ROOT's kGenerateOffsetMap): the lengths stand in the counter branch. */
async function addOffsets(tree: Tree, reader: BranchReader, baskets: readonly DecodedBasket[]): Promise<void> {
  const { counter } = reader.branch;
  if (counter === undefined) guard(tree, reader, () => raise('a basket stores no entry offsets, and no branch counts them'));
  const width = reader.buffer.values.BYTES_PER_ELEMENT;
  for (const basket of baskets) {
    const { firstEntry, endEntry } = basket;
    const entryOffsets = new Int32Array(endEntry - firstEntry + 1);
    for await (const { from, to, columns } of readBatches(tree, [counter ?? ''], { from: firstEntry, to: endEntry })) {
      const counts = columns[counter ?? '']?.values ?? [];
      for (let i = from; i < to; i++)
        entryOffsets[i - firstEntry + 1] = (entryOffsets[i - firstEntry] as number) + width * Number(counts[i - from]);
    }
    reader.replace(basket, { ...basket, entryOffsets });
  }
}

function raise(reason: string): never {
  throw new RootFormatError(reason);
}

/** Adds file and branch to what goes wrong. */
function guard(tree: Tree, reader: BranchReader, work: () => void): void {
  try {
    work();
  } catch (error) {
    const place = { file: tree.file.source.name, object: `${tree.path}/${reader.branch.path}` };
    if (error instanceof PipelineError) throw error.at(place);
    if (error instanceof RangeError) throw new RootFormatError(`damaged lengths (${error.message})`, { ...place, cause: error });
    throw error;
  }
}

/** State of one branch while it is read: its baskets at hand and its column. */
class BranchReader {
  readonly name: string;
  readonly branch: Branch;
  readonly buffer: ColumnBuffer;
  #baskets: DecodedBasket[] = [];
  #length = 0;

  constructor(name: string, branch: Branch, buffer: ColumnBuffer) {
    this.name = name;
    this.branch = branch;
    this.buffer = buffer;
  }

  /** Decompresses a basket; `bytes` is undefined for an embedded one. */
  add(ref: BasketRef, bytes: Uint8Array | undefined): void {
    const { firstEntry, endEntry, embedded, seek } = ref;
    if (embedded !== undefined) {
      const { data, entryOffsets } = embedded;
      this.#baskets.push({
        firstEntry,
        endEntry,
        data,
        entryOffsets: entryOffsets.length === 0 ? undefined : closeOffsets(entryOffsets, endEntry - firstEntry, data.length),
      });
      return;
    }
    if (bytes === undefined) throw new RootFormatError('a basket was not fetched', { offset: seek });
    this.#baskets.push(decodeBasket(bytes, ref));
  }

  /** Turns entries [from, to) of the baskets at hand into the column, and forgets the baskets that end there. */
  decode(from: number, to: number): void {
    const slices = this.#baskets.map((basket) => ({
      basket,
      from: Math.max(from, basket.firstEntry) - basket.firstEntry,
      to: Math.min(to, basket.endEntry) - basket.firstEntry,
    }));
    const { kind } = this.buffer.layout;
    const decode = kind === 'fixed' ? decodeFixed : kind === 'vector' ? decodeVectors : decodeCounted;
    this.#length = decode(slices, this.buffer);
    this.#baskets = this.#baskets.filter((basket) => basket.endEntry > to);
  }

  /** Baskets of a jagged branch that do not say where their entries start. */
  withoutOffsets(): DecodedBasket[] {
    return this.buffer.layout.kind === 'fixed' ? [] : this.#baskets.filter((basket) => basket.entryOffsets === undefined);
  }

  replace(old: DecodedBasket, basket: DecodedBasket): void {
    this.#baskets[this.#baskets.indexOf(old)] = basket;
  }

  /** The column as decoded last. */
  column(entries: number): Column {
    const { columnType } = this.branch;
    const { layout, values, offsets } = this.buffer;
    if (columnType === undefined) throw new RootFormatError('no column type');
    const own = values.subarray(0, this.#length) as ElementArray;
    if (layout.kind !== 'fixed') return { type: columnType, values: own, offsets: offsets.subarray(0, entries + 1) };
    return layout.size === 1 ? { type: columnType, values: own } : { type: columnType, values: own, size: layout.size };
  }
}

/** Header, decompression and table of offsets of a basket as it stands on disk. */
function decodeBasket(bytes: Uint8Array, { firstEntry, endEntry, seek }: BasketRef): DecodedBasket {
  const header = parseBasketHeader(new Cursor(bytes, seek));
  const { keyLength, objectLength, nbytes } = header.key;
  if (nbytes > bytes.length) throw new RootFormatError(`a basket of ${nbytes} bytes where the tree says ${bytes.length}`, { offset: seek });
  if (header.entries !== endEntry - firstEntry) {
    throw new RootFormatError(`a basket of ${header.entries} entries where the tree says ${endEntry - firstEntry}`, { offset: seek });
  }
  const payload = decompress(bytes.subarray(keyLength, nbytes), objectLength, seek + keyLength);
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
