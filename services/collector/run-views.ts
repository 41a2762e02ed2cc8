/** Runs as whoever looks at them sees them. */
import { isPipelineError } from '#shared/errors.ts';
import type { RunSummary } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { readingOf } from '#shared/queue/run-spec.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import type { InFlight } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import type { DatasetCounters } from './ledger-rows.ts';
import type { OpenRun } from './open-run.ts';
import { toldBy } from './run-model.ts';
import type { RunModels } from './run-models.ts';
import { buildSnapshot, editionOf, outputOf } from './snapshot.ts';
import type { Sums } from './sums.ts';

export interface RunViewsOptions {
  readonly ledger: Ledger;
  readonly models: RunModels;
  readonly sums: Sums;
  readonly inFlight: InFlight;
  /** What is known of a run in this process only. */
  readonly openRun: (run: string) => OpenRun;
}

/** Failures that a snapshot lists. */
const MAX_FAILURES = 1000;

export class RunViews {
  readonly #options: RunViewsOptions;

  constructor(options: RunViewsOptions) {
    this.#options = options;
  }

  /** One after the other: specs of all runs at once may be long. */
  async list(): Promise<RunSummary[]> {
    const summaries: RunSummary[] = [];
    for (const run of this.#options.ledger.runs()) summaries.push(await this.#summary(run));
    return summaries;
  }

  async #summary(run: string): Promise<RunSummary> {
    const { ledger, models } = this.#options;
    const row = ledger.run(run);
    const { state = 'running', startedAt = '' } = row ?? {};
    const head = { run, state, startedAt, edition: row === undefined ? 0 : editionOf(row, ledger.counters(run)) };
    try {
      const heading = await models.heading(run);
      return { ...head, analysis: heading.analysis, ...outputOf(heading, ledger.outcome(run)) };
    } catch (error) {
      if (!isPipelineError(error, 'MessageError')) throw error;
      return { ...head, analysis: '', error: error.message };
    }
  }

  /** Undefined where no such run exists, as for all that follow. */
  async snapshot(run: string): Promise<RunSnapshot | undefined> {
    const { ledger, models, sums, inFlight, openRun } = this.#options;
    const row = ledger.run(run);
    if (row === undefined) return undefined;
    const model = await models.of(run);
    const open = openRun(run);
    const running = (pool?: string) => (row.state === 'running' ? inFlight.running(run, pool) : 0);
    const snapshot = buildSnapshot({
      model,
      row,
      revision: open.revision,
      elapsedMs: row.elapsedMs + open.unsavedMs(row.state),
      counters: ledger.counters(run),
      failures: ledger.failures(run, MAX_FAILURES),
      contents: (dataset) => sums.contents(model, dataset),
      rate: (dataset) => open.rate(dataset),
      tasksRunning: running(),
      workers: inFlight.workers,
      cost: ledger.costSoFar(run),
      outcome: ledger.outcome(run),
      pools: ledger.pools(run).map((pool) => ({ ...pool, running: running(pool.pool), ...inFlight.poolWorkers(pool.pool) })),
    });
    if (row.state !== 'running') sums.forget(run);
    return snapshot;
  }

  /** What a report needs besides the snapshot. */
  async details(run: string): Promise<RunDetails | undefined> {
    const { ledger, models } = this.#options;
    if (ledger.run(run) === undefined) return undefined;
    const model = await models.of(run);
    const { spec, analysis } = model;
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
      costs: ledger.costs(run),
      fraction: spec.fraction,
      chunkEntries: spec.chunkEntries,
      chunkBytes: spec.chunkBytes,
      ...(spec.output === undefined ? {} : { output: { folder: spec.output, ...readingOf(spec) } }),
      signalWindow: analysis.signalWindow,
      ...toldBy(model),
    };
  }

  /** Committed part by dataset. */
  completeness(run: string): { dataset: string; value: number }[] {
    return this.#options.ledger.counters(run).map(({ dataset, entriesCommitted, entriesAsked }) => {
      return { dataset, value: entriesAsked === 0 ? 0 : entriesCommitted / entriesAsked };
    });
  }
}
