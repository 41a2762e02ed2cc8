/** The bytes of one entry: every step is bounds-checked against the entry's end. */
import { RootFormatError } from '../../errors.ts';
import { byteCountOf } from '../object-header.ts';

const MEMBERWISE = 0x4000;
/** What pointers to the same objects may add to an entry: more is a crafted file. */
const AGAIN_TIMES = 32;
const AGAIN_BYTES = 2 ** 16;

/** Header of an object or a collection. */
export interface BlockHeader {
  readonly version: number;
  readonly memberwise: boolean;
  /** Where it ends; undefined where it was written without a byte count. */
  readonly end: number | undefined;
}

export class EntryCursor {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  start = 0;
  end = 0;
  /** Added to a place in the basket, gives ROOT's number of it in pointers. */
  bias = 0;
  /** Bytes that may still be read again in this entry, for pointers to what other pointers brought. */
  again = 0;

  fail(reason: string): never {
    throw new RootFormatError(reason);
  }

  /** Goes to an entry, from..to in the bytes at hand. */
  enter(from: number, to: number): void {
    this.at = from;
    this.start = from;
    this.end = to;
    this.again = AGAIN_BYTES + AGAIN_TIMES * (to - from);
  }

  /** Moves on by `length` bytes and gives the place where they start. */
  take(length: number): number {
    const { at } = this;
    if (!(length >= 0 && length <= this.end - at)) this.fail(`${length} bytes asked for where ${this.end - at} are left`);
    this.at = at + length;
    return at;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  u16(): number {
    return this.view.getUint16(this.take(2));
  }

  i32(): number {
    return this.view.getInt32(this.take(4));
  }

  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  /** A number of items of at least `least` bytes each, checked against what is left. */
  count(least: number): number {
    const count = this.i32();
    if (count < 0 || count * least > this.end - this.at) this.fail(`${count} items in ${this.end - this.at} bytes`);
    return count;
  }

  /** Version of an object or collection, with its byte count where it has one. */
  header(): BlockHeader {
    const { at } = this;
    if (this.end - at >= 6) {
      const bytes = byteCountOf(this.view.getUint32(at));
      if (bytes !== undefined) {
        const end = at + 4 + bytes;
        if (end < at + 6 || end > this.end) this.fail(`an object ends at byte ${end - this.start} of an entry of ${this.end - this.start}`);
        this.at = at + 6;
        const version = this.view.getUint16(at + 4);
        return { version: version & ~MEMBERWISE, memberwise: (version & MEMBERWISE) !== 0, end };
      }
    }
    const version = this.u16();
    return { version, memberwise: false, end: undefined };
  }

  /** Reads on to `end`, and comes out exactly there. */
  within(what: string, end: number, read: () => void): void {
    const outer = this.end;
    this.end = end;
    read();
    if (this.at !== end) this.fail(`${what} ends ${end - this.at} bytes before what its header says`);
    this.end = outer;
  }
}
