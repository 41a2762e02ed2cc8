import { refuseOutside } from './checked-source.ts';
import type { ByteRange, CountedSource } from './source.ts';

/** When ranges are worth fetching together. */
export interface ReadLimits {
  /** Ranges at most this far apart are read as one; the bytes between them are read for nothing. */
  readonly gapBytes: number;
  /** One read is no longer than this, unless a single range is. */
  readonly maxBytes: number;
  /** Reads under way at the same time. */
  readonly parallel: number;
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

/**
 * The same source, whose `readMany` joins ranges by `limits` and has a few reads under way at a time. The answers are views
 * into the joined reads: whoever keeps one for long, keeps its neighbours in memory too, and should copy it.
 */
export function withCoalescing(source: CountedSource, limits: ReadLimits): CountedSource {
  return {
    name: source.name,
    size: source.size,
    counters: source.counters,
    read: (offset, length, signal) => source.read(offset, length, signal),
    readMany: (ranges, signal) => readPlanned(source, ranges, limits, signal),
    close: () => source.close(),
  };
}

async function readPlanned(
  source: CountedSource,
  ranges: readonly ByteRange[],
  limits: ReadLimits,
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  // Before they are joined: a broken range could hide inside a sound one.
  for (const range of ranges) refuseOutside(source.name, source.size, range);
  const answers: Uint8Array[] = new Array(ranges.length);
  const reads = planReads(ranges, limits);
  await inParallel(reads, limits.parallel, signal, async (planned, either) => {
    const bytes = await source.read(planned.offset, planned.length, either);
    for (const member of planned.members) {
      const { offset, length } = ranges[member] as ByteRange;
      answers[member] = bytes.subarray(offset - planned.offset, offset - planned.offset + length);
    }
  });
  // Empty ranges are in no read.
  for (const [index, { offset, length }] of ranges.entries()) answers[index] ??= await source.read(offset, length, signal);
  return answers;
}

/** Runs `work` over all items, a few at a time. The first failure aborts the others: nobody will look at their answers. */
async function inParallel<T>(
  items: readonly T[],
  width: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
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
