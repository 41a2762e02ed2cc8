import { checkDecoded } from './check-decoded.ts';
import type { Codec } from './codec.ts';

/** L4: the xxHash64 of the compressed bytes (big-endian), which is checked, then an LZ4 block. */
export const decodeLz4: Codec = ({ kernels }, from, bytes, to, length) => checkDecoded(kernels.lz4Checked(from, bytes, to, length));
