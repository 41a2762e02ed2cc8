import { sleep } from '../runtime/retry.ts';
import type { CountedSource, ReadMemory } from './source.ts';

/** A cap on bytes a second, shared by all threads that are handed it. */
export interface BandwidthLimit {
  readonly bytesPerSecond: number;
  /** One 64-bit number: when all that has been promised so far will have been carried, in microseconds since 1970. */
  readonly promised: SharedArrayBuffer;
}

/** Promised at a time: those who wait take turns after so many bytes. */
const TURN_BYTES = 256 * 1024;
/** Time unused is not saved up beyond this. */
const BURST_US = 250_000n;

/** A new cap. */
export function bandwidthLimit(bytesPerSecond: number): BandwidthLimit {
  return { bytesPerSecond, promised: new SharedArrayBuffer(8) };
}

let own: SharedArrayBuffer | undefined;

/** What the caps of this thread have promised, to be handed to other threads: all share one line then. */
export function threadPromises(): SharedArrayBuffer {
  own ??= new SharedArrayBuffer(8);
  return own;
}

/** A cap whose line is that of this thread, whatever other caps it has. */
export function threadBandwidth(bytesPerSecond: number): BandwidthLimit {
  return { bytesPerSecond, promised: threadPromises() };
}

/** Makes all sources that this thread opens from now on stand in one line with those of other threads. */
export function limitBandwidth(promised: SharedArrayBuffer): void {
  own = promised;
}

/** Waits until so many bytes may be fetched. @throws the signal's reason */
export async function waitForBandwidth({ bytesPerSecond, promised }: BandwidthLimit, bytes: number, signal?: AbortSignal): Promise<void> {
  const until = new BigInt64Array(promised);
  for (let left = bytes; left > 0; left -= TURN_BYTES) {
    const turnUs = BigInt(Math.ceil((Math.min(left, TURN_BYTES) / bytesPerSecond) * 1e6));
    const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
    const waitUs = promise(until, now, turnUs) - now;
    if (waitUs > 0n) await sleep(Number(waitUs) / 1000, signal);
  }
}

/** Takes the next turn; answers when it ends: a read may begin when the cap has carried it, so that not even the last one goes over. */
function promise(until: BigInt64Array, now: bigint, turnUs: bigint): bigint {
  for (;;) {
    const before = Atomics.load(until, 0);
    const from = before > now - BURST_US ? before : now - BURST_US;
    if (Atomics.compareExchange(until, 0, before, from + turnUs) === before) return from + turnUs;
  }
}

/** The same source, whose reads wait for their share of the cap. */
export function withBandwidth(source: CountedSource, limit: BandwidthLimit): CountedSource {
  return {
    ...source,
    read: async (offset: number, length: number, signal?: AbortSignal, memory?: ReadMemory) => {
      if (length > 0) await waitForBandwidth(limit, length, signal);
      return source.read(offset, length, signal, memory);
    },
    readMany: async (ranges, signal, memory) => {
      const bytes = ranges.reduce((sum, { length }) => sum + Math.max(0, length || 0), 0);
      await waitForBandwidth(limit, bytes, signal);
      return source.readMany(ranges, signal, memory);
    },
  };
}
