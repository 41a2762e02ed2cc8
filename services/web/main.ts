/** The web service as a process. */
import { resolve } from 'node:path';
import { CollectorClient } from '#shared/client/collector-client.ts';
import { processEnvironment } from '#shared/runtime/config.ts';
import { runService } from '#shared/runtime/service.ts';
import { webSettings } from '#shared/runtime/service-settings.ts';
import type { WebLog } from './live-streams.ts';
import { filesIn, writeOutFiles } from './out-files.ts';
import { startWeb } from './web.ts';

/** Somebody waits for the page: better soon a word than late an answer. */
const RETRY = { attempts: 3, baseMs: 200, maxMs: 1000 };

/** Where the scaler does not answer, nothing is told. */
async function readScaling(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3000) }).catch(() => undefined);
  return answer?.ok ? answer.json() : [];
}

const code = await runService(
  {
    name: 'web',
    purpose: 'shows runs while they happen, and writes their plots and result files',
    settings: webSettings,
    async run({ settings, log, metrics, signal }) {
      const tell: WebLog = (event, fields) => (/failed|not-/.test(event) ? log.warn(fields, event) : log.info(fields, event));
      const feed = new CollectorClient({ url: settings.COLLECTOR_URL, retry: RETRY, timeoutMs: 10_000, signal });
      const folder = resolve(settings.OUT_DIR);
      const web = await startWeb({
        ...{ feed, signal, log: tell, host: settings.HTTP_HOST, port: settings.HTTP_PORT, maxViewers: settings.MAX_VIEWERS },
        files: filesIn(folder),
        ...(settings.SCALER_URL === undefined ? {} : { scaling: () => readScaling(`${settings.SCALER_URL}/samples`) }),
        metrics: async () => ({ type: metrics.contentType, text: await metrics.text() }),
      });
      metrics.gauge('higgsflow_viewers', () => web.viewers);
      log.info({ url: web.url, collector: settings.COLLECTOR_URL, folder }, 'http.listening');
      await writeOutFiles({ feed, folder, log: tell, signal });
      await web.close();
    },
  },
  process.argv.slice(2),
  processEnvironment(),
);
process.exit(code);
