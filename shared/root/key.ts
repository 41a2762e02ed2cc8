import type { Cursor } from './cursor.ts';

/** TKey: the header in front of everything a ROOT file stores. */
export interface Key {
  /** Bytes on disk, header included. */
  readonly nbytes: number;
  /** Bytes of the object when decompressed. */
  readonly objectLength: number;
  readonly keyLength: number;
  readonly cycle: number;
  /** File position of this header. */
  readonly seek: number;
  /** File position of the directory it belongs to. */
  readonly parent: number;
  readonly className: string;
  readonly name: string;
  readonly title: string;
}

/** A key with empty texts and 32-bit positions. Names in a directory's list may be longer than in the key itself. */
export const MIN_KEY_LENGTH = 29;

/** Reads a key. `nbytes` is 0 for a basket inside a tree. @throws RootFormatError where lengths contradict each other. */
export function parseKey(cursor: Cursor): Key {
  const start = cursor.offset;
  const nbytes = cursor.i32();
  const version = cursor.i16();
  const objectLength = cursor.i32();
  cursor.take(4); // date
  const keyLength = cursor.i16();
  const cycle = cursor.i16();
  const position = () => (version > 1000 ? cursor.u64() : cursor.u32());
  const seek = position();
  const parent = position();
  const className = cursor.string();
  const name = cursor.string();
  const title = cursor.string();
  if (objectLength < 0 || keyLength < MIN_KEY_LENGTH || (nbytes !== 0 && nbytes < keyLength)) {
    cursor.offset = start;
    cursor.fail(`key with impossible lengths: ${nbytes} bytes, header ${keyLength}, object ${objectLength}`);
  }
  return { nbytes, objectLength, keyLength, cycle, seek, parent, className, name, title };
}
