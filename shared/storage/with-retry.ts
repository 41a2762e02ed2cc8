import { type RetryPolicy, retry } from '../runtime/retry.ts';
import type { CountedSource } from './source.ts';

/** The same source, whose reads are tried again by `policy` where they fail with a retryable error. Counts the retries. */
export function withRetry(source: CountedSource, policy: RetryPolicy): CountedSource {
  const { counters } = source;
  const onRetry = () => {
    counters.retries++;
  };
  const { verify } = source;
  const read: CountedSource['read'] = (offset, length, signal, memory) =>
    retry(() => source.read(offset, length, signal, memory), { policy, signal, onRetry });
  return {
    ...source,
    read,
    verify: verify && ((signal) => retry(() => verify(signal), { policy, signal, onRetry })),
    readMany: (ranges, signal, memory) => retry(() => source.readMany(ranges, signal, memory), { policy, signal, onRetry }),
  };
}
