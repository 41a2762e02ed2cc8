import { uncompressSync } from 'lz4-napi';
import createXxhash from 'xxhash-wasm';
import { CodecError } from '../../errors.ts';
import type { Codec } from './codec.ts';

const CHECKSUM_BYTES = 8;
const PREFIX_BYTES = 4;
const { h64Raw } = await createXxhash();

/** L4: the xxHash64 of the compressed bytes (big-endian), then an LZ4 block. */
export const decodeLz4: Codec = (block, out, start, length) => {
  if (block.length < CHECKSUM_BYTES) throw new CodecError('the block ends within its checksum');
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (h64Raw(block.subarray(CHECKSUM_BYTES)) !== view.getBigUint64(0)) throw new CodecError('the xxHash64 of the block differs');
  // The library wants the length in front of the data: it borrows the place of the checksum, which is put back.
  const place = CHECKSUM_BYTES - PREFIX_BYTES;
  const checksum = view.getUint32(place);
  view.setUint32(place, length, true);
  try {
    const bytes = uncompressSync(block.subarray(place));
    if (bytes.length !== length) throw new CodecError(`the block holds ${bytes.length} bytes, not ${length}`);
    out.set(bytes, start);
  } finally {
    view.setUint32(place, checksum);
  }
};
