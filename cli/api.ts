/** higgsflow as a library: the verbs of the command line for runs on services (a cluster, compose.yaml, processes). */

import { type BuildOptions, buildSpec, newRunId } from '#services/producer/build-spec.ts';
import { describerOf } from '#services/producer/describe-file.ts';
import { dryRun, type PlannedDataset } from '#services/producer/dry-run.ts';
import { CollectorClient, type ListedFailure } from '#shared/client/collector-client.ts';
import { isPipelineError, MessageError } from '#shared/errors.ts';
import type { RunSummary } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { Report } from '#shared/results/report.ts';
import { type RetryPolicy, sleep } from '#shared/runtime/retry.ts';
import { type BrokerOptions, publishRun } from './remote/publish-run.ts';

export type { ListedFailure, PlannedDataset, Report, RunRequest, RunSnapshot, RunSpec, RunSummary };

/** How the services are reached. */
export interface ConnectOptions {
  /** HTTP API of the collector; http://localhost:8081 unless said. */
  readonly collector?: string | undefined;
  /** With a broker, `submit` publishes the tasks itself; without one the collector does. */
  readonly broker?: BrokerOptions | undefined;
  /** How long a collector that does not answer is waited for; about two minutes unless said. */
  readonly retry?: RetryPolicy | undefined;
  /** Called before each wait for such a collector. */
  readonly onRetry?: ((error: unknown, attempt: number) => void) | undefined;
}

/** Runs on services. All verbs throw PipelineError; a collector that restarts is waited for. */
export interface Higgsflow {
  /** Finds the files of the request, freezes its tasks in the ledger and publishes them. Returns the run's id. */
  submit(request: RunRequest | RunSpec, options?: SignalOption): Promise<string>;
  /** What a run would read, by dataset; sends nothing. */
  plan(request: RunRequest | RunSpec, options?: SignalOption): Promise<PlannedDataset[]>;
  /** The run's present state, then a newer one after each change; ends with the run. */
  watch(run: string, options?: SignalOption): AsyncGenerator<RunSnapshot>;
  status(run: string, options?: SignalOption): Promise<RunSnapshot>;
  /** Writes plot*.png, histograms.* and report.* of the run, as it is now, into a folder. */
  results(run: string, folder: string): Promise<Report>;
  failures(run: string): Promise<readonly ListedFailure[]>;
  /** New attempts for the failed tasks; returns how many. */
  retry(run: string): Promise<number>;
  /** Ends the run; what is committed stays. */
  cancel(run: string): Promise<void>;
  /** Forgets the run: its queue, and all that the ledger has of it. */
  cleanup(run: string): Promise<void>;
  runs(): Promise<readonly RunSummary[]>;
}

export interface SignalOption {
  readonly signal?: AbortSignal;
}

/** How long `watch` waits for a collector that went away. */
const PATIENCE_MS = 10 * 60_000;
const MAX_FAILURES = 10_000;

/**
 * The verbs, for one installation.
 *
 * @example
 * const higgsflow = connect({ collector: 'http://localhost:8081' });
 * const run = await higgsflow.submit({ analysis: 'atlas-hzz-2020', data: ['/data/*.root'] });
 */
export function connect({ collector = 'http://localhost:8081', broker, retry, onRetry }: ConnectOptions = {}): Higgsflow {
  const clientWith = ({ signal }: SignalOption) => new CollectorClient({ url: collector, retry, onRetry, signal });
  const client = clientWith({});
  const existing = async (run: string, options: SignalOption = {}) => {
    const snapshot = await clientWith(options).snapshot(run);
    if (snapshot === undefined) throw new MessageError(`there is no run ${run}`, { hint: 'See `higgsflow runs`.' });
    return snapshot;
  };
  return {
    async submit(request, { signal = new AbortController().signal } = {}) {
      const spec = await specOf(request);
      const describe = await describerOf(await localSpec(request, spec));
      await publishRun({ spec, client: clientWith({ signal }), broker, describe, signal });
      return spec.run;
    },
    async plan(request, { signal = new AbortController().signal } = {}) {
      const spec = await localSpec(request, await specOf(request));
      return dryRun(spec, await describerOf(spec), signal);
    },
    watch: (run, { signal = new AbortController().signal } = {}) => watch(client, run, signal),
    status: existing,
    async results(run, folder) {
      const { writeResults } = await import('#services/web/write-results.ts');
      const snapshot = await existing(run);
      const details = await client.details(run);
      if (details === undefined) throw new MessageError(`there is no run ${run}`);
      return writeResults(folder, snapshot, details);
    },
    failures: (run) => client.failures(run, MAX_FAILURES),
    retry: (run) => client.retry(run),
    cancel: (run) => client.cancel(run),
    cleanup: (run) => client.remove(run),
    runs: () => client.runs(),
  };
}

const RUN_ID: BuildOptions = { runId: (analysis) => newRunId(analysis, new Date()) };

/** As the services get it: a file of the user's own is one of the same name in their folder. */
async function specOf(request: RunRequest | RunSpec): Promise<RunSpec> {
  return 'datasets' in request ? request : buildSpec(request, { ...RUN_ID, forServices: true });
}

/** As this machine sees it, to learn which columns are read. */
async function localSpec(request: RunRequest | RunSpec, spec: RunSpec): Promise<RunSpec> {
  if ('datasets' in request) return request;
  return { ...spec, analysis: (await buildSpec(request, RUN_ID)).analysis };
}

async function* watch(client: CollectorClient, run: string, signal: AbortSignal): AsyncGenerator<RunSnapshot> {
  let heardAt = performance.now();
  let any = false;
  while (!signal.aborted) {
    try {
      for await (const snapshot of client.changes(run, signal)) {
        heardAt = performance.now();
        any = true;
        yield snapshot;
      }
      if (!any && !signal.aborted) throw new MessageError(`there is no run ${run}`, { hint: 'See `higgsflow runs`.' });
      return;
    } catch (error) {
      const again = isPipelineError(error, 'StorageError') && error.retryable && performance.now() - heardAt < PATIENCE_MS;
      if (!again || (!any && performance.now() - heardAt > 5000)) throw error;
      await sleep(1000, signal).catch(() => {});
    }
  }
}
