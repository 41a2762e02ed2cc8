/** The worker as a process. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openAmqpQueue } from '#shared/queue/amqp.ts';
import { processEnvironment } from '#shared/runtime/config.ts';
import { cpuLimit } from '#shared/runtime/cpu-limit.ts';
import { healthRoutes } from '#shared/runtime/health.ts';
import { startHttpServer } from '#shared/runtime/http-server.ts';
import { Readiness } from '#shared/runtime/readiness.ts';
import { DEFAULT_RETRY } from '#shared/runtime/retry.ts';
import { runService } from '#shared/runtime/service.ts';
import { brokerAddress, workerSettings } from '#shared/runtime/service-settings.ts';
import { observeTasks } from './observe.ts';
import { startWorker } from './worker.ts';

const HEARTBEAT_MS = 2000;
/** Short tasks save the broker a third of its messages. */
const STARTED_DELAY_MS = 100;
/** Reports that no broker takes are not waited for any longer: their tasks are delivered again. */
const LAST_WORDS_MS = 5000;

const code = await runService(
  {
    name: 'worker',
    purpose: 'takes tasks from the broker, reads their files in threads, and sends back histograms',
    settings: workerSettings,
    async run({ settings, log, metrics, signal }) {
      const {
        THREADS: threads = cpuLimit(),
        WORKER_NAME: name = `${hostname()}-${process.pid}`,
        GRACE_SECONDS,
        HTTP_HOST,
        HTTP_PORT,
      } = settings;
      const readiness = new Readiness();
      const routes = healthRoutes({ notReady: readiness.notReady, metrics });
      await using server = await startHttpServer({ host: HTTP_HOST, port: HTTP_PORT, routes });
      log.info({ url: server.url, worker: name, threads }, 'http.listening');
      const onEvent = (event: string) => metrics.queueEvent(event);
      const queue = await openAmqpQueue({ ...brokerAddress(settings), patienceMs: Infinity, log: readiness.watch(log), onEvent, signal });
      metrics.gauge('higgsflow_threads', () => threads);
      readiness.ready();
      const drainMs = GRACE_SECONDS * 1000;
      const leave = () => setTimeout(() => void queue.close(), drainMs + LAST_WORDS_MS).unref();
      signal.addEventListener('abort', leave, { once: true });
      using observer = observeTasks(log, metrics);
      await startWorker({
        ...{
          queue,
          name,
          threads,
          pool: settings.POOL,
          signal,
          drainMs,
          heartbeatMs: HEARTBEAT_MS,
          startedDelayMs: STARTED_DELAY_MS,
          readRetry: DEFAULT_RETRY,
        },
        batchBytes: settings.BATCH_MB * 1e6,
        verify: settings.VERIFY,
        memoryMb: settings.MEMORY_MB,
        taskTimeoutMs: settings.TASK_TIMEOUT_SECONDS * 1000,
        stageIn: settings.STAGE_IN_DIR !== undefined,
        allowAnalysisFiles: { folder: `${pathToFileURL(resolve(settings.ANALYSIS_DIR))}/` },
        onTask: observer.onTask,
      });
      await queue.close();
    },
  },
  process.argv.slice(2),
  processEnvironment(),
);
process.exit(code);
