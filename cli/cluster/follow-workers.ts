import type { UserCluster } from '#shared/kubernetes/kubeconfig.ts';
import type { ScalingSample } from '#shared/kubernetes/scaling-sample.ts';
import { countByPhase, listPods, readAutoscaler } from '#shared/kubernetes/workers.ts';
import { sleep } from '#shared/runtime/retry.ts';
import { forwardScaler } from './open-services.ts';
import type { PoolCluster } from './pool-cluster.ts';
import { readSamples } from './record-scaling.ts';

const INTERVAL_MS = 3000;

/** The workers of a cluster without a scaler: their pods and their autoscaler, asked for now and then until the signal aborts. */
export async function followPods({ cluster, namespace }: PoolCluster, signal: AbortSignal): Promise<() => ScalingSample | undefined> {
  const look = async (): Promise<ScalingSample> => {
    const [pods, autoscaler] = await Promise.all([
      listPods(cluster.api, namespace, 'app.kubernetes.io/name=worker', { signal }),
      readAutoscaler(cluster.api, namespace, 'worker', signal),
    ]);
    const unknown = { queue: undefined, remaining: undefined, eventsPerSecond: undefined };
    return { time: new Date().toISOString(), pods: countByPhase(pods), autoscaler, ...unknown };
  };
  let newest = await look();
  const loop = async () => {
    while (!signal.aborted) {
      await sleep(INTERVAL_MS, signal).catch(() => {});
      newest = await look().catch(() => newest);
    }
  };
  void loop();
  return () => newest;
}

/** The newest sample of the scaler, kept up to date until the signal aborts; undefined while there is none. */
export async function followWorkers(
  cluster: UserCluster,
  namespace: string,
  signal: AbortSignal,
): Promise<() => ScalingSample | undefined> {
  const { url } = await forwardScaler(cluster, namespace);
  let newest: ScalingSample | undefined;
  const loop = async () => {
    while (!signal.aborted) {
      // It restarts now and then; what is shown is then a little older.
      newest = (await readSamples(url, signal).catch(() => [])).at(-1) ?? newest;
      await sleep(INTERVAL_MS, signal).catch(() => {});
    }
  };
  void loop();
  return () => newest;
}
