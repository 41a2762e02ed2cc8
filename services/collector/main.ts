/** The collector as a process. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { StorageError } from '#shared/errors.ts';
import { MAX_MESSAGE_BYTES } from '#shared/queue/amqp/codec.ts';
import { openAmqpQueue } from '#shared/queue/amqp.ts';
import { processEnvironment } from '#shared/runtime/config.ts';
import { healthRoutes } from '#shared/runtime/health.ts';
import { startHttpServer } from '#shared/runtime/http-server.ts';
import { Readiness } from '#shared/runtime/readiness.ts';
import { DEFAULT_RETRY, sleep } from '#shared/runtime/retry.ts';
import { runService, type ServiceParts } from '#shared/runtime/service.ts';
import { brokerAddress, type CollectorSettings, collectorSettings } from '#shared/runtime/service-settings.ts';
import { untilAborted } from '#shared/runtime/until-aborted.ts';
import { collectorRoutes } from './api.ts';
import { Collector } from './collector.ts';
import { gaugesOf } from './gauges.ts';
import { Ledger } from './ledger.ts';
import { observeCollector } from './observe.ts';

/** A broken collector stays for so long, so that probes and people can read why it is not ready. */
const LAST_WORDS_MS = 10_000;
/** A worker that starts waits so long to hear of the open runs. */
const ANNOUNCE_MS = 500;

// What lives long is small here; room for what lives short would be taken and never given back.
setFlagsFromString('--semi-space-growth-factor=1');

async function serve(
  { settings, log, metrics, signal }: ServiceParts<CollectorSettings>,
  readiness: Readiness,
  show: (collector: Collector) => void,
) {
  const ledger = new Ledger(resolve(settings.LEDGER_FILE));
  try {
    const onEvent = (event: string) => metrics.queueEvent(event);
    const queue = await openAmqpQueue({
      ...{ ...brokerAddress(settings), patienceMs: Infinity, log: readiness.watch(log), onEvent, signal },
      announceMs: ANNOUNCE_MS,
    });
    const collector = new Collector({
      ledger,
      queue,
      retry: { ...DEFAULT_RETRY, attempts: settings.BACKOFF_LIMIT },
      silenceMs: settings.SILENCE_SECONDS * 1000,
      allowAnalysisFiles: { folder: `${pathToFileURL(resolve(settings.ANALYSIS_DIR))}/` },
      maxMessageBytes: MAX_MESSAGE_BYTES,
      pool: settings.POOL,
      onEvent: observeCollector(log, metrics),
    });
    gaugesOf(metrics, collector, queue);
    show(collector);
    readiness.ready();
    await untilAborted(AbortSignal.any([signal, collector.stopped]));
    const { broken } = collector;
    await collector.close();
    await queue.close();
    if (broken !== undefined) throw broken;
  } finally {
    ledger.close();
  }
}

const code = await runService(
  {
    name: 'collector',
    purpose: 'counts every partial once in the ledger, and serves snapshots of runs over HTTP',
    settings: collectorSettings,
    async run(parts) {
      const { settings, log, metrics, signal } = parts;
      const readiness = new Readiness();
      let collector: Collector | undefined;
      const current = () => {
        if (collector !== undefined && readiness.notBroken()) return collector;
        throw new StorageError(`the collector is not ready: ${readiness.notReady() ?? ''}`);
      };
      const routes = [...healthRoutes({ notReady: readiness.notReady, metrics }), ...collectorRoutes(current)];
      await using server = await startHttpServer({
        ...{ host: settings.HTTP_HOST, port: settings.HTTP_PORT, routes },
        onAnswer: ({ method, path, status, error }) => {
          metrics.request(status);
          if (error !== undefined) log.warn({ method, path, status, error }, 'http.failed');
        },
      });
      log.info({ url: server.url }, 'http.listening');
      try {
        await serve(parts, readiness, (opened) => {
          collector = opened;
        });
      } catch (error) {
        if (signal.aborted) throw error;
        readiness.block(error instanceof Error ? error.message : String(error));
        log.error({ error }, 'collector.broken');
        await sleep(LAST_WORDS_MS, signal).catch(() => {});
        throw error;
      }
    },
  },
  process.argv.slice(2),
  processEnvironment(),
);
process.exit(code);
