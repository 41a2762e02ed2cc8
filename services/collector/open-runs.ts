import type { RunState } from '#shared/plot/snapshot.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { Committed } from './group-commit.ts';
import type { Ledger } from './ledger.ts';
import type { DatasetCounters, RunRow } from './ledger-rows.ts';
import { OpenRun } from './open-run.ts';

export interface OpenRunsOptions {
  readonly ledger: Ledger;
  readonly queue: Pick<Queue, 'deleteRun'>;
  /** The run is over, and how. */
  readonly onDone: (run: string, state: RunState) => void;
}

/** The runs that this process has met: their clocks, who waits for them, and how they end. */
export class OpenRuns {
  readonly #options: OpenRunsOptions;
  readonly #runs = new Map<string, OpenRun>();

  constructor(options: OpenRunsOptions) {
    this.#options = options;
  }

  of(run: string): OpenRun {
    const known = this.#runs.get(run);
    if (known !== undefined) return known;
    // What is kept of runs that are over must be little.
    for (const other of this.#runs.values()) other.forgetIdle();
    const opened = new OpenRun();
    this.#runs.set(run, opened);
    return opened;
  }

  /** Those that are not over. */
  running(): string[] {
    return [...this.#runs.keys()].filter((run) => this.#options.ledger.run(run)?.state === 'running');
  }

  /** Whose workers its tasks are for; undefined: those of this process' own pool. */
  poolsOf(run: string): string[] | undefined {
    const pools = this.#options.ledger.pools(run).map(({ pool }) => pool);
    return pools.length === 0 ? undefined : pools;
  }

  /** The ledger has taken these. */
  counted(results: readonly Committed[]): void {
    const fresh = results.filter(({ outcome }) => outcome !== 'duplicate');
    for (const run of new Set(fresh.map(({ report }) => report.run))) {
      for (const { report, dataset } of fresh) {
        if (report.run === run && report.kind === 'success') this.of(run).count(dataset, report.to - report.from);
      }
      // A late partial: the files that were written are of other results.
      if (this.#options.ledger.run(run)?.state === 'incomplete') this.#options.ledger.setOutcome(run, undefined);
      this.finishIfDone(run);
    }
  }

  /**
   * Ends the run where each task of its list is committed or failed, and tells whoever waits. A run that was incomplete is
   * complete when late partials have come for all that had failed.
   */
  finishIfDone(run: string): void {
    const { ledger, queue, onDone } = this.#options;
    const row = ledger.run(run);
    const counters = ledger.counters(run);
    const state = row && stateWith(row, counters);
    const isDone = state !== undefined && state !== row?.state;
    if (isDone) {
      this.saveElapsed(run);
      ledger.setOutcome(run, undefined);
      ledger.setState(run, state);
      onDone(run, state);
      queue.deleteRun(run, this.poolsOf(run)).catch(() => {}); // an empty queue that stays behind does no harm
    }
    this.of(run).changed(isDone);
  }

  /** Takes the time on the run's clock into the ledger. */
  saveElapsed(run: string): void {
    const { ledger } = this.#options;
    const state = ledger.run(run)?.state;
    if (state === undefined) return;
    const ms = this.of(run).takeUnsavedMs(state);
    if (ms > 0) ledger.addElapsed(run, ms);
  }

  saveAllElapsed(): void {
    for (const run of this.#runs.keys()) this.saveElapsed(run);
  }

  forget(run: string): void {
    this.#runs.delete(run);
  }
}

/** What a run is with these counts. */
function stateWith({ state, frozen }: RunRow, counters: readonly DatasetCounters[]): RunState {
  const mayChange = frozen && (state === 'running' || state === 'incomplete');
  if (!mayChange || counters.some(({ tasks, committed, failed }) => committed + failed < tasks)) return state;
  return counters.some(({ failed }) => failed > 0) ? 'incomplete' : 'complete';
}
