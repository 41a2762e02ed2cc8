/** Bytes of baskets -> numbers of a column. Synchronous and pure; buffers are reused from batch to batch. */
import { RootFormatError } from '../errors.ts';
import { type Layout, VECTOR_HEADER_BYTES } from './branch-type.ts';
import { createElements, type ElementArray, elementBytes } from './column-type.ts';

/** A basket with its bytes decompressed. */
export interface DecodedBasket {
  readonly firstEntry: number;
  readonly endEntry: number;
  /** The entries' bytes, big-endian. */
  readonly data: Uint8Array;
  /** Where each entry starts in `data`, and at the end its length; undefined where entries have one size. */
  readonly entryOffsets: Int32Array | undefined;
}

/** Part of a basket that a batch needs: entries [from, to), counted from the basket's first. */
export interface BasketSlice {
  readonly basket: DecodedBasket;
  readonly from: number;
  readonly to: number;
}

/** A growing typed array: kept between batches so that memory is bounded by the largest one. */
export class ColumnBuffer {
  readonly layout: Layout;
  values: ElementArray;
  offsets: Int32Array = new Int32Array(1);

  constructor(layout: Layout) {
    this.layout = layout;
    this.values = createElements(layout.element, 0);
  }

  /** Makes room for so many values (contents are lost) and entries. */
  reserve(values: number, entries: number): void {
    if (this.values.length < values) this.values = createElements(this.layout.element, values + (values >> 3));
    if (this.offsets.length < entries + 1) this.offsets = new Int32Array(entries + 1 + (entries >> 3));
  }
}

/** Fills a scalar or fixed-size column. @throws RootFormatError where a basket has the wrong length */
export function decodeFixed(slices: readonly BasketSlice[], into: ColumnBuffer): number {
  const { element, size } = into.layout;
  const width = elementBytes(element);
  const entries = slices.reduce((sum, { from, to }) => sum + to - from, 0);
  into.reserve(entries * size, 0);
  let at = 0;
  for (const { basket, from, to } of slices) {
    const held = basket.endEntry - basket.firstEntry;
    if (basket.data.length !== held * size * width) {
      throw new RootFormatError(`a basket of ${held} entries has ${basket.data.length} bytes, not ${held * size * width}`);
    }
    copySwapped(basket.data, from * size * width, (to - from) * size * width, into.values, at);
    at += (to - from) * size;
  }
  return at;
}

/** Fills a jagged column whose entries have no header. Offsets come with the baskets. */
export function decodeCounted(slices: readonly BasketSlice[], into: ColumnBuffer): number {
  const { element, headerBytes } = into.layout;
  const width = elementBytes(element);
  const total = reserveFor(slices, into, headerBytes, width);
  let at = 0;
  let entry = 0;
  for (const { basket, from, to } of slices) {
    const starts = offsetsOf(basket);
    if (headerBytes === 0) {
      const first = starts[from] as number;
      copySwapped(basket.data, first, (starts[to] as number) - first, into.values, at);
    }
    for (let i = from; i < to; i++) {
      const start = starts[i] as number;
      const length = (starts[i + 1] as number) - start - headerBytes;
      const count = length / width;
      if (length < 0 || !Number.isInteger(count))
        throw new RootFormatError(`entry ${basket.firstEntry + i} has ${length} bytes of ${width}-byte numbers`);
      if (headerBytes !== 0) copySwapped(basket.data, start + headerBytes, length, into.values, at);
      at += count;
      into.offsets[++entry] = at;
    }
  }
  if (at !== total) throw new RootFormatError(`${at} values where offsets promise ${total}`);
  return at;
}

/** Fills a jagged column of std::vector entries, each behind its own header, which is checked. */
export function decodeVectors(slices: readonly BasketSlice[], into: ColumnBuffer): number {
  const width = elementBytes(into.layout.element);
  reserveFor(slices, into, VECTOR_HEADER_BYTES, width);
  const raw = rawView(into.values, width);
  let at = 0;
  let entry = 0;
  for (const { basket, from, to } of slices) {
    const starts = offsetsOf(basket);
    const view = new DataView(basket.data.buffer, basket.data.byteOffset, basket.data.byteLength);
    for (let i = from; i < to; i++) {
      const start = starts[i] as number;
      const bytes = (starts[i + 1] as number) - start;
      if (bytes < VECTOR_HEADER_BYTES || view.getUint32(start) !== ((bytes - 4) | 0x40000000) >>> 0)
        throw badVector(basket, i, 'byte count');
      const count = view.getInt32(start + 6);
      if (count * width + VECTOR_HEADER_BYTES !== bytes) throw badVector(basket, i, 'length');
      copyNumbers(view, start + VECTOR_HEADER_BYTES, raw, at, count);
      at += count;
      into.offsets[++entry] = at;
    }
  }
  return at;
}

function badVector(basket: DecodedBasket, index: number, what: string): RootFormatError {
  return new RootFormatError(`the vector of entry ${basket.firstEntry + index} contradicts its ${what}`);
}

/** Total of values that the offsets promise, with room made for them; offsets are checked here, once. */
function reserveFor(slices: readonly BasketSlice[], into: ColumnBuffer, headerBytes: number, width: number): number {
  let bytes = 0;
  let entries = 0;
  for (const { basket, from, to } of slices) {
    checkOffsets(basket, offsetsOf(basket));
    const starts = offsetsOf(basket);
    bytes += (starts[to] as number) - (starts[from] as number);
    entries += to - from;
  }
  const values = Math.max(0, Math.floor((bytes - entries * headerBytes) / width));
  into.reserve(values, entries);
  into.offsets[0] = 0;
  return values;
}

function checkOffsets({ data, firstEntry, endEntry }: DecodedBasket, starts: Int32Array): void {
  const entries = endEntry - firstEntry;
  let last = 0;
  if (starts.length !== entries + 1 || starts[0] !== 0)
    throw new RootFormatError(`a basket of ${entries} entries has ${starts.length - 1} offsets`);
  for (let i = 1; i <= entries; i++) {
    const start = starts[i] as number; // i < starts.length
    if (start < last) throw new RootFormatError(`entry ${firstEntry + i} starts before the one in front of it`);
    last = start;
  }
  if (last !== data.length) throw new RootFormatError(`entries take ${last} bytes of a basket of ${data.length}`);
}

function offsetsOf(basket: DecodedBasket): Int32Array {
  if (basket.entryOffsets === undefined) throw new RootFormatError('the basket does not say where its entries start');
  return basket.entryOffsets;
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
