import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Cost, Task } from '#shared/queue/messages.ts';
// For its warning, should the compiled kernels be missing: threads do not repeat it.
import '#shared/root/compiled-kernels.ts';
import { threadPromises } from '#shared/storage/bandwidth.ts';
import { environmentSettings } from '#shared/storage/environment.ts';
import { addCosts, NO_COST, type ReadCost, totalOf } from '#shared/storage/read-cost.ts';
import { StageAhead } from './stage-ahead.ts';
import type { FromThread, ThreadSettings, ThreadStart, ToThread } from './thread-protocol.ts';

export interface PoolOptions extends Omit<ThreadSettings, 'bandwidth' | 'storage' | 'verify'> {
  /** `full` unless said. */
  readonly verify?: ThreadSettings['verify'] | undefined;
  readonly threads: number;
  /** Files of tasks that wait are copied into the fast folder meanwhile. */
  readonly stageIn?: boolean | undefined;
  /** A thread whose task takes longer is ended, and the task fails (retryable). No limit where it is absent. */
  readonly taskTimeoutMs?: number | undefined;
}

interface Job {
  readonly task: Task;
  readonly onStart: () => void;
  readonly resolve: (answer: FromThread) => void;
  /** Its file is being copied. */
  staging: boolean;
  /** What that cost. */
  ahead: ReadCost;
  /** When its run was over (ms of `performance.now`). */
  unwantedSince: number | undefined;
}

interface Thread {
  readonly worker: Worker;
  /** In its hands, in this order. */
  readonly jobs: Job[];
  /** Those of them that it was not told of yet. */
  readonly untold: Task[];
  readonly begun: Int32Array;
  answered: number;
  /** When the first of its jobs became that (ms of `performance.now`). */
  since: number;
  /** Why it had to be ended. */
  reason: string | undefined;
}

const WARM_THREADS = 4;
/** A thread that was told to stop and does not, because of an analysis that hangs, is ended. */
const GRACE_MS = 3000;
/** A thread has the next tasks in its hands already where tasks are shorter than this: a message takes some time. */
const SHORT_MS = 20;
const MOST_IN_HAND = 64;
const GATHER_MS = 2;
/** Weight of the newest task in the mean. */
const WEIGHT = 0.2;
/** How often threads at work are looked at. */
const CHECK_MS = 250;
const MB = 1e6;
/** Room for short-lived objects: columns lie elsewhere, and V8 would take some 30 MB more a thread without doing any better. */
const YOUNG_MB = 6;
/** Of its three parts each has this from the start: with one MB, with which V8 begins and stays, short tasks spend a quarter of their time on garbage. */
const YOUNG_PART_MB = 2;

const ENTRY = new URL('./compute-thread.ts', import.meta.url);

/**
 * A fixed number of compute threads. Jobs wait in order for a free one; a thread that dies is replaced when the next job
 * comes, and its job fails as retryable.
 */
export class ComputePool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];
  readonly #check: NodeJS.Timeout;
  readonly #settings: ThreadSettings;
  readonly #stage: StageAhead | undefined;
  #meanMs = Number.POSITIVE_INFINITY;
  #draining = false;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    const { batchBytes, verify = 'full', allowAnalysisFiles, memoryMb, readRetry, stageIn = false } = options;
    this.#settings = {
      batchBytes,
      verify,
      allowAnalysisFiles,
      memoryMb,
      readRetry,
      bandwidth: threadPromises(),
      storage: environmentSettings(),
    };
    this.#stage = stageIn ? new StageAhead(this.#settings) : undefined;
    // No resource limit says this; it holds for isolates to come. Flags of other kinds would cost each thread 50 ms: V8 throws away code
    // that was compiled with other ones, that of Node itself, too.
    setFlagsFromString(`--min-semi-space-size=${YOUNG_PART_MB}`);
    // Little is left over of so little room: to share it out takes longer than to look through it, and each thread has a core.
    setFlagsFromString('--no-parallel-scavenge');
    // Some are started at once: a thread takes a while to load, which planning needs anyway. More come with more jobs.
    while (this.#threads.size < Math.min(options.threads, WARM_THREADS)) this.#startThread();
    this.#check = setInterval(() => this.#checkThreads(), CHECK_MS);
  }

  /** Runs a task in the next free thread; `onStart` is called when it gets there. Never rejects: an abort is an answer. */
  run(task: Task, onStart: () => void = () => {}): Promise<FromThread> {
    if (this.#draining) return Promise.resolve({ kind: 'aborted' });
    return new Promise((resolve) => {
      const job: Job = { task, onStart, resolve, staging: false, ahead: NO_COST, unwantedSince: undefined };
      this.#waiting.push(job);
      void this.#copyFile(job);
      this.#pump();
    });
  }

  /** Starts no further job: those that wait, and those to come, are answered as aborted. Running ones go on. */
  drain(): void {
    this.#draining = true;
    this.#giveUp(this.#waiting);
  }

  /** Drains, and aborts the jobs at hand; threads that do not stop by themselves are ended. */
  abort(): void {
    this.drain();
    setTimeout(() => void this.close(), GRACE_MS).unref();
    for (const thread of this.#threads) {
      this.#tell(thread);
      thread.worker.postMessage({ kind: 'abort' } satisfies ToThread);
    }
  }

  /** The same for the jobs of one run, of which nobody wants to hear any more. A thread that does not stop by itself is ended. */
  abandon(run: string): void {
    const isOf = ({ task }: Job) => task.run === run;
    this.#giveUp(this.#waiting.filter(isOf));
    for (const thread of this.#threads) {
      const unwanted = thread.jobs.filter(isOf);
      if (unwanted.length === 0) continue;
      for (const job of unwanted) job.unwantedSince ??= performance.now();
      this.#tell(thread);
      thread.worker.postMessage({ kind: 'abort', run } satisfies ToThread);
    }
  }

  /** Ends all threads, whatever they do. Jobs at hand and waiting are answered as aborted. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#check);
    this.drain();
    await Promise.all([this.#stage?.close(), ...[...this.#threads].map(({ worker }) => worker.terminate())]);
  }

  /** Answers jobs that wait as aborted. */
  #giveUp(jobs: readonly Job[]): void {
    for (const job of [...jobs]) {
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      job.resolve({ kind: 'aborted' });
    }
  }

  async #copyFile(job: Job): Promise<void> {
    const copied = this.#stage?.fetch(job.task);
    if (copied === undefined) return;
    job.staging = true;
    job.ahead = await copied;
    job.staging = false;
    this.#pump();
  }

  #pump(): void {
    for (;;) {
      const at = this.#waiting.findIndex(({ staging }) => !staging);
      const job = this.#waiting[at];
      if (this.#closed || job === undefined) return;
      const thread = this.#freeThread();
      if (thread === undefined) return;
      this.#give(thread, job);
      this.#waiting.splice(at, 1);
    }
  }

  /** One that has nothing to do; where tasks are short, one that will soon have nothing to do. */
  #freeThread(): Thread | undefined {
    const threads = [...this.#threads];
    const idle = threads.find(({ jobs }) => jobs.length === 0);
    if (idle !== undefined) return idle;
    if (threads.length < this.#options.threads) return this.#startThread();
    const most = Math.min(MOST_IN_HAND, SHORT_MS / this.#meanMs);
    const [least] = threads.sort((a, b) => a.jobs.length - b.jobs.length);
    return least !== undefined && least.jobs.length < most ? least : undefined;
  }

  #give(thread: Thread, job: Job): void {
    thread.jobs.push(job);
    if (thread.jobs.length === 1) begin(thread);
    thread.untold.push(job.task);
    if (thread.untold.length > 1) return;
    // All that come in this moment are one message; where the thread has something to do, all that come soon.
    if (thread.jobs.length > 2) setTimeout(() => this.#tell(thread), GATHER_MS);
    else setImmediate(() => this.#tell(thread));
  }

  #tell({ worker, untold }: Thread): void {
    const tasks = untold.splice(0);
    if (tasks.length > 0) worker.postMessage({ kind: 'tasks', tasks } satisfies ToThread);
  }

  #startThread(): Thread {
    const { memoryMb } = this.#options;
    const workerData: ThreadStart = { ...this.#settings, begun: new SharedArrayBuffer(4) };
    const resourceLimits = { maxOldGenerationSizeMb: 2 * memoryMb + 256, maxYoungGenerationSizeMb: YOUNG_MB };
    // stdout belongs to the run's result: what an analysis prints goes to stderr.
    const worker = new Worker(ENTRY, { workerData, stdout: true, resourceLimits });
    worker.stdout.on('data', (text: Buffer) => process.stderr.write(text));
    const begun = new Int32Array(workerData.begun);
    const thread: Thread = { worker, jobs: [], untold: [], begun, answered: 0, since: 0, reason: undefined };
    this.#threads.add(thread);
    worker.on('message', (answers: FromThread[]) => {
      for (const answer of answers) this.#answer(thread, answer);
    });
    worker.on('error', (error) => {
      const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      thread.reason = outOfMemory ? tooMuchMemory(memoryMb) : error.message;
    });
    worker.on('exit', (code) => {
      this.#threads.delete(thread);
      // It died of what it began last; what it had not begun, or not answered yet, goes to others.
      const [culprit] = thread.jobs.splice(placeOfRunning(thread), 1);
      const others = thread.jobs.splice(0);
      this.#waiting.unshift(...others);
      this.#giveUp(others.filter(({ unwantedSince }) => this.#draining || unwantedSince !== undefined));
      if (culprit !== undefined) thread.jobs.push(culprit);
      const isUnwanted = this.#closed || culprit?.unwantedSince !== undefined;
      this.#answer(thread, isUnwanted ? { kind: 'aborted' } : died(culprit, thread.reason ?? `it exited with code ${code}`));
    });
    return thread;
  }

  /** Ends threads that take too long or need too much: an endless loop of an analysis hears nothing else. */
  #checkThreads(): void {
    const { taskTimeoutMs = Number.POSITIVE_INFINITY } = this.#options;
    for (const thread of this.#threads) {
      if (thread.jobs.length === 0) continue;
      const { unwantedSince = Number.POSITIVE_INFINITY } = thread.jobs[placeOfRunning(thread)] ?? {};
      if (performance.now() - unwantedSince > GRACE_MS) void thread.worker.terminate();
      else if (performance.now() - thread.since > taskTimeoutMs) void end(thread, `it took longer than ${taskTimeoutMs / 1000} s`);
      else this.#checkMemory(thread).catch(() => {}); // it has ended meanwhile
    }
  }

  /**
   * V8's own limit may end the whole process (when one large allocation hits it), so threads are ended well below it. The
   * question is answered between two instructions of the thread: also one in an endless loop answers.
   */
  async #checkMemory(thread: Thread): Promise<void> {
    const { memoryMb } = this.#options;
    const { used_heap_size: heap, external_memory: buffers } = await thread.worker.getHeapStatistics();
    if (heap + buffers >= memoryMb * MB) await end(thread, tooMuchMemory(memoryMb));
  }

  #answer(thread: Thread, answer: FromThread): void {
    const job = thread.jobs.shift();
    thread.answered += 1;
    if (answer.kind === 'partial') {
      const { wallMs } = answer.partial;
      this.#meanMs = Number.isFinite(this.#meanMs) ? this.#meanMs + WEIGHT * (wallMs - this.#meanMs) : wallMs;
    }
    begin(thread);
    job?.resolve(withAhead(answer, job.ahead));
    this.#pump();
  }
}

/** Of the job that the thread began last: those before it are done, and their answers are on the way. */
function placeOfRunning({ begun, answered }: Thread): number {
  return Math.max(0, Atomics.load(begun, 0) - answered - 1);
}

function begin(thread: Thread): void {
  thread.since = performance.now();
  thread.jobs[0]?.onStart();
}

function end(thread: Thread, reason: string): Promise<unknown> {
  thread.reason = reason;
  return thread.worker.terminate();
}

/** The answer, with what copying the file before has cost. */
function withAhead(answer: FromThread, ahead: ReadCost): FromThread {
  if (ahead === NO_COST) return answer;
  if (answer.kind === 'partial') return { kind: 'partial', partial: { ...answer.partial, ...withReads(answer.partial, ahead) } };
  if (answer.kind === 'aborted' || answer.failure.cost === undefined) return answer;
  return { kind: 'failure', failure: { ...answer.failure, cost: withReads(answer.failure.cost, ahead) } };
}

function withReads<T extends Cost>(cost: T, ahead: ReadCost): T {
  const { retries, places } = addCosts(cost, ahead);
  const { bytes, requests } = totalOf(ahead.places);
  return { ...cost, retries, places, bytesRead: cost.bytesRead + bytes, requests: cost.requests + requests };
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
