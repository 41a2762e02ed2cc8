import { inflateRawSync, inflateSync } from 'node:zlib';
import { CodecError } from '../../errors.ts';
import type { Codec } from './codec.ts';

/** ZL: a zlib stream (RFC 1950); node checks its Adler-32. */
export const decodeZlib: Codec = (block, out, start, length) => place(inflateSync, block, out, start, length);

/** CS: the raw deflate of files older than ROOT 4; no checksum. */
export const decodeOldZlib: Codec = (block, out, start, length) => place(inflateRawSync, block, out, start, length);

function place(inflate: typeof inflateSync, block: Uint8Array, out: Uint8Array, start: number, length: number): void {
  // A chunk a little larger than the block avoids node's second allocation and copy.
  const bytes = inflate(block, { chunkSize: length + 64, maxOutputLength: length + 1 });
  if (bytes.length !== length) throw new CodecError(`the block holds ${bytes.length} bytes, not ${length}`);
  out.set(bytes, start);
}
