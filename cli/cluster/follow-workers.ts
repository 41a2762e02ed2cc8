import type { UserCluster } from '#shared/kubernetes/kubeconfig.ts';
import type { ScalingSample } from '#shared/kubernetes/scaling-sample.ts';
import { sleep } from '#shared/runtime/retry.ts';
import { forwardScaler } from './open-services.ts';
import { readSamples } from './record-scaling.ts';

const INTERVAL_MS = 3000;

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
