import { RootFormatError } from '../errors.ts';
import { Cursor } from './cursor.ts';

/** What stands in the first bytes of a file (TFile). */
export interface FileHeader {
  /** ROOT's version as a number, 63404 for 6.34/04; without the million that marks 64-bit files. */
  readonly version: number;
  /** True where file positions have 64 bits. */
  readonly big: boolean;
  readonly begin: number;
  readonly end: number;
  /** Bytes of the first key and the name and title behind it: the root directory follows. */
  readonly nameBytes: number;
  /** 100 * algorithm + level: a setting only, the blocks say what they are. */
  readonly compression: number;
  readonly seekInfo: number;
  readonly infoBytes: number;
}

export const FILE_HEADER_LENGTH = 64;

/** "root" */
const MAGIC = 0x726f6f74;
/** The first key stands at byte 100 in all files of the last decades, at 64 before. */
const MAX_BEGIN = 1000;

/** @throws RootFormatError where it is no ROOT file. */
export function parseFileHeader(bytes: Uint8Array): FileHeader {
  if (bytes.length === 0) throw new RootFormatError('the file is empty', { hint: 'Copy it again.' });
  const cursor = new Cursor(bytes);
  const [magic, stored, begin] = bytes.length < FILE_HEADER_LENGTH ? [0, 0, 0] : [cursor.u32(), cursor.u32(), cursor.u32()];
  if (magic !== MAGIC || !(begin >= FILE_HEADER_LENGTH && begin <= MAX_BEGIN)) {
    throw new RootFormatError('not a ROOT file: it does not start as one', {
      offset: 0,
      hint: 'Check that the path leads to a .root file and not to a web page or an unfinished download.',
    });
  }
  const big = stored >= 1_000_000;
  const position = () => (big ? cursor.u64() : cursor.u32());
  const end = position();
  position(); // free segments
  cursor.take(8); // their size and number
  const nameBytes = cursor.u32();
  cursor.take(1); // size of a position
  const compression = cursor.i32();
  const seekInfo = position();
  const infoBytes = cursor.u32();
  return { version: stored % 1_000_000, big, begin, end, nameBytes, compression, seekInfo, infoBytes };
}

/** "6.34/04" */
export function formatVersion(version: number): string {
  const minor = Math.floor(version / 100) % 100;
  return `${Math.floor(version / 10_000)}.${String(minor).padStart(2, '0')}/${String(version % 100).padStart(2, '0')}`;
}
