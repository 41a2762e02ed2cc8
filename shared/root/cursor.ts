import { RootFormatError } from '../errors.ts';

/** Reads ROOT's big-endian fields one after the other; every step is bounds-checked. */
export class Cursor {
  readonly bytes: Uint8Array;
  /** Index into `bytes` of the next field. */
  offset: number;
  readonly end: number;
  /** File position of `bytes[0]`, so that errors can name a place in the file. */
  readonly origin: number;
  readonly #view: DataView;
  /** The same bytes, made where texts are asked for: of all that turns short ones into strings it is the fastest. */
  #texts: Buffer | undefined;

  constructor(bytes: Uint8Array, origin = 0, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.origin = origin;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** @throws RootFormatError at the cursor's place in the file. */
  fail(reason: string): never {
    throw new RootFormatError(reason, { offset: this.origin + this.offset });
  }

  /** Moves on by `length` bytes and gives the place where they start. */
  take(length: number): number {
    const start = this.offset;
    if (!(length >= 0) || length > this.end - start) this.fail(`${length} bytes asked for where ${this.remaining} are left`);
    this.offset = start + length;
    return start;
  }

  /** Goes to `offset`, which must be inside. */
  seek(offset: number): void {
    if (!(offset >= 0 && offset <= this.end)) this.fail(`position ${offset} is outside of the ${this.end} bytes here`);
    this.offset = offset;
  }

  u8(): number {
    return this.#view.getUint8(this.take(1));
  }

  i8(): number {
    return this.#view.getInt8(this.take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.take(2));
  }

  i16(): number {
    return this.#view.getInt16(this.take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.take(4));
  }

  /** Passes over the next four bytes if they are zero. */
  passZero(): boolean {
    if (this.remaining < 4 || this.#view.getUint32(this.offset) !== 0) return false;
    this.offset += 4;
    return true;
  }

  f32(): number {
    return this.#view.getFloat32(this.take(4));
  }

  f64(): number {
    return this.#view.getFloat64(this.take(8));
  }

  /** A 64-bit integer as a number; one that a number cannot hold exactly is refused. */
  i64(): number {
    const at = this.take(8);
    return this.#safe(this.#view.getInt32(at), at);
  }

  u64(): number {
    const at = this.take(8);
    return this.#safe(this.#view.getUint32(at), at);
  }

  /** Without bigints, which are slow: what is not exact is not safe either. */
  #safe(high: number, at: number): number {
    const number = high * 2 ** 32 + this.#view.getUint32(at + 4);
    if (!Number.isSafeInteger(number)) this.fail(`64-bit value ${number} is out of range`);
    return number;
  }

  /** A view of the next bytes, not a copy. */
  slice(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  /** A TString: one length byte, or 255 and a 32-bit length. */
  string(): string {
    const short = this.u8();
    return this.text(short === 255 ? this.u32() : short);
  }

  /** A text of `length` bytes in UTF-8. */
  text(length: number): string {
    const start = this.take(length);
    this.#texts ??= Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    return this.#texts.toString('utf8', start, start + length);
  }

  /** Text up to and over the next zero byte. */
  cString(): string {
    const stop = this.bytes.indexOf(0, this.offset);
    if (stop < 0 || stop >= this.end) this.fail('text without an end');
    const value = this.text(stop - this.offset);
    this.take(1);
    return value;
  }
}
