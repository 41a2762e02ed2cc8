import { checkDecoded } from './check-decoded.ts';
import type { Codec } from './codec.ts';

/** L4: the xxHash64 of the compressed bytes (big-endian), which is checked in any case, then an LZ4 block. */
export const decodeLz4: Codec = ({ kernels }, { from, bytes, to, length, needed }) => {
  const { lz4Start } = kernels;
  const stops = needed < length && lz4Start !== undefined;
  checkDecoded(stops ? lz4Start(from, bytes, to, needed) : kernels.lz4Checked(from, bytes, to, length));
};
