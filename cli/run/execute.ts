/** A whole run in this process: producer, worker threads and collector over the in-memory queue. */

import { Collector } from '#services/collector/collector.ts';
import type { Ledger } from '#services/collector/ledger.ts';
import { describerOf } from '#services/producer/describe-file.ts';
import { startProducer } from '#services/producer/producer.ts';
import { startWorker } from '#services/worker/worker.ts';
import type { RunFeed } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { OutputOutcome } from '#shared/queue/output-outcome.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import type { Verify } from '#shared/root/codecs/codec.ts';
import { DEFAULT_RETRY, type RetryPolicy } from '#shared/runtime/retry.ts';
import { environmentSettings } from '#shared/storage/environment.ts';

export interface ExecuteOptions {
  readonly spec: RunSpec;
  readonly ledger: Ledger;
  readonly threads: number;
  readonly batchBytes: number;
  /** `full` unless said. */
  readonly verify?: Verify | undefined;
  /** A thread that uses more is ended, and its task fails (retryable). */
  readonly memoryMb?: number;
  /** Of a task. */
  readonly retry?: RetryPolicy;
  /** Of one read, within an attempt of its task. */
  readonly readRetry?: RetryPolicy;
  /** In place of a queue in memory; closed at the end. */
  readonly queue?: Queue;
  /** Abort: stops at once; what is committed stays. */
  readonly signal: AbortSignal;
}

/** A run under way. */
export interface Execution extends AsyncDisposable {
  /** Tells whoever looks what became of the run's files on their way to its bucket. */
  tellOutput(outcome: OutputOutcome): Promise<void>;
  readonly feed: RunFeed;
  /** Resolves at the end of the run. Rejects with the signal's reason when aborted, or with what broke the pipeline. */
  readonly result: Promise<{ readonly snapshot: RunSnapshot; readonly details: RunDetails }>;
}

const HEARTBEAT_MS = 2000;
const SILENCE_MS = 20_000;

/**
 * Starts the run of `spec`, or goes on with it where the ledger has it already; tasks that failed are then tried again.
 * The ledger stays the caller's.
 * @throws MessageError if the ledger has a run of this id with another spec
 */
export async function execute(options: ExecuteOptions): Promise<Execution> {
  const {
    spec,
    ledger,
    threads,
    batchBytes,
    memoryMb = 1024,
    retry = DEFAULT_RETRY,
    readRetry = DEFAULT_RETRY,
    queue = openMemoryQueue(),
  } = options;
  const describe = await describerOf(spec);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const collector = new Collector({ ledger, queue, retry, silenceMs: SILENCE_MS, allowAnalysisFiles: true });
  try {
    await collector.open(spec);
    collector.retryFailed(spec.run);
  } catch (error) {
    await collector.close();
    throw error;
  }
  const name = `process-${process.pid}`;
  const worker = startWorker({
    ...{ queue, name, threads, batchBytes, memoryMb, readRetry, signal },
    verify: options.verify,
    allowAnalysisFiles: true,
    heartbeatMs: HEARTBEAT_MS,
    stageIn: environmentSettings().stageIn !== undefined,
  });
  const producer = startProducer({ spec, queue, taskList: collector, describe, signal });
  const close = async () => {
    stop.abort(new Error('the run is over'));
    await Promise.allSettled([worker, producer]);
    await queue.close();
    await collector.close();
  };
  // Both end only with the run, unless they break: then their error ends it.
  const broken = new Promise<never>((_, reject) => {
    for (const part of [worker, producer]) part.catch(reject);
  });
  const result = Promise.race([collector.finished(spec.run, signal), broken]).then(async () => ({
    snapshot: (await collector.snapshot(spec.run)) as RunSnapshot,
    details: (await collector.details(spec.run)) as RunDetails,
  }));
  result.catch(() => {}); // the caller may look at it later
  const tellOutput = (outcome: OutputOutcome) => collector.tellOutput(spec.run, outcome);
  return { feed: collector, result, tellOutput, [Symbol.asyncDispose]: close };
}
