import type { Cursor } from './cursor.ts';
import { type Key, parseKey } from './key.ts';

/** A basket that stands inside its TTree's own record instead of in a record of its own. Never compressed. */
export interface EmbeddedBasket {
  readonly header: BasketHeader;
  /** The entries' bytes. */
  readonly data: Uint8Array;
  /** Where each entry starts, counted from `keyLength`; empty where entries have one size. */
  readonly entryOffsets: Int32Array;
}

/** TBasket's own fields, behind its key. */
export interface BasketHeader {
  readonly key: Key;
  readonly entries: number;
  /** Bytes of key and data; what lies behind is the table of entry offsets. */
  readonly last: number;
  /** Bit 0: entry offsets are not stored, they follow from the counter leaf. */
  readonly ioBits: number;
  readonly flag: number;
}

/** Flag value from which on entry offsets are to be generated (TBasket::EIOBits kGenerateOffsetMap). */
const GENERATE_OFFSETS = 80;

/** Reads the key and the basket's fields; the cursor then stands behind them. */
export function parseBasketHeader(cursor: Cursor): BasketHeader {
  const start = cursor.offset;
  const key = parseKey(cursor);
  if (key.className !== 'TBasket') {
    cursor.offset = start;
    cursor.fail(`a record of class ${key.className} where a basket belongs`);
  }
  cursor.i16(); // version
  cursor.i32(); // buffer size
  const size = cursor.i32();
  const ioBits = size < 0 ? cursor.u8() : 0;
  const entries = cursor.i32();
  const last = cursor.i32();
  const flag = cursor.u8();
  if (entries < 0 || last < key.keyLength) cursor.fail(`basket with impossible lengths: ${entries} entries, ${last} bytes`);
  return { key, entries, last, ioBits, flag };
}

/** TBasket::Streamer's form inside a TTree: the table of offsets, then the buffer, which starts with the key. */
export function parseEmbeddedBasket(cursor: Cursor): EmbeddedBasket | undefined {
  const header = parseBasketHeader(cursor);
  if (header.flag === 0) return undefined;
  const generate = header.flag >= GENERATE_OFFSETS;
  const flag = generate ? header.flag - GENERATE_OFFSETS : header.flag;
  let entryOffsets = new Int32Array(0);
  if (!generate && flag % 10 !== 2 && header.entries > 0) {
    entryOffsets = readOffsets(cursor);
    if (flag > 40) readOffsets(cursor); // displacements of moved objects
    if (flag > 20 && flag < 40) entryOffsets = entryOffsets.map((offset) => offset & 0xffffff);
  }
  if (flag !== 1 && flag <= 10) return undefined;
  const { keyLength } = header.key;
  const data = cursor.slice(header.last).subarray(keyLength);
  return { header, data, entryOffsets: entryOffsets.map((offset) => offset - keyLength) };
}

function readOffsets(cursor: Cursor): Int32Array<ArrayBuffer> {
  const count = cursor.i32();
  if (count < 0 || count * 4 > cursor.remaining) cursor.fail(`table of ${count} entry offsets`);
  return Int32Array.from({ length: count }, () => cursor.i32());
}
