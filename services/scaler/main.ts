/** The scaler as a program: keeps the autoscaler's limit at what there is use for, and tells what it sees. */
import { CollectorClient } from '#shared/client/collector-client.ts';
import { StorageError } from '#shared/errors.ts';
import { openInCluster } from '#shared/kubernetes/in-cluster.ts';
import { parseQueueDepth, QUEUE_METRICS_PATH } from '#shared/kubernetes/queue-depth.ts';
import { readWork } from '#shared/kubernetes/work.ts';
import { processEnvironment } from '#shared/runtime/config.ts';
import { healthRoutes } from '#shared/runtime/health.ts';
import { startHttpServer } from '#shared/runtime/http-server.ts';
import { runService } from '#shared/runtime/service.ts';
import { startScaler } from './scaler.ts';
import { scalerSettings } from './scaler-settings.ts';

const TIMEOUT_MS = 5000;

process.exitCode = await runService(
  {
    name: 'scaler',
    purpose: 'keeps the limit of the autoscaler at what there is use for, and tells what it sees at /samples',
    settings: scalerSettings,
    async run({ settings, log, metrics, signal }) {
      // It looks again in seconds: no need to be patient.
      const once = { attempts: 1, baseMs: 1, maxMs: 1 };
      const collector = new CollectorClient({ url: settings.COLLECTOR_URL, retry: once, timeoutMs: TIMEOUT_MS, signal });
      const queue = async () => {
        const url = `${settings.RABBITMQ_METRICS_URL}${QUEUE_METRICS_PATH}`;
        const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
        if (!answer.ok) throw new StorageError(`the broker answers ${answer.status}`, { file: url });
        return parseQueueDepth(await answer.text(), settings.QUEUE_PREFIX, settings.POOL);
      };
      const scaler = startScaler({
        api: await openInCluster(),
        namespace: settings.NAMESPACE,
        autoscaler: settings.HPA_NAME,
        threads: settings.THREADS,
        limit: settings.LIMIT,
        intervalMs: settings.INTERVAL_SECONDS * 1000,
        work: () => readWork(collector, settings.POOL),
        queue,
        log,
        signal,
      });
      await using _ = await startHttpServer({
        host: settings.HTTP_HOST,
        port: settings.HTTP_PORT,
        routes: [
          ...healthRoutes({ metrics, notReady: () => scaler.problem }),
          { method: 'GET', path: '/samples', handle: () => ({ json: scaler.samples }) },
        ],
      });
      await scaler.done;
    },
  },
  process.argv.slice(2),
  processEnvironment(),
);
