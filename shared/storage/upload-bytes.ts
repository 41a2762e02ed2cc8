/** What is written to a bucket, piece by piece as fast as it may go. */
import { type BandwidthLimit, waitForBandwidth } from './bandwidth.ts';
import type { RequestContext } from './stall.ts';
import { fixedTimeout } from './timeout.ts';

export interface Upload {
  readonly bytes: Uint8Array;
  /** Content type. */
  readonly type: string;
  readonly limit: BandwidthLimit | undefined;
  /** The bytes, each piece when its turn has come; `progress` is called for each. */
  pieces(progress: () => void, signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

const PIECE_BYTES = 16 * 1024;

/** With a cap, or as fast as the server takes it. */
export function uploadOf(bytes: Uint8Array, type: string, limit: BandwidthLimit | undefined): Upload {
  return {
    ...{ bytes, type, limit },
    async *pieces(progress, signal) {
      for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
        const piece = bytes.subarray(from, from + PIECE_BYTES);
        if (limit !== undefined) await waitForBandwidth(limit, piece.length, signal);
        progress();
        yield piece;
      }
    },
  };
}

/** A request that carries it: the answer comes after the last byte, so silence is judged by the whole. */
export function uploadContext(name: string, { bytes, limit }: Upload, timeoutMs: number): RequestContext {
  const carryMs = limit === undefined ? 0 : (bytes.length / limit.bytesPerSecond) * 1000;
  return { name, timeout: fixedTimeout(timeoutMs + 2 * carryMs), closing: new AbortController().signal };
}
