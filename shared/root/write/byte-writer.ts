/** Grows as it is written to; everything is big-endian, as in ROOT files. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written; a view that the next write may make stale. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written and keeps the memory. */
  clear(): void {
    this.#length = 0;
  }

  /** Makes room for `count` more bytes and returns where they go: the caller fills them through `view` or `buffer`. */
  reserve(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }

  /** For hot loops; stale after the next `reserve`. */
  get view(): DataView {
    return this.#view;
  }

  /** For hot loops; stale after the next `reserve`. */
  get buffer(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.#view.setUint8(at, value);
  }

  i16(value: number): void {
    const at = this.reserve(2);
    this.#view.setInt16(at, value);
  }

  i32(value: number): void {
    const at = this.reserve(4);
    this.#view.setInt32(at, value);
  }

  /** A 64-bit integer given as a number: exact up to 2^53. */
  i64(value: number): void {
    const at = this.reserve(8);
    this.#view.setInt32(at, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(at + 4, value % 0x1_0000_0000);
  }

  f32(value: number): void {
    const at = this.reserve(4);
    this.#view.setFloat32(at, value);
  }

  f64(value: number): void {
    const at = this.reserve(8);
    this.#view.setFloat64(at, value);
  }

  bytes(values: Uint8Array): void {
    const at = this.reserve(values.length);
    this.#bytes.set(values, at);
  }

  /** A TString: length in one byte (or 255 and four more), then UTF-8. */
  string(text: string): void {
    const encoded = new TextEncoder().encode(text);
    if (encoded.length < 255) this.u8(encoded.length);
    else {
      this.u8(255);
      this.i32(encoded.length);
    }
    this.bytes(encoded);
  }

  /** A C string: the characters and a zero. */
  cString(text: string): void {
    this.bytes(new TextEncoder().encode(text));
    this.u8(0);
  }

  /** Overwrites four bytes that were written before. */
  setI32(at: number, value: number): void {
    this.#view.setInt32(at, value);
  }
}

/** Bytes that a TString takes. */
export function stringLength(text: string): number {
  const length = new TextEncoder().encode(text).length;
  return length + (length < 255 ? 1 : 5);
}
