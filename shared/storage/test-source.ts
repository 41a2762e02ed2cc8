import { checkedSource } from './checked-source.ts';
import type { ByteRange, CountedSource } from './source.ts';

/** A source in memory that remembers what was asked of it. For tests. */
export interface MemorySource extends CountedSource {
  readonly asked: ByteRange[];
  /** Runs before each read, which fails with what it throws. */
  before: (range: ByteRange, signal: AbortSignal | undefined) => Promise<void> | void;
  readonly closed: () => boolean;
}

/** A source of these bytes. */
export function memorySource(
  bytes: Uint8Array,
  { name = 'https://far.test/file.root', version = 'v1' as string | undefined } = {},
): MemorySource {
  const asked: ByteRange[] = [];
  const counters = { requests: 0, bytes: 0, retries: 0 };
  let closed = false;
  const source = checkedSource({
    name,
    size: bytes.length,
    version,
    counters,
    read: async (offset, length, signal) => {
      asked.push({ offset, length });
      await memory.before({ offset, length }, signal);
      signal?.throwIfAborted();
      counters.requests++;
      counters.bytes += length;
      return bytes.slice(offset, offset + length);
    },
    close: async () => {
      closed = true;
    },
  });
  const memory: MemorySource = { ...source, asked, before: () => {}, closed: () => closed };
  return memory;
}
