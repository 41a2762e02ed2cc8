import { createRequire } from 'node:module';
import { CodecError } from '../../errors.ts';
import type { Arena } from '../arena.ts';
import { OTHER_KIND } from '../kernels.ts';
import { checkDecoded } from './check-decoded.ts';
import type { Codec } from './codec.ts';
import { release } from './release.ts';

const FOOTER_BYTES = 12;

const require = createRequire(import.meta.url);

/** XZ: one .xz stream; its CRC, behind the data, covers all of them. */
export const decodeXz: Codec = (arena, { from, bytes, to, length, needed, verify }) => {
  const { xz, xzStart } = arena.kernels;
  const stops = verify === 'data' && needed < length;
  const answer = (stops ? xzStart?.(from, bytes, to, needed) : xz?.(from, bytes, to, length)) ?? OTHER_KIND;
  if (answer === OTHER_KIND) decodeAny(arena, from, bytes, to, length);
  else checkDecoded(answer);
};

/** By liblzma, which knows all kinds of streams. */
function decodeAny(arena: Arena, from: number, bytes: number, to: number, length: number): void {
  const block = arena.bytes.subarray(from, from + bytes);
  const promised = indexedLength(block);
  if (promised !== length) throw new CodecError(`its index says ${promised} bytes, not ${length}`);
  // 10 ms and 8 MB, which a thread that has kernels need not spend.
  const { decompressSync } = require('@napi-rs/lzma/xz') as typeof import('@napi-rs/lzma/xz');
  const decoded = decompressSync(block);
  if (decoded.length !== length) throw new CodecError(`it holds ${decoded.length} bytes, not ${length}`);
  arena.bytes.set(decoded, to);
  release(decoded, length);
}

/**
 * Uncompressed bytes by the stream's index, which stands in front of the footer (.xz format 1.2, sections 2.1.2 and 4):
 * looked at first, because the decoder has no limit on what it writes.
 */
function indexedLength(block: Uint8Array): number {
  const footer = block.length - FOOTER_BYTES;
  if (footer < FOOTER_BYTES) throw new CodecError('the block is shorter than an .xz stream');
  const backward = new DataView(block.buffer, block.byteOffset + footer + 4, 4).getUint32(0, true);
  let at = footer - (backward + 1) * 4;
  if (at < FOOTER_BYTES || block[at] !== 0) throw new CodecError('the .xz stream has no index');
  at++;
  const integer = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = block[at++];
      if (byte === undefined || at > footer || shift > 2 ** 42) throw new CodecError('the .xz index is damaged');
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  let total = 0;
  for (let records = integer(); records > 0; records--) {
    integer(); // compressed size
    total += integer();
  }
  return total;
}
