import { zstdDecompressSync } from 'node:zlib';
import { CodecError } from '../../errors.ts';
import type { Codec } from './codec.ts';

/** ZS: a Zstandard frame (RFC 8878). ROOT writes it without checksum. */
export const decodeZstd: Codec = (block, out, start, length) => {
  const bytes = zstdDecompressSync(block, { chunkSize: length + 64, maxOutputLength: length + 1 });
  if (bytes.length !== length) throw new CodecError(`the block holds ${bytes.length} bytes, not ${length}`);
  out.set(bytes, start);
};
