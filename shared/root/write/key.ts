import { ByteWriter, stringLength } from './byte-writer.ts';

/** What stands in front of every record of a file. */
export interface KeyText {
  readonly className: string;
  readonly name: string;
  readonly title: string;
}

export interface Key extends KeyText {
  /** Bytes after the key, as stored and as they are when decompressed. */
  readonly storedLength: number;
  readonly objectLength: number;
  /** Where the record is, and where the directory is that it belongs to (0 for the file itself). */
  readonly seek: number;
  readonly parentSeek: number;
  /** Bytes that the class adds to the key: TBasket's numbers. */
  readonly extraLength?: number;
}

/** Every date in our files is this one (2020-01-01 00:00:00): the same input gives the same bytes. */
export const FIXED_DATE = ((2020 - 1995) << 26) | (1 << 22) | (1 << 17);

const KEY_VERSION = 4;
const CYCLE = 1;
const FIXED_BYTES = 26;

/** Length of a key with 32-bit positions. */
export function keyLength({ className, name, title }: KeyText): number {
  return FIXED_BYTES + stringLength(className) + stringLength(name) + stringLength(title);
}

/** A key's bytes; `extraLength` is counted, not written. */
export function encodeKey(key: Key): Uint8Array {
  const length = keyLength(key) + (key.extraLength ?? 0);
  const out = new ByteWriter(length);
  out.i32(length + key.storedLength);
  out.i16(KEY_VERSION);
  out.i32(key.objectLength);
  out.i32(FIXED_DATE);
  out.i16(length);
  out.i16(CYCLE);
  out.i32(key.seek);
  out.i32(key.parentSeek);
  out.string(key.className);
  out.string(key.name);
  out.string(key.title);
  return out.written;
}
