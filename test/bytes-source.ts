import { StorageError } from '#shared/errors.ts';
import type { ByteSource } from '#shared/storage/source.ts';

/** A file in memory, so that tests can change its bytes. Counts what is read of it. */
export function bytesSource(
  bytes: Uint8Array,
  name = 'memory.root',
): ByteSource & { readonly asked: { offset: number; length: number }[] } {
  const asked: { offset: number; length: number }[] = [];
  const read = async (offset: number, length: number) => {
    if (offset < 0 || offset + length > bytes.length)
      throw new StorageError(`bytes ${offset}..${offset + length} of ${bytes.length}`, { file: name });
    asked.push({ offset, length });
    return bytes.slice(offset, offset + length);
  };
  return {
    name,
    size: bytes.length,
    asked,
    read,
    readMany: (ranges) => Promise.all(ranges.map(({ offset, length }) => read(offset, length))),
    close: async () => {},
  };
}
