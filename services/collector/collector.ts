import { isPipelineError, MessageError, StorageError } from '#shared/errors.ts';
import type { RunFeed } from '#shared/plot/feed.ts';
import type { RunSnapshot, RunState } from '#shared/plot/snapshot.ts';
import { parseMessage, type Report, reportSchema } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { TaskList } from '#shared/queue/task-list.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import { type Conclusion, GROUP_SIZE, GroupCommit, isConclusion } from './group-commit.ts';
import { InFlight } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import type { DatasetCounters } from './ledger-rows.ts';
import { OpenRun } from './open-run.ts';
import { Reissue } from './reissue.ts';
import { loadRunModel, type RunModel, taskMessage } from './run-model.ts';
import { buildSnapshot } from './snapshot.ts';
import { Sums } from './sums.ts';

export interface CollectorOptions {
  readonly ledger: Ledger;
  readonly queue: Queue;
  /** Attempts of a task, and the waits between them. */
  readonly retry: RetryPolicy;
  /** A worker that says nothing for this long has vanished. */
  readonly silenceMs: number;
  /** False where run specs come over a network: then only built-in analyses run. */
  readonly allowAnalysisFiles: boolean;
}

/** How often due attempts are looked for, and lost tasks. */
const DUE_MS = 100;
const LOST_MS = 2000;
/** Snapshots of a live stream are at least this far apart. */
const CHANGE_MS = 250;
/** Failures that a snapshot lists. */
const MAX_FAILURES = 1000;

/**
 * Counts every partial once: reports from the queue into the ledger, tasks that got lost or failed back into the queue,
 * and snapshots of the runs for whoever looks. It is the producer's TaskList and the page's RunFeed.
 */
export class Collector implements TaskList, RunFeed {
  readonly #options: CollectorOptions;
  readonly #sums: Sums;
  readonly #commits: GroupCommit;
  readonly #reissue: Reissue;
  readonly #inFlight = new InFlight();
  readonly #models = new Map<string, Promise<RunModel>>();
  readonly #runs = new Map<string, OpenRun>();
  readonly #stop = new AbortController();
  readonly #consuming: Promise<void>;
  readonly #timers: NodeJS.Timeout[];

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { ledger, queue, retry, silenceMs } = options;
    const model = (run: string) => this.#model(run);
    this.#sums = new Sums(ledger);
    this.#commits = new GroupCommit({ ledger, sums: this.#sums, retry, model, onCommit: (reports) => this.#committed(reports) });
    const conclude = (report: Conclusion) => this.#commits.add(report);
    this.#reissue = new Reissue({ ledger, queue, inFlight: this.#inFlight, model, conclude, silenceMs });
    const { signal } = this.#stop;
    this.#consuming = queue.reports.consume(({ message }) => this.#take(message), { prefetch: GROUP_SIZE, signal });
    this.#consuming.catch((error: unknown) => this.#fail(error));
    this.#timers = [
      this.#every(DUE_MS, () => this.#reissue.publishDue(Date.now())),
      this.#every(LOST_MS, () => this.#reissue.publishLost(this.#openRuns(), Date.now())),
    ];
  }

  async open(spec: RunSpec) {
    const model = await loadRunModel(spec, this.#options.allowAnalysisFiles);
    const state = this.#options.ledger.openRun(spec, new Date().toISOString());
    this.#models.set(spec.run, Promise.resolve(model));
    this.#run(spec.run);
    return state;
  }

  async add(run: string, files: Parameters<TaskList['add']>[1]): Promise<void> {
    this.#options.ledger.addFiles(run, files);
    this.#run(run).changed();
  }

  async freeze(run: string): Promise<void> {
    this.#options.ledger.freeze(run);
    this.#finishIfDone(run);
  }

  async pending(run: string, after: number, limit: number) {
    const model = await this.#model(run);
    return this.#options.ledger.pending(run, after, limit).map((task) => taskMessage(model, task));
  }

  /** Gives the failed tasks of a run new attempts: publish what is pending then. Returns how many. */
  retryFailed(run: string): number {
    const count = this.#options.ledger.retryFailed(run);
    this.#options.ledger.setState(run, 'running');
    return count;
  }

  /**
   * Resolves when every task of the run is committed or failed; at once where it is so already.
   * @throws StorageError if the ledger fails; the signal's reason when aborted
   */
  async finished(run: string, signal: AbortSignal): Promise<RunState> {
    this.#finishIfDone(run);
    for await (const _ of this.#run(run).changes(AbortSignal.any([signal, this.#stop.signal]))) {
      const state = this.#options.ledger.run(run)?.state;
      if (state !== undefined && state !== 'running') return state;
    }
    signal.throwIfAborted();
    throw this.#stop.signal.reason;
  }

  async runs() {
    const { ledger } = this.#options;
    return Promise.all(
      ledger.runs().map(async (run) => {
        const { state = 'running', startedAt = '' } = ledger.run(run) ?? {};
        return { run, state, startedAt, analysis: (await this.#model(run)).analysis.name };
      }),
    );
  }

  async snapshot(run: string): Promise<RunSnapshot | undefined> {
    const { ledger } = this.#options;
    const row = ledger.run(run);
    if (row === undefined) return undefined;
    const model = await this.#model(run);
    const open = this.#run(run);
    return buildSnapshot({
      model,
      row,
      revision: open.revision,
      elapsedMs: row.elapsedMs + open.unsavedMs(row.state),
      counters: ledger.counters(run),
      failures: ledger.failures(run, MAX_FAILURES),
      contents: (dataset) => this.#sums.contents(model, dataset),
      rate: (dataset) => open.rate(dataset),
    });
  }

  /** What a report needs besides the snapshot; undefined where no such run exists. */
  async details(run: string): Promise<RunDetails | undefined> {
    const { ledger } = this.#options;
    if (ledger.run(run) === undefined) return undefined;
    const { spec, analysis } = await this.#model(run);
    const counters = ledger.counters(run);
    const sum = (of: (each: DatasetCounters) => number) => counters.reduce((total, each) => total + of(each), 0);
    return {
      inputs: ledger.files(run),
      requests: sum(({ requests }) => requests),
      threadMs: {
        wall: sum(({ wallMs }) => wallMs),
        open: sum(({ openMs }) => openMs),
        read: sum(({ readMs }) => readMs),
        process: sum(({ processMs }) => processMs),
        encode: sum(({ encodeMs }) => encodeMs),
      },
      fraction: spec.fraction,
      chunkEntries: spec.chunkEntries,
      chunkBytes: spec.chunkBytes,
      signalWindow: analysis.signalWindow,
    };
  }

  async *changes(run: string, signal: AbortSignal): AsyncGenerator<RunSnapshot> {
    if (this.#options.ledger.run(run) === undefined) return;
    for await (const _ of this.#run(run).changes(AbortSignal.any([signal, this.#stop.signal]), CHANGE_MS)) {
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
      await this.#commits.flush();
      try {
        for (const run of this.#runs.keys()) this.#saveElapsed(run);
      } catch {
        // A ledger that cannot take the time on the clock either; whoever waits for a run has heard of it.
      }
    }
    this.#stop.abort(new StorageError('the collector is closed', { retryable: false }));
    await this.#consuming.catch(() => {}); // told by #fail
  }

  async #take(message: Report): Promise<void> {
    const report = parseMessage(reportSchema, message);
    this.#inFlight.note(report, Date.now());
    if (!isConclusion(report)) return;
    await this.#commits.add(report).catch((error: unknown) => {
      // The message goes back into the queue: the ledger may be mended.
      if (!isPipelineError(error, 'MessageError')) this.#fail(error);
      throw error;
    });
  }

  #committed(reports: readonly Conclusion[]): void {
    for (const run of new Set(reports.map((report) => report.run))) {
      const open = this.#run(run);
      for (const report of reports) {
        if (report.run !== run || report.kind !== 'success') continue;
        open.count(this.#options.ledger.datasetOf(run, report.index), report.to - report.from);
      }
      this.#finishIfDone(run);
    }
  }

  #finishIfDone(run: string): void {
    const { ledger } = this.#options;
    const row = ledger.run(run);
    const counters = ledger.counters(run);
    const open = counters.some(({ tasks, committed, failed }) => committed + failed < tasks);
    const isDone = row?.frozen === true && !open;
    if (isDone) {
      this.#saveElapsed(run);
      ledger.setState(run, counters.some(({ failed }) => failed > 0) ? 'incomplete' : 'complete');
    }
    this.#run(run).changed(isDone);
  }

  #saveElapsed(run: string): void {
    const state = this.#options.ledger.run(run)?.state;
    if (state === undefined) return;
    const ms = this.#run(run).takeUnsavedMs(state);
    if (ms > 0) this.#options.ledger.addElapsed(run, ms);
  }

  #run(run: string): OpenRun {
    const known = this.#runs.get(run) ?? new OpenRun();
    this.#runs.set(run, known);
    return known;
  }

  #openRuns(): string[] {
    return [...this.#runs.keys()].filter((run) => this.#options.ledger.run(run)?.state === 'running');
  }

  #model(run: string): Promise<RunModel> {
    const known = this.#models.get(run);
    if (known) return known;
    const spec = this.#options.ledger.spec(run);
    if (spec === undefined) return Promise.reject(new MessageError(`the ledger has no run ${run}`));
    const model = loadRunModel(spec, this.#options.allowAnalysisFiles);
    this.#models.set(run, model);
    return model;
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
