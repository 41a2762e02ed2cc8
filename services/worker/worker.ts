import { StorageError } from '#shared/errors.ts';
import { MESSAGE_VERSION, type Report, type Task, type TaskKey } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import { ComputePool } from './compute-pool.ts';
import type { FromThread } from './thread-protocol.ts';

export interface WorkerOptions {
  readonly queue: Queue;
  /** What reports call this worker; unique among those alive. */
  readonly name: string;
  readonly threads: number;
  /** Decompressed bytes of a batch, about; a thread needs some three times this. */
  readonly batchBytes: number;
  /** A thread that uses more is ended, and its task fails (retryable). */
  readonly memoryMb: number;
  /** False where tasks come over a network: then only built-in analyses run. */
  readonly allowAnalysisFiles: boolean;
  readonly heartbeatMs: number;
  /** Of one read, within an attempt of its task. */
  readonly readRetry: RetryPolicy;
  /** Abort: tasks at hand are given back. */
  readonly signal: AbortSignal;
}

/** After the signal, a thread that does not stop by itself (an analysis that hangs) is ended. */
const GRACE_MS = 3000;
/** Longest text of a failure. */
const MAX_TEXT = 4000;

/**
 * Takes tasks from the queue and reports partials or failures, until the signal aborts. The calling thread only carries
 * messages; all reading and computing is done in threads. A task is acked after its report was taken by the queue.
 */
export async function startWorker(options: WorkerOptions): Promise<void> {
  const { queue, name, threads, signal } = options;
  const pool = new ComputePool(options);
  let giveUp: NodeJS.Timeout | undefined;
  const stop = () => {
    giveUp = setTimeout(() => void pool.close(), GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  const inHand = new Map<string, TaskKey>();
  const alive = () => queue.reports.publish({ v: MESSAGE_VERSION, kind: 'alive', worker: name, tasks: [...inHand.values()] });
  // A heartbeat that is lost is followed by the next one.
  const heartbeat = setInterval(() => void alive().catch(() => {}), options.heartbeatMs);
  const handle = async (task: Task): Promise<void> => {
    const { run, index } = task;
    const key = `${run} ${index}`;
    inHand.set(key, { run, index });
    const answer = await pool.run(task, signal, () => {
      void queue.reports.publish({ ...head(task, name), kind: 'started' }).catch(() => {});
    });
    inHand.delete(key);
    await queue.reports.publish(toReport(task, name, answer));
  };
  try {
    await queue.tasks.consume(({ message }) => handle(message), { prefetch: threads + 1, signal });
  } finally {
    clearInterval(heartbeat);
    clearTimeout(giveUp);
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}

function head({ run, index, attempt }: Task, worker: string) {
  return { v: MESSAGE_VERSION, run, index, attempt, worker } as const;
}

/** @throws StorageError, retryable, where the task was aborted: it goes back into the queue. */
function toReport(task: Task, worker: string, answer: FromThread): Report {
  if (answer.kind === 'aborted') throw new StorageError('the worker stops', { file: task.url });
  if (answer.kind === 'partial') return { ...head(task, worker), kind: 'success', ...answer.partial };
  const { text, from = task.from, to = task.to, ...failure } = answer.failure;
  const entriesLost = to === undefined ? undefined : to - (from ?? 0);
  return { ...head(task, worker), kind: 'failure', ...failure, from, to, entriesLost, text: text.slice(0, MAX_TEXT) };
}
