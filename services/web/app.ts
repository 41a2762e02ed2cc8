/** The routes of the web service: page, assets, snapshots, live stream, downloads. Read-only. */
import { pipeline } from 'node:stream/promises';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import * as v from 'valibot';
import { isPipelineError } from '#shared/errors.ts';
import type { RunFeed } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import type { Asset } from './assets.ts';
import { DOWNLOADS, isDownload, type RunFiles } from './downloads.ts';
import type { LiveStreams, WebLog } from './live-streams.ts';
import { noSuchRunPage } from './plain-page.ts';
import { createPlotImages } from './plot-images.ts';
import { runListPage } from './run-list.ts';
import { guardRequest } from './security-headers.ts';

export interface AppParts {
  readonly feed: RunFeed;
  readonly files: RunFiles;
  readonly streams: LiveStreams;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly log: WebLog;
  /** Text for /metrics; without it there is no such page. */
  readonly metrics?: (() => Promise<{ readonly type: string; readonly text: string }>) | undefined;
  /** Workers over time as JSON; without it there is no cluster to tell of, and /api/scaling has no content. */
  readonly scaling?: (() => Promise<unknown>) | undefined;
}

const Scale = v.optional(v.picklist(['linear', 'log']));
const PlotQuery = v.object({ histogram: v.optional(v.pipe(v.string(), v.maxLength(200))), x: Scale, y: Scale });

/** The express application; listening is the caller's. */
export function createApp(parts: AppParts): Express {
  const { feed, streams, log } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.use(guardRequest);
  app.get('/healthz', (_, response) => void response.json({ status: 'ok', viewers: streams.viewers }));
  app.get('/readyz', (_, response) => void response.json({ status: 'ready' }));
  app.get('/api/scaling', async (_, response) => {
    if (parts.scaling === undefined) return void response.status(204).end();
    response.set('Cache-Control', 'no-store').json(await parts.scaling());
  });
  app.get('/metrics', async (_, response, next) => {
    const metrics = await parts.metrics?.();
    if (metrics === undefined) next();
    else response.type(metrics.type).send(metrics.text);
  });
  app.get(
    '/runs',
    async (_, response) =>
      void response
        .set('Cache-Control', 'no-store')
        .type('html')
        .send(runListPage(await feed.runs())),
  );
  app.get('/api/runs', async (_, response) => void response.set('Cache-Control', 'no-store').json(await feed.runs()));
  app.get('/api/runs/:run', async (request, response) => {
    const snapshot = await feed.snapshot(request.params.run);
    response.set('Cache-Control', 'no-store');
    if (snapshot === undefined) unknownRun(response, request.params.run);
    else response.json(snapshot);
  });
  app.get('/api/runs/:run/events', async (request, response) => {
    const { run } = request.params;
    if ((await feed.snapshot(run)) === undefined) return unknownRun(response, run);
    if (request.method === 'HEAD') return void response.type('text/event-stream').end();
    if (streams.attach(run, response)) return;
    response.status(503).set('Retry-After', '10').type('text/plain');
    response.send('Too many viewers watch this server live. Try again later, or read /api/runs/<run> from time to time.\n');
  });
  const drawPlot = createPlotImages();
  app.get('/runs/:run/files/:name', async (request, response) => {
    const { run, name } = request.params;
    if (!isDownload(name)) return void response.status(404).type('text/plain').send(`Runs have no file of this name.\n`);
    const snapshot = await feed.snapshot(run);
    if (snapshot === undefined) return unknownRun(response, run);
    if (name === 'plot.png') return sendPlot(request, response, snapshot, drawPlot);
    await sendFile(response, run, name, parts.files);
  });
  app.get('/', (_, response) => sendAsset(response, parts.assets.get('/')));
  app.get('/runs/:run', async (request, response) => {
    const { run } = request.params;
    // Of a collector that does not answer the page tells by itself.
    const exists = await feed.snapshot(run).then(
      (snapshot) => snapshot !== undefined,
      () => true,
    );
    if (exists) return sendAsset(response, parts.assets.get('/'));
    response.status(404).set('Cache-Control', 'no-store').type('html').send(noSuchRunPage(run));
  });
  app.get('/assets/{*path}', (request, response) => sendAsset(response, parts.assets.get(request.path)));
  app.use((_: Request, response: Response) => void response.status(404).type('text/plain').send('Not found.\n'));
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    log('web.request-failed', { path: request.path, error: String(error) });
    if (response.headersSent) return next(error);
    if (isPipelineError(error, 'StorageError') && error.retryable) {
      return void response.status(503).set('Retry-After', '3').type('text/plain').send('The collector does not answer. Try again.\n');
    }
    // Express marks what the request itself got wrong (a path that does not decode) with a status.
    const status = error instanceof URIError ? 400 : 500;
    response
      .status(status)
      .type('text/plain')
      .send(status === 400 ? 'Bad request.\n' : 'The server could not answer; its log says why.\n');
  });
  return app;
}

function unknownRun(response: Response, run: string): void {
  response.status(404).json({ error: `there is no run "${run}"` });
}

function sendAsset(response: Response, asset: Asset | undefined): void {
  if (asset === undefined) return void response.status(404).type('text/plain').send('Not found.\n');
  // Revalidated by ETag: a server that was updated must not meet an old page.
  response.set({ 'Cache-Control': 'no-cache', 'Content-Type': asset.type }).send(asset.body);
}

function sendPlot(request: Request, response: Response, snapshot: RunSnapshot, draw: ReturnType<typeof createPlotImages>): void {
  const query = v.safeParse(PlotQuery, request.query);
  if (!query.success) return void response.status(400).type('text/plain').send('Query: histogram=NAME, x=linear|log, y=linear|log.\n');
  const { histogram, x, y } = query.output;
  const image = draw(snapshot, histogram, { xScale: x, yScale: y });
  if (image === undefined) return void response.status(404).type('text/plain').send('This run draws no such histogram.\n');
  response.set({ 'Cache-Control': 'no-cache', 'Content-Type': 'image/png' });
  response.set('Content-Disposition', `inline; filename="${fileName(snapshot.run, 'plot.png')}"`).send(Buffer.from(image));
}

async function sendFile(
  response: Response,
  run: string,
  name: Exclude<keyof typeof DOWNLOADS, 'plot.png'>,
  files: RunFiles,
): Promise<void> {
  const content = await files(run, name);
  if (content === undefined) return void response.status(404).type('text/plain').send(`${name} is written when the run has ended.\n`);
  response.set({ 'Cache-Control': 'no-cache', 'Content-Type': DOWNLOADS[name] });
  response.set('Content-Disposition', `attachment; filename="${fileName(run, name)}"`);
  if (content instanceof Uint8Array) response.send(Buffer.from(content));
  else await pipeline(content, response);
}

function fileName(run: string, name: string): string {
  return `${run.replace(/[^\w.-]/g, '_')}-${name}`;
}
