import type { Codec } from './codec.ts';
import { decodeLz4 } from './lz4.ts';
import { decodeXz } from './xz.ts';
import { decodeOldZlib, decodeZlib } from './zlib.ts';
import { decodeZstd } from './zstd.ts';

/** ROOT's two-letter tags in the header of each block, and what decodes them. */
export const CODECS: ReadonlyMap<string, Codec> = new Map([
  ['ZL', decodeZlib],
  ['CS', decodeOldZlib],
  ['L4', decodeLz4],
  ['ZS', decodeZstd],
  ['XZ', decodeXz],
]);
