import type { RawSource } from './checked-source.ts';

/**
 * The same source, with the bytes that came from the file's beginning when it was opened: they answer the first read, where
 * they are enough for it, and are then forgotten.
 */
export function withFirstBytes(raw: RawSource, bytes: Uint8Array | undefined): RawSource {
  let first = bytes;
  return {
    ...raw,
    read: async (offset, length, signal, memory) => {
      const known = first;
      first = undefined;
      const isThere = known !== undefined && offset + length <= known.length;
      return isThere ? known.slice(offset, offset + length) : raw.read(offset, length, signal, memory);
    },
  };
}
