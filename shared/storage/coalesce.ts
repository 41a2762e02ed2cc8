import { refuseOutside } from './checked-source.ts';
import type { ByteRange, CountedSource, ReadMemory } from './source.ts';

/** When ranges are worth fetching together. */
export interface ReadLimits {
  /** Ranges at most this far apart are read as one; the bytes between them are read for nothing. */
  readonly gapBytes: number;
  /** One read is no longer than this, unless a single range is. */
  readonly maxBytes: number;
  /** Reads under way at the same time. */
  readonly parallel: number;
  /** Where a source reads several ranges by one request: how many at most, and how many bytes in all. */
  readonly vector?: { readonly ranges: number; readonly bytes: number } | undefined;
  /** See ByteSource. */
  readonly windowBytes?: number | undefined;
}

/** One read that answers several ranges. `members` are indexes into the list of ranges that was planned. */
export interface PlannedRead extends ByteRange {
  readonly members: readonly number[];
}

/** Joins neighbouring or overlapping ranges into reads, in order of offset. Pure; empty ranges are in no read. */
export function planReads(ranges: readonly ByteRange[], limits: Pick<ReadLimits, 'gapBytes' | 'maxBytes'>): PlannedRead[] {
  const sorted = ranges
    .map(({ offset, length }, index) => ({ offset, end: offset + length, index }))
    .filter(({ offset, end }) => end > offset)
    .sort((a, b) => a.offset - b.offset || a.end - b.end);
  const reads: { offset: number; length: number; members: number[] }[] = [];
  for (const { offset, end, index } of sorted) {
    const last = reads.at(-1);
    const joined = last === undefined ? 0 : Math.max(last.length, end - last.offset);
    const near = last !== undefined && offset - (last.offset + last.length) <= limits.gapBytes;
    if (last !== undefined && near && (joined <= limits.maxBytes || joined === last.length)) {
      last.length = joined;
      last.members.push(index);
    } else {
      reads.push({ offset, length: end - offset, members: [index] });
    }
  }
  return reads;
}

/** Reads that go into one request each, in order: as many as `vector` allows, or one. Pure. */
export function groupReads(reads: readonly PlannedRead[], vector: ReadLimits['vector']): PlannedRead[][] {
  const groups: PlannedRead[][] = [];
  let bytes = 0;
  for (const read of reads) {
    const last = groups.at(-1);
    if (vector !== undefined && last !== undefined && last.length < vector.ranges && bytes + read.length <= vector.bytes) {
      last.push(read);
      bytes += read.length;
    } else {
      groups.push([read]);
      bytes = read.length;
    }
  }
  return groups;
}

/**
 * The same source, whose `readMany` joins ranges by `limits` and has a few reads under way at a time. The answers are views
 * into the joined reads: whoever keeps one for long, keeps its neighbours in memory too, and should copy it.
 */
export function withCoalescing(source: CountedSource, limits: ReadLimits): CountedSource {
  return {
    ...source,
    windowBytes: limits.windowBytes,
    readMany: (ranges, signal, memory) => readPlanned(source, ranges, limits, signal, memory),
  };
}

async function readPlanned(
  source: CountedSource,
  ranges: readonly ByteRange[],
  limits: ReadLimits,
  signal: AbortSignal | undefined,
  memory: ReadMemory | undefined,
): Promise<Uint8Array[]> {
  // Before they are joined: a broken range could hide inside a sound one.
  for (const range of ranges) refuseOutside(source.name, source.size, range);
  const answers: Uint8Array[] = new Array(ranges.length);
  const groups = groupReads(planReads(ranges, limits), limits.vector);
  await inParallel(groups, limits.parallel, signal, async (group, either) => {
    const parts = await readGroup(source, group, either, memory);
    for (const [index, planned] of group.entries()) {
      for (const member of planned.members) {
        const { offset, length } = ranges[member] as ByteRange;
        answers[member] = (parts[index] as Uint8Array).subarray(offset - planned.offset, offset - planned.offset + length);
      }
    }
  });
  // Empty ranges are in no read.
  for (const [index, { offset, length }] of ranges.entries()) answers[index] ??= await source.read(offset, length, signal);
  return answers;
}

async function readGroup(
  source: CountedSource,
  group: readonly PlannedRead[],
  signal: AbortSignal | undefined,
  memory: ReadMemory | undefined,
): Promise<Uint8Array[]> {
  const [first] = group;
  if (group.length > 1 || first === undefined) return source.readMany(group, signal, memory);
  return [await source.read(first.offset, first.length, signal, memory)];
}

/** Runs `work` over all items, a few at a time. The first failure aborts the others: nobody will look at their answers. */
async function inParallel<T>(
  items: readonly T[],
  width: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal | undefined) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const [only] = items;
  // Nothing else to abort; small files are read so, and signals take time.
  if (items.length === 1) return work(only as T, signal);
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item, controller.signal);
  };
  const lanes = Array.from({ length: Math.min(width, items.length) }, () =>
    lane().catch((error: unknown) => {
      controller.abort(error);
      throw error;
    }),
  );
  try {
    await Promise.all(lanes);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
