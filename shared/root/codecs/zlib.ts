import { checkDecoded } from './check-decoded.ts';
import type { Codec } from './codec.ts';

/** ZL: a zlib stream (RFC 1950); its Adler-32, at the end, covers all that it holds. */
export const decodeZlib: Codec = ({ kernels }, { from, bytes, to, length, needed, verify }) => {
  const { inflateStart } = kernels;
  const stops = verify === 'data' && needed < length && inflateStart !== undefined;
  checkDecoded(stops ? inflateStart(from, bytes, to, needed) : kernels.inflateZlib(from, bytes, to, length));
};

/** CS: the raw deflate of files older than ROOT 4; no checksum. */
export const decodeOldZlib: Codec = ({ kernels }, { from, bytes, to, length }) => checkDecoded(kernels.inflateRaw(from, bytes, to, length));
