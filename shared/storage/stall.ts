import { StorageError } from '../errors.ts';
import type { LearnedTimeout } from './timeout.ts';

/** What every request of one source has in common. */
export interface RequestContext {
  /** The file's name as errors show it: without credentials. */
  readonly name: string;
  /** A request that makes no progress for this long is given up. */
  readonly timeout: LearnedTimeout;
  /** Certificates that are trusted, where not just the public ones. */
  readonly authorities?: readonly string[] | undefined;
  /** Aborted when the source closes. */
  readonly closing: AbortSignal;
}

/** A server that drips may take this many timeouts in all before it is given up. */
const MAX_TIMEOUTS = 20;

/**
 * Runs one request, given up when it stalls, when `signal` aborts or when the source closes. `work` calls `progress` as
 * bytes come in.
 * @throws StorageError where it stalls; the signal's reason when aborted; else what `onError` makes of what `work` throws.
 */
export async function unlessStalled<T>(
  context: RequestContext,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal, progress: () => void) => Promise<T>,
  onError: (error: unknown) => unknown,
): Promise<T> {
  const controller = new AbortController();
  const timeoutMs = context.timeout.ms();
  const began = performance.now();
  let answered = false;
  const stop = () => controller.abort(signal?.aborted ? signal.reason : context.closing.reason);
  const slow = () => {
    context.timeout.missed();
    controller.abort(new StorageError(`no answer within ${timeoutMs} ms`, { file: context.name }));
  };
  const idle = setTimeout(slow, timeoutMs);
  const whole = setTimeout(slow, timeoutMs * MAX_TIMEOUTS);
  for (const source of [signal, context.closing]) source?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted || context.closing.aborted) stop();
  const progress = () => {
    idle.refresh();
    if (!answered) context.timeout.learn(performance.now() - began);
    answered = true;
  };
  try {
    return await work(controller.signal, progress);
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    throw error instanceof StorageError ? error : onError(error);
  } finally {
    clearTimeout(idle);
    clearTimeout(whole);
    for (const source of [signal, context.closing]) source?.removeEventListener('abort', stop);
  }
}
