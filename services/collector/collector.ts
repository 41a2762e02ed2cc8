import * as v from 'valibot';
import type { AnalysisFiles } from '#shared/analysis/registry.ts';
import { isPipelineError, MessageError, StorageError } from '#shared/errors.ts';
import type { RunFeed, RunSummary } from '#shared/plot/feed.ts';
import type { RunSnapshot, RunState } from '#shared/plot/snapshot.ts';
import { type DeadLetter, MESSAGE_VERSION, type Report, taskSchema } from '#shared/queue/messages.ts';
import type { OutputOutcome } from '#shared/queue/output-outcome.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { MAX_FAILURE_TEXT } from '#shared/queue/task-limits.ts';
import type { TaskList } from '#shared/queue/task-list.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import { type Committed, type Conclusion, GROUP_SIZE, GroupCommit, isConclusion } from './group-commit.ts';
import { InFlight } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import { assertSameIncarnation } from './ledger-commit.ts';
import type { LedgerFailure } from './ledger-rows.ts';
import { OpenRuns } from './open-runs.ts';
import { Reissue } from './reissue.ts';
import { loadRunModel, refuseTooLarge, taskMessage } from './run-model.ts';
import { RunModels } from './run-models.ts';
import { RunViews } from './run-views.ts';
import { Stealing } from './stealing.ts';
import { Sums } from './sums.ts';
import { UnwantedQueues } from './unwanted-queues.ts';

export interface CollectorOptions {
  readonly ledger: Ledger;
  readonly queue: Queue;
  /** Attempts of a task, and the waits between them. */
  readonly retry: RetryPolicy;
  /** A worker that says nothing for this long has vanished. */
  readonly silenceMs: number;
  /** Which files run specs may name as analyses; `false` or a folder where specs come over a network. */
  readonly allowAnalysisFiles: AnalysisFiles;
  /** Of a message: runs whose partials may be larger are refused. No limit where it is absent. */
  readonly maxMessageBytes?: number | undefined;
  /** Whose tasks are those of runs without pools; the queue's own where it is absent. */
  readonly pool?: string | undefined;
  /** For logs and metrics. */
  readonly onEvent?: ((event: CollectorEvent) => void) | undefined;
}

/** What is worth a log line or a metric. */
export type CollectorEvent =
  | { readonly kind: 'commit'; readonly results: readonly Committed[]; readonly ms: number }
  /** A report that belongs to no task, or a message that nobody could handle. */
  | { readonly kind: 'refused'; readonly letter: DeadLetter }
  | { readonly kind: 'reissued'; readonly reason: 'due' | 'lost' | 'straggler'; readonly tasks: number }
  /** Waiting tasks went from a pool to another. */
  | { readonly kind: 'moved'; readonly run: string; readonly from: string; readonly to: string; readonly tasks: number }
  /** The run's files are in its bucket, or cannot be brought there. */
  | { readonly kind: 'output'; readonly run: string; readonly error: string | undefined }
  | { readonly kind: 'run'; readonly run: string; readonly state: RunState | 'deleted' }
  /** The run can be neither shown nor counted; the others go on. */
  | { readonly kind: 'broken'; readonly run: string; readonly reason: string };

/** How often due attempts are looked for, and lost tasks. */
const DUE_MS = 100;
const LOST_MS = 2000;
/** How often pools without work are looked for. */
const STEAL_MS = 1000;
/** How often queues that came back are looked for. */
const SWEEP_MS = 2000;
/** Snapshots of a live stream are at least this far apart. */
const CHANGE_MS = 250;

/**
 * Counts every partial once: reports from the queue into the ledger, tasks that got lost or failed back into the queue,
 * and snapshots of the runs for whoever looks. It is the producer's TaskList and the page's RunFeed.
 */
export class Collector implements TaskList, RunFeed {
  readonly #options: CollectorOptions;
  readonly #ledger: Ledger;
  readonly #queue: Queue;
  readonly #sums: Sums;
  readonly #commits: GroupCommit;
  readonly #reissue: Reissue;
  readonly #inFlight = new InFlight();
  readonly #models: RunModels;
  readonly #views: RunViews;
  readonly #unwanted: UnwantedQueues;
  readonly #runs: OpenRuns;
  readonly #stop = new AbortController();
  readonly #onEvent: (event: CollectorEvent) => void;
  readonly #consuming: Promise<unknown>;
  readonly #timers: NodeJS.Timeout[];
  #closed = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#ledger = options.ledger;
    this.#queue = options.queue;
    const { ledger, queue, retry, silenceMs, allowAnalysisFiles, pool: ownPool, onEvent = () => {} } = options;
    this.#onEvent = onEvent;
    this.#unwanted = new UnwantedQueues(queue);
    this.#models = new RunModels({
      ledger,
      allowAnalysisFiles,
      ownPool,
      onBroken: (run, reason) => onEvent({ kind: 'broken', run, reason }),
    });
    const model = (run: string) => this.#models.of(run);
    this.#sums = new Sums(ledger);
    this.#commits = new GroupCommit({ ledger, sums: this.#sums, retry, model, onCommit: (results, ms) => this.#committed(results, ms) });
    this.#runs = new OpenRuns({ ledger, queue, onDone: (run, state) => this.#over(run, state) });
    const openRun = (run: string) => this.#runs.of(run);
    this.#views = new RunViews({ ledger, models: this.#models, sums: this.#sums, inFlight: this.#inFlight, openRun });
    const conclude = (report: Conclusion) => this.#commits.add(report);
    const onReissue = (reason: 'due' | 'lost' | 'straggler', tasks: number) => onEvent({ kind: 'reissued', reason, tasks });
    this.#reissue = new Reissue({ ledger, queue, inFlight: this.#inFlight, model, conclude, silenceMs, onReissue });
    const stealing = new Stealing({
      ...{ ledger, queue, inFlight: this.#inFlight, model },
      onMoved: (run, move) => {
        onEvent({ kind: 'moved', run, ...move });
        this.#runs.of(run).changed();
      },
    });
    const { signal } = this.#stop;
    this.#consuming = Promise.all([
      queue.reports.consume(({ message }) => this.#take(message), { prefetch: GROUP_SIZE, signal }),
      queue.deadLetters.consume(({ message }) => this.#takeDead(message), { prefetch: GROUP_SIZE, signal }),
    ]);
    this.#consuming.catch((error: unknown) => this.#fail(error));
    this.#goOn();
    this.#timers = [
      this.#every(DUE_MS, () => this.#reissue.publishDue(Date.now())),
      this.#every(LOST_MS, () => this.#reissue.publishLost(this.openRuns(), Date.now())),
      this.#every(STEAL_MS, () => stealing.look(this.openRuns(), Date.now())),
      this.#every(SWEEP_MS, () => this.#unwanted.sweep(Date.now())),
    ];
  }

  async open(spec: RunSpec) {
    const { allowAnalysisFiles, maxMessageBytes, pool } = this.#options;
    const model = await loadRunModel(spec, allowAnalysisFiles, pool);
    if (maxMessageBytes !== undefined) refuseTooLarge(model, maxMessageBytes);
    const isNew = this.#ledger.run(spec.run) === undefined;
    const state = this.#ledger.openRun(spec, new Date().toISOString());
    this.#models.keep(model);
    this.#runs.of(spec.run);
    if (isNew) this.#unwanted.spare(spec.run);
    if (this.#ledger.run(spec.run)?.state === 'running') await this.#queue.openRun(spec.run, this.#runs.poolsOf(spec.run));
    if (isNew) this.#onEvent({ kind: 'run', run: spec.run, state: 'running' });
    return state;
  }

  async add(run: string, files: Parameters<TaskList['add']>[1]): Promise<void> {
    this.#mustBeWanted(run);
    this.#ledger.addFiles(run, files);
    this.#runs.of(run).changed();
  }

  async freeze(run: string): Promise<void> {
    this.#mustBeWanted(run);
    this.#ledger.freeze(run);
    this.#runs.finishIfDone(run);
  }

  async pending(run: string, after: number, limit: number) {
    this.#mustBeWanted(run);
    const model = await this.#models.of(run);
    return this.#ledger.pending(run, after, limit).map((task) => taskMessage(model, task));
  }

  /** Gives the failed tasks of a run new attempts: publish what is pending then. Returns how many. */
  retryFailed(run: string): number {
    const count = this.#ledger.retryFailed(run);
    this.#ledger.setOutcome(run, undefined);
    this.#ledger.setState(run, 'running');
    return count;
  }

  /**
   * Gives the failed tasks of a run new attempts, and publishes them. Returns how many.
   * @throws MessageError if there is no such run, or it was cancelled before its list of tasks was complete
   */
  async retry(run: string): Promise<number> {
    this.#mustExist(run);
    this.#mustBeWhole(run);
    this.#unwanted.spare(run);
    await this.#queue.openRun(run, this.#runs.poolsOf(run));
    const count = this.#ledger.retryFailed(run, Date.now());
    if (this.#ledger.run(run)?.state === 'cancelled') this.#ledger.makeDue(run, Date.now());
    this.#runs.of(run).takeUnsavedMs('running');
    this.#ledger.setOutcome(run, undefined);
    this.#ledger.setState(run, 'running');
    this.#onEvent({ kind: 'run', run, state: 'running' });
    this.#runs.finishIfDone(run);
    return count;
  }

  /** Whoever writes the run's files tells whether they are in its bucket. */
  async tellOutput(run: string, outcome: OutputOutcome): Promise<void> {
    this.#mustExist(run);
    this.#ledger.setOutcome(run, outcome);
    this.#onEvent({ kind: 'output', run, error: outcome.error });
    this.#runs.of(run).changed(true);
  }

  /** Publishes the tasks of the run, unless that was done before: for producers that have no broker. */
  async issue(run: string): Promise<void> {
    this.#mustBeWanted(run);
    if (this.#inFlight.knows(run) || (await this.#queue.tasks.depth(run)) > 0) return;
    this.#ledger.makeDue(run, Date.now());
  }

  /** Ends a run: what is committed stays, what waits is forgotten. */
  async cancel(run: string): Promise<void> {
    this.#mustExist(run);
    if (this.#ledger.run(run)?.state === 'running') {
      this.#runs.saveElapsed(run);
      this.#ledger.setState(run, 'cancelled');
      this.#ledger.clearDue(run);
      this.#runs.of(run).changed(true);
      this.#over(run, 'cancelled');
    }
    await this.#unwanted.delete(run, this.#runs.poolsOf(run));
  }

  /** Forgets a run altogether. Reports of it that come later are refused, also when another run has its id then. */
  async remove(run: string): Promise<void> {
    await this.cancel(run);
    this.#ledger.deleteRun(run);
    this.#sums.forget(run);
    this.#models.forget(run);
    this.#runs.forget(run);
    this.#onEvent({ kind: 'run', run, state: 'deleted' });
  }

  /** True if the ledger has this run. */
  has(run: string): boolean {
    return this.#ledger.run(run) !== undefined;
  }

  /** Failures in task order, at most `limit`. */
  failures(run: string, limit: number): readonly LedgerFailure[] {
    this.#mustExist(run);
    return this.#ledger.failures(run, limit);
  }

  /** Runs that are not over. */
  openRuns(): string[] {
    return this.#runs.running();
  }

  /** Committed part by dataset. */
  completeness(run: string): { dataset: string; value: number }[] {
    return this.#views.completeness(run);
  }

  /** Why nothing can be counted any more; undefined while all is well. */
  get broken(): unknown {
    return this.#closed ? undefined : this.#stop.signal.reason;
  }

  /** Aborts when the ledger or the queue is broken, or when closed. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Resolves when every task of the run is committed or failed; at once where it is so already.
   * @throws StorageError if the ledger fails; the signal's reason when aborted
   */
  async finished(run: string, signal: AbortSignal): Promise<RunState> {
    this.#runs.finishIfDone(run);
    for await (const _ of this.#runs.of(run).changes(AbortSignal.any([signal, this.#stop.signal]))) {
      const state = this.#ledger.run(run)?.state;
      if (state !== undefined && state !== 'running') return state;
    }
    signal.throwIfAborted();
    throw this.#stop.signal.reason;
  }

  runs(): Promise<RunSummary[]> {
    return this.#views.list();
  }

  snapshot(run: string): Promise<RunSnapshot | undefined> {
    return this.#views.snapshot(run);
  }

  /** What a report needs besides the snapshot; undefined where no such run exists. */
  details(run: string): Promise<RunDetails | undefined> {
    return this.#views.details(run);
  }

  async *changes(run: string, signal: AbortSignal): AsyncGenerator<RunSnapshot> {
    if (this.#ledger.run(run) === undefined) return;
    for await (const _ of this.#runs.of(run).changes(AbortSignal.any([signal, this.#stop.signal]), CHANGE_MS)) {
      const snapshot = await this.snapshot(run);
      if (snapshot === undefined) return;
      yield snapshot;
      if (snapshot.state !== 'running') return;
    }
  }

  /** Takes in what has arrived, and stops. The ledger stays open. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    if (!this.#stop.signal.aborted) {
      this.#closed = true;
      await this.#commits.flush();
      try {
        this.#runs.saveAllElapsed();
      } catch {
        // A ledger that cannot take the time on the clock either; whoever waits for a run has heard of it.
      }
    }
    this.#stop.abort(new StorageError('the collector is closed', { retryable: false }));
    await this.#consuming.catch(() => {}); // told by #fail
  }

  async #take(report: Report): Promise<void> {
    // Nor is a task of an earlier run one that this run's workers have started.
    if (report.kind !== 'alive') assertSameIncarnation(this.#ledger.run(report.run), report);
    this.#inFlight.note(report, Date.now());
    if (!isConclusion(report) || this.#ledger.run(report.run)?.state === 'cancelled') return;
    await this.#commits.add(report).catch((error: unknown) => {
      // The message goes back into the queue: the ledger may be mended.
      if (!isPipelineError(error, 'MessageError')) this.#fail(error);
      throw error;
    });
  }

  /** What nobody could handle. A task among it has failed; all else is only told. */
  async #takeDead(letter: DeadLetter): Promise<void> {
    this.#onEvent({ kind: 'refused', letter });
    const task = v.safeParse(taskSchema, letter.message);
    if (!task.success || this.#ledger.run(task.output.run)?.state !== 'running') return;
    const { run, index, incarnation, attempt, url, from, to } = task.output;
    const head = { v: MESSAGE_VERSION, kind: 'failure' as const, run, index, incarnation, attempt, worker: 'broker' };
    const text = `no worker could handle the task: ${letter.reason}`.slice(0, MAX_FAILURE_TEXT);
    const report = { ...head, code: 'MessageError' as const, text, file: url, from, to, retryable: false };
    await this.#commits.add(report).catch((error: unknown) => {
      if (!isPipelineError(error, 'MessageError')) this.#fail(error);
    });
  }

  /** Runs that were open when the last collector ended, and those that it has not seen to be complete. */
  #goOn(): void {
    for (const run of this.#ledger.runs()) {
      const state = this.#ledger.run(run)?.state;
      if (state !== 'running' && state !== 'incomplete') continue;
      this.#runs.finishIfDone(run);
      if (this.#ledger.run(run)?.state === 'running')
        this.#queue.openRun(run, this.#runs.poolsOf(run)).catch((error: unknown) => this.#fail(error));
    }
  }

  #mustExist(run: string): void {
    if (!this.has(run)) throw new MessageError(`there is no run ${run}`);
  }

  /** Whoever plans or publishes a run hears that it was cancelled. */
  #mustBeWanted(run: string): void {
    this.#mustExist(run);
    if (this.#ledger.run(run)?.state !== 'cancelled') return;
    const { frozen } = this.#ledger.run(run) ?? {};
    const hint = frozen ? `\`higgsflow retry ${run}\` takes it up again.` : 'Submit it again, under another id.';
    throw new MessageError(`run ${run} was cancelled`, { hint });
  }

  /** Nobody plans a cancelled run to its end: it would be open for ever. */
  #mustBeWhole(run: string): void {
    const { state, frozen } = this.#ledger.run(run) ?? {};
    if (state !== 'cancelled' || frozen) return;
    throw new MessageError(`run ${run} was cancelled while it was planned: nobody knows all its tasks`, {
      hint: `Submit it again, under another id, or under this one after \`higgsflow cleanup ${run}\`.`,
    });
  }

  #over(run: string, state: RunState): void {
    this.#sums.forget(run);
    this.#onEvent({ kind: 'run', run, state });
  }

  #committed(results: readonly Committed[], ms: number): void {
    this.#onEvent({ kind: 'commit', results, ms });
    this.#runs.counted(results);
  }

  /** The ledger or the queue is broken: nothing more can be counted. Whoever waits for a run hears why. */
  #fail(error: unknown): void {
    this.#stop.abort(error);
  }

  #every(ms: number, action: () => Promise<void>): NodeJS.Timeout {
    let busy = false;
    return setInterval(() => {
      if (busy || this.#stop.signal.aborted) return;
      busy = true;
      void action()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          busy = false;
        });
    }, ms);
  }
}
