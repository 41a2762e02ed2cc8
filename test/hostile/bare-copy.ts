import { openRootFile } from '#shared/root/file.ts';
import { bytesSource } from '../bytes-source.ts';

/** Where the file header says how long the file is, and where the class descriptions are and how long. */
const END_AT = 12;
const INFO_AT = 37;
/** Of a key, from its start. Keys of versions over 1000 have places of 64 bits. */
const VERSION_AT = 4;
const SEEK_AT = 18;
const BIG_VERSION = 1000;

/** A copy of a file, and where its trees, histograms and class descriptions stand in it, uncompressed. */
export interface BareCopy {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly objectsAt: number;
}

/**
 * The same file with its objects once more at the end, not compressed, and its keys pointing there: damage done to them
 * reaches the parser, and does not end at a checksum of the compressed block.
 */
export async function bareCopy(original: Uint8Array): Promise<BareCopy> {
  const file = await openRootFile(bytesSource(original));
  let bytes = Uint8Array.from(original);
  const append = (header: Uint8Array, payload: Uint8Array) => {
    const at = bytes.length;
    const record = new Uint8Array([...header, ...payload]);
    writeKey(record, 0, at, record.length);
    const grown = new Uint8Array(at + record.length);
    grown.set(bytes);
    grown.set(record, at);
    bytes = grown;
    return { at, length: record.length };
  };
  for (const { key } of await file.keys()) {
    if (key.className.startsWith('TDirectory')) continue;
    const header = original.subarray(key.seek, key.seek + key.keyLength);
    const places = placesOf(header, original).filter((place) => place !== key.seek);
    const { at, length } = append(header, await file.payload(key));
    for (const place of places) writeKey(bytes, place, at, length);
  }
  const { seekInfo } = file.header;
  if (seekInfo !== 0) {
    const key = keyAt(original, seekInfo);
    const { at, length } = append(original.subarray(seekInfo, seekInfo + key.keyLength), await file.payload(key));
    new DataView(bytes.buffer).setUint32(INFO_AT, at);
    new DataView(bytes.buffer).setInt32(INFO_AT + 4, length);
  }
  new DataView(bytes.buffer).setUint32(END_AT, bytes.length);
  return { bytes, objectsAt: original.length };
}

/** Lengths and place of a record, as `RootFile.payload` needs them. */
function keyAt(bytes: Uint8Array, seek: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset + seek);
  const [nbytes, objectLength, keyLength] = [view.getInt32(0), view.getInt32(6), view.getInt16(14)];
  return { nbytes, objectLength, keyLength, cycle: 1, seek, parent: 0, className: 'TList', name: '', title: '' };
}

function writeKey(bytes: Uint8Array<ArrayBuffer>, place: number, seek: number, length: number): void {
  const view = new DataView(bytes.buffer, place);
  view.setInt32(0, length);
  if (view.getInt16(VERSION_AT) > BIG_VERSION) view.setBigUint64(SEEK_AT, BigInt(seek));
  else view.setUint32(SEEK_AT, seek);
}

/** Where a run of bytes stands. */
function placesOf(needle: Uint8Array, haystack: Uint8Array): number[] {
  const [text, within] = [Buffer.from(needle), Buffer.from(haystack)];
  const places: number[] = [];
  for (let at = within.indexOf(text); at !== -1; at = within.indexOf(text, at + 1)) places.push(at);
  return places;
}
