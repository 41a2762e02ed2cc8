/** Bytes of baskets -> numbers of a column. Synchronous and pure; buffers are reused from batch to batch. */
import { RootFormatError } from '../errors.ts';
import { type Layout, VECTOR_HEADER_BYTES } from './branch-type.ts';
import { createElements, type ElementArray, elementBytes } from './column-type.ts';

/** A basket with its bytes decompressed; `data` may be scratch memory that the next basket overwrites. */
export interface DecodedBasket {
  readonly firstEntry: number;
  readonly endEntry: number;
  /** The entries' bytes, big-endian. */
  readonly data: Uint8Array;
  /** Where each entry starts in `data`, and at the end its length; undefined where entries have one size. */
  readonly entryOffsets: Int32Array | undefined;
}

/** A growing column: kept between batches, so that memory is bounded by the largest one. */
export class ColumnBuffer {
  readonly layout: Layout;
  readonly width: number;
  values: ElementArray;
  offsets: Int32Array = new Int32Array(1);
  /** Values and entries at hand. */
  length = 0;
  entries = 0;

  constructor(layout: Layout) {
    this.layout = layout;
    this.width = elementBytes(layout.element);
    this.values = createElements(layout.element, 0);
  }

  /** Forgets the contents, not the memory. */
  clear(): void {
    this.length = 0;
    this.entries = 0;
  }

  /** Makes room for so many more values and entries. */
  reserve(values: number, entries: number): void {
    if (this.values.length < this.length + values)
      this.values = grown(this.values, this.length, values, (n) => createElements(this.layout.element, n));
    if (this.layout.kind === 'fixed' || this.offsets.length > this.entries + entries) return;
    this.offsets = grown(this.offsets, this.entries + 1, entries, (n) => new Int32Array(n));
  }
}

function grown<T extends ElementArray>(array: T, used: number, more: number, create: (length: number) => T): T {
  const larger = create(Math.max(used + more, Math.ceil(array.length * 1.25)));
  larger.set(array.subarray(0, used) as never);
  return larger;
}

/**
 * Appends entries [from, to), counted from the basket's first, to the column.
 * @throws RootFormatError where lengths, headers and offsets contradict each other
 */
export function appendEntries(basket: DecodedBasket, from: number, to: number, into: ColumnBuffer): void {
  if (into.layout.kind === 'fixed') appendFixed(basket, from, to, into);
  else {
    const starts = checkedOffsets(basket);
    const bytes = (starts[to] as number) - (starts[from] as number); // 0 <= from <= to <= entries
    into.reserve(Math.max(0, Math.floor((bytes - (to - from) * into.layout.headerBytes) / into.width)), to - from);
    if (into.layout.kind === 'vector') appendVectors(basket, starts, from, to, into);
    else appendCounted(basket, starts, from, to, into);
  }
  into.entries += to - from;
}

function appendFixed({ firstEntry, endEntry, data }: DecodedBasket, from: number, to: number, into: ColumnBuffer): void {
  const { size } = into.layout;
  const entryBytes = size * into.width;
  const expected = (endEntry - firstEntry) * entryBytes;
  if (data.length !== expected)
    throw new RootFormatError(`a basket of ${endEntry - firstEntry} entries has ${data.length} bytes, not ${expected}`);
  into.reserve((to - from) * size, 0);
  copySwapped(data, from * entryBytes, (to - from) * entryBytes, into.values, into.length);
  into.length += (to - from) * size;
}

/** Lists of numbers one after the other, each behind a header of `headerBytes`. */
function appendCounted({ firstEntry, data }: DecodedBasket, starts: Int32Array, from: number, to: number, into: ColumnBuffer): void {
  const { headerBytes } = into.layout;
  const { width, values, offsets } = into;
  let entry = into.entries;
  let at = into.length;
  if (headerBytes === 0) copySwapped(data, starts[from] as number, (starts[to] as number) - (starts[from] as number), values, at);
  for (let i = from; i < to; i++) {
    const start = (starts[i] as number) + headerBytes; // i < starts.length - 1, as below
    const length = (starts[i + 1] as number) - start;
    if (length < 0 || length % width !== 0)
      throw new RootFormatError(`entry ${firstEntry + i} has ${length} bytes of ${width}-byte numbers`);
    if (headerBytes !== 0) copySwapped(data, start, length, values, at);
    at += length / width;
    offsets[++entry] = at;
  }
  into.length = at;
}

/** std::vector entries, each with its own header, which is checked. */
function appendVectors({ firstEntry, data }: DecodedBasket, starts: Int32Array, from: number, to: number, into: ColumnBuffer): void {
  const { width, offsets } = into;
  const raw = rawView(into.values, width);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let entry = into.entries;
  let at = into.length;
  for (let i = from; i < to; i++) {
    const start = starts[i] as number;
    const bytes = (starts[i + 1] as number) - start;
    if (bytes < VECTOR_HEADER_BYTES || view.getInt32(start) !== ((bytes - 4) | BYTE_COUNT_BIT))
      throw badVector(firstEntry + i, 'byte count');
    const count = view.getInt32(start + 6);
    if (count * width + VECTOR_HEADER_BYTES !== bytes) throw badVector(firstEntry + i, 'length');
    copyNumbers(view, start + VECTOR_HEADER_BYTES, raw, at, count);
    at += count;
    offsets[++entry] = at;
  }
  into.length = at;
}

/** Set in the byte count in front of each object. */
const BYTE_COUNT_BIT = 0x40000000;

function badVector(entry: number, what: string): RootFormatError {
  return new RootFormatError(`the vector of entry ${entry} contradicts its ${what}`);
}

/** The offsets, which grow from 0 to the length of the data: what all indexing below relies on. */
function checkedOffsets({ data, firstEntry, endEntry, entryOffsets }: DecodedBasket): Int32Array {
  if (entryOffsets === undefined) throw new RootFormatError('the basket does not say where its entries start');
  const entries = endEntry - firstEntry;
  if (entryOffsets.length !== entries + 1 || entryOffsets[0] !== 0) {
    throw new RootFormatError(`a basket of ${entries} entries has ${entryOffsets.length - 1} offsets, from ${entryOffsets[0]} on`);
  }
  let last = 0;
  for (let i = 1; i <= entries; i++) {
    const start = entryOffsets[i] as number;
    if (start < last) throw new RootFormatError(`entry ${firstEntry + i} starts before the one in front of it`);
    last = start;
  }
  if (last !== data.length) throw new RootFormatError(`entries take ${last} bytes of a basket of ${data.length}`);
  return entryOffsets;
}

/** Unsigned integers over the same memory: moving bits must not touch NaN payloads. */
type RawView = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

function rawView(values: ElementArray, width: number): RawView {
  const { buffer, byteOffset, length } = values;
  if (width === 1) return new Uint8Array(buffer, byteOffset, length);
  if (width === 2) return new Uint16Array(buffer, byteOffset, length);
  return width === 4 ? new Uint32Array(buffer, byteOffset, length) : new BigUint64Array(buffer, byteOffset, length);
}

function copyNumbers(view: DataView, start: number, raw: RawView, at: number, count: number): void {
  if (raw instanceof Uint32Array) for (let k = 0; k < count; k++) raw[at + k] = view.getUint32(start + 4 * k);
  else if (raw instanceof Uint8Array) for (let k = 0; k < count; k++) raw[at + k] = view.getUint8(start + k);
  else if (raw instanceof Uint16Array) for (let k = 0; k < count; k++) raw[at + k] = view.getUint16(start + 2 * k);
  else for (let k = 0; k < count; k++) raw[at + k] = view.getBigUint64(start + 8 * k);
}

/** Copies `length` big-endian bytes to values from index `at` on, and turns them round in place. */
function copySwapped(source: Uint8Array, start: number, length: number, values: ElementArray, at: number): void {
  const width = values.BYTES_PER_ELEMENT;
  const target = Buffer.from(values.buffer, values.byteOffset + at * width, length);
  target.set(source.subarray(start, start + length));
  if (width === 2) target.swap16();
  else if (width === 4) target.swap32();
  else if (width === 8) target.swap64();
}
