/** A run of synthetic tasks through the real broker, workers and ledger: does the installation hold, and how fast is it? */

import { newRunId } from '#services/producer/build-spec.ts';
import type { Describe } from '#services/producer/plan-run.ts';
import { processBatch, startPartial } from '#shared/analysis/partial.ts';
import { analysis } from '#shared/analysis/rehearsal.ts';
import { CollectorClient } from '#shared/client/collector-client.ts';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import { StorageError } from '#shared/errors.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { measureFloor } from '#shared/queue/amqp/floor.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import { connect } from '../api.ts';
import { type BrokerOptions, publishRun } from './publish-run.ts';

export interface RehearseOptions {
  readonly collector: string;
  readonly broker: BrokerOptions | undefined;
  readonly tasks: number;
  /** Entries of each task. */
  readonly entries: number;
  readonly signal: AbortSignal;
  readonly onProgress: (snapshot: RunSnapshot) => void;
}

export interface Rehearsal {
  readonly run: string;
  readonly state: RunSnapshot['state'];
  readonly tasks: number;
  readonly committed: number;
  readonly failed: number;
  /** True if the histograms are those that so many equal tasks must give. */
  readonly exact: boolean;
  readonly workers: number;
  /** From the first request to the end of the run. */
  readonly seconds: number;
  readonly publishSeconds: number;
  readonly tasksPerSecond: number;
  readonly collector: { readonly cpuSeconds: number; readonly maxRssMb: number; readonly startRssMb: number };
  /** Publish, consume and ack of as many messages of the sizes of a task and a result, by the broker alone. */
  readonly floorSeconds?: number;
  readonly timesFloor?: number;
}

/** Sizes of the messages of a rehearsal, about. */
const TASK_BYTES = 300;
const REPORT_BYTES = 1400;
const SAMPLE_MS = 1000;

/** Runs it, and removes it when all went well. */
export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  const { collector, broker, tasks, entries, signal, onProgress } = options;
  const floorSeconds = broker === undefined ? undefined : await floor(broker, tasks, signal);
  const spec = await specOf(tasks, entries);
  const client = new CollectorClient({ url: collector, signal });
  const before = await processOf(client);
  let maxRssMb = before.rssMb;
  const sampler = setInterval(() => {
    void processOf(client)
      .then(({ rssMb }) => {
        maxRssMb = Math.max(maxRssMb, rssMb);
      })
      .catch(() => {});
  }, SAMPLE_MS);
  const start = performance.now();
  try {
    const end = new AbortController();
    const { promise: opened, resolve: onOpen } = Promise.withResolvers<void>();
    const publish = publishRun({ spec, client, broker, describe: synthetic(entries), onOpen, signal });
    const publishing = publish.then(() => performance.now() - start);
    publishing.catch(() => end.abort());
    await Promise.race([opened, publishing]);
    let last: RunSnapshot | undefined;
    let workers = 0;
    for await (const snapshot of connect({ collector }).watch(spec.run, { signal: AbortSignal.any([signal, end.signal]) })) {
      last = snapshot;
      workers = Math.max(workers, snapshot.workers ?? 0);
      onProgress(snapshot);
    }
    const publishMs = await publishing;
    signal.throwIfAborted();
    const seconds = (performance.now() - start) / 1000;
    if (last === undefined) throw new StorageError('the collector told nothing of the run');
    const after = await processOf(client);
    const { tasksCommitted, tasksFailed } = last.totals;
    const exact = isExact(last, tasks, entries);
    if (exact && last.state === 'complete') await client.remove(spec.run);
    return {
      ...{ run: spec.run, state: last.state, tasks, committed: tasksCommitted, failed: tasksFailed, exact, workers, seconds },
      publishSeconds: publishMs / 1000,
      tasksPerSecond: tasks / seconds,
      collector: { cpuSeconds: after.cpuSeconds - before.cpuSeconds, maxRssMb: Math.max(maxRssMb, after.rssMb), startRssMb: before.rssMb },
      ...(floorSeconds === undefined ? {} : { floorSeconds, timesFloor: seconds / floorSeconds }),
    };
  } finally {
    clearInterval(sampler);
  }
}

/** All files are alike: nothing is opened to plan them. */
function synthetic(entries: number): Describe {
  return async () => ({ entries, bytes: 0, toy: true, columnBytes: 4 * entries, clusters: [0] });
}

async function specOf(tasks: number, entries: number): Promise<RunSpec> {
  const catalogue = plainCatalogue();
  const name = catalogue.datasets[0]?.name ?? '';
  const files = new Array<string>(tasks).fill(`synthetic://${entries}`);
  return {
    ...{
      v: 1,
      run: newRunId('rehearsal', new Date()),
      analysis: analysis.name,
      parameters: {},
      tree: analysis.tree,
      catalogue,
      fraction: 1,
    },
    ...DEFAULT_CHUNKS,
    datasets: [{ name, isData: true, files }],
  };
}

async function floor(broker: BrokerOptions, messages: number, signal: AbortSignal): Promise<number> {
  const tasksMs = await measureFloor({ ...broker, messages, bytes: TASK_BYTES, signal });
  return (tasksMs + (await measureFloor({ ...broker, messages, bytes: REPORT_BYTES, signal }))) / 1000;
}

/** Weights are 1: every sum is a whole number. */
function isExact({ datasets: [dataset] }: RunSnapshot, tasks: number, entries: number): boolean {
  const one = startPartial(analysis, {});
  const x = { type: 'f32' as const, values: Float32Array.from({ length: entries }, (_, i) => (100 * (i + 0.5)) / entries) };
  processBatch(analysis, one, {}, { entries, columns: { x }, isData: true });
  return Object.entries(one).every(([name, histogram]) => {
    const all = dataset?.histograms[name];
    return histogram.contents().entries.every((count, i) => all?.entries[i] === count * tasks && all.sumw[i] === count * tasks);
  });
}

/** From the collector's own metrics. */
async function processOf(client: CollectorClient): Promise<{ cpuSeconds: number; rssMb: number }> {
  const text = await client.metrics();
  const value = (name: string) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { cpuSeconds: value('process_cpu_seconds_total'), rssMb: value('process_resident_memory_bytes') / 1e6 };
}
