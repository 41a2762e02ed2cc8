import { CodecError } from '../../errors.ts';
import type { Arena } from '../arena.ts';
import { OTHER_KIND } from '../kernels.ts';
import { checkDecoded } from './check-decoded.ts';
import type { Codec } from './codec.ts';
import { release } from './release.ts';

/** A chunk a little larger than the block avoids node's second allocation and copy. */
const SPARE_BYTES = 64;

/** Of a frame's header: the byte with its flags, and the one that says that a checksum ends it (RFC 8878, section 3.1.1.1.1). */
const FLAGS_AT = 4;
const CHECKSUM_FLAG = 4;

/** ZS: Zstandard frames (RFC 8878); one without a checksum, as ROOT writes it, need not be decoded to its end. */
export const decodeZstd: Codec = (arena, { from, bytes, to, length, needed, verify }) => {
  const { zstd, zstdStart } = arena.kernels;
  const isChecked = ((arena.bytes[from + FLAGS_AT] ?? 0) & CHECKSUM_FLAG) !== 0;
  const stops = needed < length && (verify === 'data' || !isChecked);
  let answer = (stops ? zstdStart?.(from, bytes, to, needed) : undefined) ?? OTHER_KIND;
  if (answer === OTHER_KIND) answer = zstd?.(from, bytes, to, length) ?? OTHER_KIND;
  if (answer === OTHER_KIND) decodeAny(arena, from, bytes, to, length);
  else checkDecoded(answer);
};

/** By node's zstd: where the kernels are plain, and for frames that it may refuse with a better reason. */
function decodeAny(arena: Arena, from: number, bytes: number, to: number, length: number): void {
  const block = arena.bytes.subarray(from, from + bytes);
  const { zstdDecompressSync } = process.getBuiltinModule('node:zlib'); // 4 ms, which a thread that has kernels need not spend
  const decoded = zstdDecompressSync(block, { chunkSize: length + SPARE_BYTES, maxOutputLength: length + 1 });
  if (decoded.length !== length) throw new CodecError(`it holds ${decoded.length} bytes, not ${length}`);
  arena.bytes.set(decoded, to);
  release(decoded, length + SPARE_BYTES);
}
