import { isPipelineError } from '../errors.ts';

/** How often and how patiently something is tried. */
export interface RetryPolicy {
  /** Tries in all, the first one included. */
  readonly attempts: number;
  /** Longest wait before the second try; doubles with each further one. */
  readonly baseMs: number;
  /** No wait is longer than this. */
  readonly maxMs: number;
  /** No try begins later than this after the first. */
  readonly patienceMs?: number;
}

/** Five tries within about 4 to 8 seconds of waiting. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, baseMs: 500, maxMs: 10_000 };

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  /** Called before each wait, to count or to log. */
  readonly onRetry?: ((error: unknown, attempt: number, delayMs: number) => void) | undefined;
  /** In [0, 1); for tests. */
  readonly random?: (() => number) | undefined;
}

/** However long a server asks us to stay away, it is not longer. */
const MAX_ASKED_MS = 60_000;

/**
 * Runs `action` until it succeeds, fails for good or has been tried often enough; then its last error is thrown. Only a
 * PipelineError with `retryable` is tried again: anything else is a fault that waiting does not cure. Where the error says
 * how long to stay away (`retryAfterMs`), the wait is at least as long, up to a minute.
 */
export async function retry<T>(action: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, signal, onRetry, random = Math.random } = options;
  const began = performance.now();
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await action(attempt);
    } catch (error) {
      const again = isPipelineError(error) && error.retryable && attempt < policy.attempts;
      if (!again || signal?.aborted) throw error;
      const delayMs = Math.max(retryDelayMs(policy, attempt, random()), Math.min(error.retryAfterMs ?? 0, MAX_ASKED_MS));
      if (performance.now() - began + delayMs > (policy.patienceMs ?? Number.POSITIVE_INFINITY)) throw error;
      onRetry?.(error, attempt, delayMs);
      await sleep(delayMs, signal);
    }
  }
}

/** Wait after the given failed attempt (from 1): between half and all of the doubled base, so that clients spread out. */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const full = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * random;
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
