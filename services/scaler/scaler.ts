import type { ClusterApi } from '#shared/kubernetes/api.ts';
import type { QueueDepth } from '#shared/kubernetes/queue-depth.ts';
import { replicaLimit } from '#shared/kubernetes/replica-limit.ts';
import type { ScalingSample } from '#shared/kubernetes/scaling-sample.ts';
import type { Work } from '#shared/kubernetes/work.ts';
import { countByPhase, listPods, readAutoscaler, setMaxReplicas } from '#shared/kubernetes/workers.ts';
import type { Log } from '#shared/runtime/log.ts';
import { sleep } from '#shared/runtime/retry.ts';

export interface ScalerOptions {
  readonly api: ClusterApi;
  readonly namespace: string;
  /** Name of the autoscaler of the workers. */
  readonly autoscaler: string;
  /** Compute threads of a worker. */
  readonly threads: number;
  /** False: only look. */
  readonly limit: boolean;
  readonly intervalMs: number;
  readonly work: () => Promise<Work>;
  readonly queue: () => Promise<QueueDepth>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The latest samples, one each interval. */
export interface Scaler {
  readonly samples: readonly ScalingSample[];
  /** Why the last look failed. */
  readonly problem: string | undefined;
  /** Resolves when the signal aborts. */
  readonly done: Promise<void>;
}

/** An hour and a half, at one every five seconds. */
const MAX_SAMPLES = 1000;

/** Looks at workers, autoscaler, queue and work, and keeps the autoscaler's limit at what there is use for. */
export function startScaler(options: ScalerOptions): Scaler {
  const samples: ScalingSample[] = [];
  const state: { problem: string | undefined } = { problem: 'no look at the cluster yet' };
  const loop = async () => {
    while (!options.signal.aborted) {
      try {
        samples.push(await look(options));
        if (samples.length > MAX_SAMPLES) samples.shift();
        state.problem = undefined;
      } catch (error) {
        state.problem = error instanceof Error ? error.message : String(error);
        if (!options.signal.aborted) options.log.warn({ error }, 'scaler.look-failed');
      }
      await sleep(options.intervalMs, options.signal).catch(() => {});
    }
  };
  const done = loop();
  return {
    samples,
    get problem() {
      return state.problem;
    },
    done,
  };
}

async function look(options: ScalerOptions): Promise<ScalingSample> {
  const { api, namespace, signal } = options;
  // Broker and collector restart now and then: what they do not say is not known, and what is not known limits nothing.
  const unknown = () => undefined;
  const [pods, autoscaler, work, queue] = await Promise.all([
    listPods(api, namespace, 'app.kubernetes.io/name=worker', { signal }),
    readAutoscaler(api, namespace, options.autoscaler, signal),
    options.work().catch(unknown),
    options.queue().catch(unknown),
  ]);
  const limit =
    autoscaler === undefined || !options.limit
      ? undefined
      : replicaLimit({ ...autoscaler, remaining: work?.remaining, threads: options.threads });
  if (autoscaler !== undefined && limit !== undefined && limit !== autoscaler.max) {
    await setMaxReplicas(api, namespace, options.autoscaler, limit, signal);
    options.log.info({ from: autoscaler.max, to: limit, remaining: work?.remaining, workers: autoscaler.current }, 'scaler.limit');
  }
  return {
    time: new Date().toISOString(),
    pods: countByPhase(pods),
    autoscaler: autoscaler === undefined ? undefined : { ...autoscaler, max: limit ?? autoscaler.max },
    queue,
    remaining: work?.remaining,
    eventsPerSecond: work?.eventsPerSecond,
  };
}
