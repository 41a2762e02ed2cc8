import { Worker } from 'node:worker_threads';
import type { Task } from '#shared/queue/messages.ts';
// For its warning, should the compiled kernels be missing: threads do not repeat it.
import '#shared/root/compiled-kernels.ts';
import type { FromThread, ThreadSettings, ToThread } from './thread-protocol.ts';

export interface PoolOptions extends ThreadSettings {
  readonly threads: number;
  /** A thread that uses more memory than this is ended, and its task fails (retryable). */
  readonly memoryMb: number;
}

interface Job {
  readonly task: Task;
  readonly signal: AbortSignal;
  readonly onStart: () => void;
  readonly resolve: (answer: FromThread) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  /** Why it had to be ended. */
  reason: string | undefined;
}

const WARM_THREADS = 4;
/** How often the memory of threads at work is looked at. */
const MEMORY_CHECK_MS = 250;
const MB = 1e6;

const ENTRY = new URL('./compute-thread.ts', import.meta.url);

/**
 * A fixed number of compute threads. Jobs wait in order for a free one; a thread that dies is replaced when the next job
 * comes, and its job fails as retryable.
 */
export class ComputePool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];
  readonly #memoryCheck: NodeJS.Timeout;
  #draining = false;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    // Some are started at once: a thread takes a while to load, which planning needs anyway. More come with more jobs.
    while (this.#threads.size < Math.min(options.threads, WARM_THREADS)) this.#startThread();
    this.#memoryCheck = setInterval(() => this.#checkMemory(), MEMORY_CHECK_MS);
  }

  /** Runs a task in the next free thread; `onStart` is called when it gets there. Never rejects: an abort is an answer. */
  run(task: Task, signal: AbortSignal, onStart: () => void): Promise<FromThread> {
    if (this.#draining) return Promise.resolve({ kind: 'aborted' });
    return new Promise((resolve) => {
      this.#waiting.push({ task, signal, onStart, resolve });
      this.#pump();
    });
  }

  /** Starts no further job: those that wait, and those to come, are answered as aborted. Running ones go on. */
  drain(): void {
    this.#draining = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ kind: 'aborted' });
  }

  /** Ends all threads, whatever they do. Jobs at hand and waiting are answered as aborted. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#memoryCheck);
    for (const { resolve } of this.#waiting.splice(0)) resolve({ kind: 'aborted' });
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #pump(): void {
    if (this.#closed) return;
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      if (job.signal.aborted) job.resolve({ kind: 'aborted' });
      else {
        const free = [...this.#threads].find((thread) => thread.job === undefined);
        if (free === undefined && this.#threads.size >= this.#options.threads) return;
        this.#give(free ?? this.#startThread(), job);
      }
      this.#waiting.shift();
    }
  }

  #give(thread: Thread, job: Job): void {
    const abort = () => thread.worker.postMessage({ kind: 'abort' } satisfies ToThread);
    job.signal.addEventListener('abort', abort, { once: true });
    const resolve = (answer: FromThread) => {
      job.signal.removeEventListener('abort', abort);
      job.resolve(answer);
    };
    thread.job = { ...job, resolve };
    job.onStart();
    thread.worker.postMessage({ kind: 'task', task: job.task } satisfies ToThread);
  }

  #startThread(): Thread {
    const { memoryMb, batchBytes, allowAnalysisFiles, readRetry } = this.#options;
    const workerData: ThreadSettings = { batchBytes, allowAnalysisFiles, readRetry };
    // stdout belongs to the run's result: what an analysis prints goes to stderr.
    const worker = new Worker(ENTRY, { workerData, stdout: true, resourceLimits: { maxOldGenerationSizeMb: 2 * memoryMb + 256 } });
    worker.stdout.on('data', (text: Buffer) => process.stderr.write(text));
    const thread: Thread = { worker, job: undefined, reason: undefined };
    this.#threads.add(thread);
    worker.on('message', (answer: FromThread) => this.#answer(thread, answer));
    worker.on('error', (error) => {
      const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      thread.reason = outOfMemory ? tooMuchMemory(memoryMb) : error.message;
    });
    worker.on('exit', (code) => {
      this.#threads.delete(thread);
      this.#answer(thread, this.#closed ? { kind: 'aborted' } : died(thread.job, thread.reason ?? `it exited with code ${code}`));
    });
    return thread;
  }

  /**
   * V8's own limit may end the whole process (when one large allocation hits it), so threads are ended well below it. The
   * question is answered between two instructions of the thread: also one in an endless loop answers.
   */
  #checkMemory(): void {
    const { memoryMb } = this.#options;
    for (const thread of this.#threads) {
      if (thread.job === undefined) continue;
      const check = async () => {
        const { used_heap_size: heap, external_memory: buffers } = await thread.worker.getHeapStatistics();
        if (heap + buffers < memoryMb * MB) return;
        thread.reason = tooMuchMemory(memoryMb);
        await thread.worker.terminate();
      };
      check().catch(() => {}); // it has ended meanwhile
    }
  }

  #answer(thread: Thread, answer: FromThread): void {
    const { job } = thread;
    thread.job = undefined;
    job?.resolve(answer);
    this.#pump();
  }
}

function tooMuchMemory(memoryMb: number): string {
  return `it needed more than ${memoryMb} MB of memory`;
}

function died(job: Job | undefined, reason: string): FromThread {
  const file = job?.task.url ?? '';
  return {
    kind: 'failure',
    failure: { code: 'AnalysisError', text: `${file}: the compute thread died: ${reason}`, file, retryable: true },
  };
}
