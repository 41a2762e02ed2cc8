import { zstdDecompressSync } from 'node:zlib';
import { CodecError } from '../../errors.ts';
import type { Codec } from './codec.ts';

/** ZS: a Zstandard frame (RFC 8878). ROOT writes it without checksum. */
export const decodeZstd: Codec = (arena, from, bytes, to, length) => {
  const block = arena.bytes.subarray(from, from + bytes);
  const decoded = zstdDecompressSync(block, { chunkSize: length + 64, maxOutputLength: length + 1 });
  if (decoded.length !== length) throw new CodecError(`it holds ${decoded.length} bytes, not ${length}`);
  arena.bytes.set(decoded, to);
};
