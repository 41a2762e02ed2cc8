/**
 * Files that their writer never closed: they have no list of keys. The records of a file stand one behind the other, so
 * that the keys can be found again by walking over them, as ROOT does when it opens such a file (TFile::Recover).
 */
import { RootFormatError } from '../errors.ts';
import { Cursor } from './cursor.ts';
import { type Key, MIN_KEY_LENGTH, parseKey } from './key.ts';

/** What is found in a file without a list of keys. */
export interface Recovered {
  /** Keys of the root directory, in the order of the file. */
  readonly keys: readonly Key[];
  /** The last list of class descriptions. */
  readonly streamerKey: Key | undefined;
}

/** Bytes read at once; most files have many small records one behind the other. */
const WINDOW_BYTES = 256 * 1024;
/** Bytes of a key that are looked at: names longer than this are no names. */
const KEY_BYTES = 1024;

/** Reads bytes of the file. */
type Read = (offset: number, length: number) => Promise<Uint8Array>;

/**
 * Walks over the records of a file from `begin` on, up to the first that cannot be one or was not written whole.
 * `directory` is the position of the root directory, whose keys are wanted.
 */
export async function recoverKeys(read: Read, { begin, size }: { begin: number; size: number }, directory: number): Promise<Recovered> {
  const keys: Key[] = [];
  let streamerKey: Key | undefined;
  let window = { from: 0, bytes: new Uint8Array(0) };
  for (let at = begin; at + MIN_KEY_LENGTH <= size; ) {
    const wanted = Math.min(KEY_BYTES, size - at);
    if (at < window.from || at + wanted > window.from + window.bytes.length) {
      window = { from: at, bytes: new Uint8Array(await read(at, Math.min(WINDOW_BYTES, size - at))) };
    }
    const record = parseRecord(window.bytes.subarray(at - window.from, at - window.from + wanted), at);
    if (record === undefined || record.bytes > size - at) break;
    at += record.bytes;
    const { key } = record;
    if (key === undefined || key.parent !== directory || NOT_KEPT.has(key.className)) continue;
    if (key.name === 'StreamerInfo') streamerKey = key;
    else keys.push(key);
  }
  return { keys, streamerKey };
}

/** Records that belong to no list of keys: the file's own name, lists of keys, and data of trees and RNTuples. */
const NOT_KEPT: ReadonlySet<string> = new Set(['', 'TFile', 'TBasket', 'RBlob']);

/** Length of the record here, and its key unless it is a gap. Undefined where it is neither. */
function parseRecord(bytes: Uint8Array, at: number): { bytes: number; key?: Key } | undefined {
  const cursor = new Cursor(bytes, at);
  const length = cursor.i32();
  if (length < 0) return { bytes: -length };
  if (length < MIN_KEY_LENGTH) return undefined;
  cursor.offset = 0;
  try {
    const key = parseKey(cursor);
    return { bytes: length, key: { ...key, seek: at } };
  } catch (error) {
    if (error instanceof RootFormatError) return undefined;
    throw error;
  }
}
