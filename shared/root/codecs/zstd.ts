import { zstdDecompressSync } from 'node:zlib';
import { CodecError } from '../../errors.ts';
import type { Codec } from './codec.ts';
import { release } from './release.ts';

/** A chunk a little larger than the block avoids node's second allocation and copy. */
const SPARE_BYTES = 64;

/** ZS: a Zstandard frame (RFC 8878). ROOT writes it without checksum. */
export const decodeZstd: Codec = (arena, { from, bytes, to, length }) => {
  const block = arena.bytes.subarray(from, from + bytes);
  const decoded = zstdDecompressSync(block, { chunkSize: length + SPARE_BYTES, maxOutputLength: length + 1 });
  if (decoded.length !== length) throw new CodecError(`it holds ${decoded.length} bytes, not ${length}`);
  arena.bytes.set(decoded, to);
  release(decoded, length + SPARE_BYTES);
};
