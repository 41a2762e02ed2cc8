import { StorageError } from '../errors.ts';
import { closedError } from './read-errors.ts';
import type { ByteRange, ByteSource, CountedSource, ReadMemory, SourceCounters } from './source.ts';

/** What a backend has to say for itself; `checkedSource` adds the rest of the port. */
export interface RawSource {
  readonly name: string;
  readonly size: number;
  readonly version?: string | undefined;
  readonly counters: SourceCounters;
  /** Only called with a range inside the file, at least one byte long, while the source is open. */
  read(offset: number, length: number, signal: AbortSignal | undefined, memory: ReadMemory | undefined): Promise<Uint8Array>;
  /** Several ranges by one request, where the backend can; called as `read` is, but also for empty ranges. */
  readonly readVector?: ((ranges: readonly ByteRange[], signal: AbortSignal | undefined) => Promise<Uint8Array[]>) | undefined;
  readonly verify?: CountedSource['verify'];
  /** Called once. */
  close(): Promise<void>;
}

/**
 * A ByteSource from a backend's raw reads: refuses what lies outside the file and what comes after `close`, answers empty
 * ranges itself, and reads several ranges one after the other, unless the backend can read them at once.
 */
export function checkedSource(raw: RawSource): CountedSource {
  const { name, size, version, counters, readVector, verify } = raw;
  let closing: Promise<void> | undefined;
  const read: ByteSource['read'] = async (offset, length, signal, memory) => {
    signal?.throwIfAborted();
    if (closing !== undefined) throw closedError(name, 'read after close');
    refuseOutside(name, size, { offset, length });
    return length === 0 ? new Uint8Array(0) : raw.read(offset, length, signal, memory);
  };
  const readMany: ByteSource['readMany'] = async (ranges, signal, memory) => {
    if (readVector === undefined || ranges.length < 2) return readEach(read, ranges, signal, memory);
    signal?.throwIfAborted();
    if (closing !== undefined) throw closedError(name, 'read after close');
    for (const range of ranges) refuseOutside(name, size, range);
    return readVector(ranges, signal);
  };
  return {
    name,
    size,
    version,
    counters,
    read,
    readMany,
    verify,
    close: () => {
      closing ??= raw.close();
      return closing;
    },
  };
}

/** Reads ranges one after the other. */
export async function readEach(
  read: ByteSource['read'],
  ranges: readonly ByteRange[],
  signal?: AbortSignal,
  memory?: ReadMemory,
): Promise<Uint8Array[]> {
  const answers: Uint8Array[] = [];
  for (const { offset, length } of ranges) answers.push(await read(offset, length, signal, memory));
  return answers;
}

/**
 * Refuses a range that is not inside the file.
 * @throws StorageError, not retryable.
 */
export function refuseOutside(name: string, size: number, { offset, length }: ByteRange): void {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (sound && offset + length <= size) return;
  throw new StorageError(`${length} bytes asked for, but the file has ${size}`, {
    file: name,
    offset,
    kind: 'outside',
    retryable: false,
    hint: 'The file may be truncated, or is not what it says it is.',
  });
}
