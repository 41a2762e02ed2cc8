import { RootFormatError } from '../../errors.ts';

const text = new TextDecoder('utf-8');

/**
 * Reads the little-endian fields and the frames of an envelope, each step bounds-checked. Frames say how long they are, so
 * what a later version appends to one is passed over.
 */
export class LittleCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;
  #end: number;

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = from;
    this.#end = end;
  }

  /** Bytes left in the frame at hand. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** @throws RootFormatError */
  fail(reason: string): never {
    throw new RootFormatError(`${reason}, ${this.#offset} bytes into its envelope`);
  }

  #take(length: number): number {
    const start = this.#offset;
    if (!(length >= 0 && length <= this.#end - start)) this.fail(`${length} bytes asked for where ${this.remaining} are left`);
    this.#offset = start + length;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  bits64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  u64(): number {
    return this.#safe(this.bits64());
  }

  i64(): number {
    return this.#safe(this.#view.getBigInt64(this.#take(8), true));
  }

  /** 56 bits: what the number of entries of a cluster has. */
  u56(): number {
    const low = this.u32();
    return this.#safe((BigInt(this.u16() + this.u8() * 2 ** 16) << 32n) | BigInt(low));
  }

  #safe(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) this.fail(`64-bit value ${value} is out of range`);
    return number;
  }

  string(): string {
    const length = this.u32();
    const start = this.#take(length);
    return text.decode(this.#bytes.subarray(start, start + length));
  }

  /** Reads a record frame; what `read` leaves of it is passed over. */
  record<T>(read: () => T): T {
    const start = this.#offset;
    const size = this.i64();
    if (size < 0) this.fail('a list where a record belongs');
    return this.#inFrame(start, size, read);
  }

  /** Reads a list frame: items of `itemBytes` bytes at least, and what stands behind them. */
  list<T, U>(itemBytes: number, readItem: (index: number) => T, readTail: () => U): { items: T[]; tail: U } {
    const start = this.#offset;
    // The sign bit marks a list: the size is the absolute value.
    const size = -this.i64();
    if (size < 0) this.fail('a record where a list belongs');
    return this.#inFrame(start, size, () => {
      const count = this.u32();
      if (count * itemBytes > this.remaining) this.fail(`a list of ${count} items in ${this.remaining} bytes`);
      const items = Array.from({ length: count }, (_, index) => readItem(index));
      return { items, tail: readTail() };
    });
  }

  /** Items of a list frame with nothing behind them. */
  items<T>(itemBytes: number, readItem: (index: number) => T): T[] {
    return this.list(itemBytes, readItem, () => {}).items;
  }

  #inFrame<T>(start: number, size: number, read: () => T): T {
    const outer = this.#end;
    const end = start + size;
    if (end < this.#offset || end > outer) this.fail(`a frame of ${size} bytes where ${outer - start} are left`);
    this.#end = end;
    const value = read();
    this.#offset = end;
    this.#end = outer;
    return value;
  }
}
