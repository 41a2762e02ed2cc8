/** What the compiled module offers. Addresses and lengths are bytes; the caller has made sure that they lie in the memory. */
export { inflateRaw, inflateStart, inflateZlib } from './inflate';
export { counted, lists, vectors } from './lists';
export { lz4Checked, lz4Start } from './lz4';
export { sameBytes } from './same';
export { swapCopy } from './swap';
export { xxHash64 } from './xxhash';
export { xz, xzStart } from './xz';
export { zstd, zstdStart } from './zstd';

/** First byte behind the module's own tables: from here on the memory belongs to whoever uses it. */
export const heapStart: usize = __heap_base;
