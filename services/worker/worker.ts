import type { AnalysisFiles } from '#shared/analysis/registry.ts';
import { StorageError } from '#shared/errors.ts';
import { type Failure, MESSAGE_VERSION, type Report, type Success, type Task, type TaskKey } from '#shared/queue/messages.ts';
import type { Delivery, Queue } from '#shared/queue/queue.ts';
import { MAX_FAILURE_TEXT } from '#shared/queue/task-limits.ts';
import type { Verify } from '#shared/root/codecs/codec.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import { awaitCredentials } from './await-credentials.ts';
import { ComputePool } from './compute-pool.ts';
import { Prefetch } from './prefetch.ts';
import type { FromThread } from './thread-protocol.ts';

export interface WorkerOptions {
  readonly queue: Queue;
  /** What reports call this worker; unique among those alive. */
  readonly name: string;
  readonly threads: number;
  /** The cluster's worth of workers that it is one of, which its reports tell. */
  readonly pool?: string | undefined;
  /** Decompressed bytes of a batch, about; a thread needs some three times this. */
  readonly batchBytes: number;
  /** Checksums of what is not needed; `full` unless said. */
  readonly verify?: Verify | undefined;
  /** A thread that uses more is ended, and its task fails (retryable). */
  readonly memoryMb: number;
  /** The same for a thread whose task takes longer; no limit where it is absent. */
  readonly taskTimeoutMs?: number | undefined;
  /** Which files tasks may name as analyses; `false` or a folder where tasks come over a network. */
  readonly allowAnalysisFiles: AnalysisFiles;
  readonly heartbeatMs: number;
  /** Of one read, within an attempt of its task. */
  readonly readRetry: RetryPolicy;
  /** Files of tasks that wait are copied into the fast folder meanwhile. */
  readonly stageIn?: boolean | undefined;
  /** Abort: no further tasks; those that are being computed may go on for `drainMs`, all others are given back. */
  readonly signal: AbortSignal;
  /** 0 unless said. */
  readonly drainMs?: number | undefined;
  /**
   * Tasks that end sooner than this are not said to be started; 0 unless said. A task that was delivered before is said at
   * once in any case: it may be what ended its last worker.
   */
  readonly startedDelayMs?: number | undefined;
  /** Told when a task begins and ends, for logs and metrics. */
  readonly onTask?: ((event: TaskEvent) => void) | undefined;
}

/** What happened to a task at this worker. */
export type TaskEvent =
  /** It cannot begin: the keys of its run are not there yet. */
  | { readonly kind: 'waiting'; readonly task: Task }
  | { readonly kind: 'started'; readonly task: Task; readonly redelivered: boolean }
  | { readonly kind: 'ended'; readonly task: Task; readonly report: Success | Failure }
  | { readonly kind: 'returned'; readonly task: Task };

/** Where no broker takes its last word, the worker ends without it: it will be missed. */
const LAST_WORD_MS = 1000;

/**
 * Takes tasks from the queue and reports partials or failures, until the signal aborts. The calling thread only carries
 * messages; all reading and computing is done in threads. A task is acked after its report was taken by the queue.
 */
export async function startWorker(options: WorkerOptions): Promise<void> {
  const { queue, name, threads, signal, drainMs = 0, startedDelayMs = 0, onTask = () => {} } = options;
  const prefetch = new Prefetch(threads, options.stageIn === true ? threads : 1);
  const pool = new ComputePool(options);
  const timers: NodeJS.Timeout[] = [];
  const stop = () => {
    pool.drain();
    if (drainMs === 0) pool.abort();
    else timers.push(setTimeout(() => pool.abort(), drainMs));
  };
  signal.addEventListener('abort', stop, { once: true });
  const who = options.pool === undefined ? { worker: name } : { worker: name, pool: options.pool };
  const inHand = new Set<TaskKey>();
  const alive = () => queue.reports.publish({ v: MESSAGE_VERSION, kind: 'alive', ...who, threads, tasks: Array.from(inHand, keyOf) });
  // A heartbeat that is lost is followed by the next one.
  const heartbeat = setInterval(() => void alive().catch(() => {}), options.heartbeatMs);
  const handle = async ({ message: task, redelivered }: Delivery<Task>): Promise<void> => {
    inHand.add(task);
    const tellStart = () => void queue.reports.publish({ ...head(task, who), kind: 'started' }).catch(() => {});
    let telling: NodeJS.Timeout | undefined;
    const onWait = () => onTask({ kind: 'waiting', task });
    const onStart = () => {
      onTask({ kind: 'started', task, redelivered });
      if (startedDelayMs === 0 || redelivered) tellStart();
      else telling = setTimeout(tellStart, startedDelayMs);
    };
    const answer = (await awaitCredentials(task, signal, onWait)) ?? (await pool.run(task, onStart));
    clearTimeout(telling);
    inHand.delete(task);
    if (answer.kind === 'aborted') {
      onTask({ kind: 'returned', task });
      throw new StorageError('it was given up', { file: task.url });
    }
    const report = toReport(task, who, answer);
    const published = performance.now();
    await queue.reports.publish(report);
    if (report.kind === 'success') prefetch.note(report.wallMs, performance.now() - published);
    onTask({ kind: 'ended', task, report });
  };
  try {
    const options = {
      signal,
      onCancelled: (run: string) => pool.abandon(run),
      get prefetch() {
        return prefetch.tasks;
      },
    };
    await queue.tasks.consume(handle, options);
  } finally {
    clearInterval(heartbeat);
    // What was given back is nobody's fault: without this, the collector would take it for lost with its worker.
    const patience = new Promise<void>((resolve) => timers.push(setTimeout(resolve, LAST_WORD_MS)));
    await Promise.race([alive().catch(() => {}), patience]);
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}

/** The worker in its reports. */
type Who = Pick<Report, 'worker' | 'pool'>;

function keyOf({ run, index }: TaskKey): TaskKey {
  return { run, index };
}

function head({ run, index, incarnation, attempt }: Task, who: Who) {
  return { v: MESSAGE_VERSION, run, index, ...(incarnation !== undefined && { incarnation }), attempt, ...who } as const;
}

function toReport(task: Task, who: Who, answer: Exclude<FromThread, { kind: 'aborted' }>): Success | Failure {
  if (answer.kind === 'partial') return { ...head(task, who), kind: 'success', ...answer.partial };
  const { text, from = task.from, to = task.to, ...failure } = answer.failure;
  const entriesLost = to === undefined ? undefined : to - (from ?? 0);
  return { ...head(task, who), kind: 'failure', ...failure, from, to, entriesLost, text: text.slice(0, MAX_FAILURE_TEXT) };
}
