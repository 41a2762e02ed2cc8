/** The web service: a page that shows runs while they happen. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '#shared/errors.ts';
import type { RunFeed } from '#shared/plot/feed.ts';
import { createApp } from './app.ts';
import { loadAssets } from './assets.ts';
import type { RunFiles } from './downloads.ts';
import { createLiveStreams, type WebLog } from './live-streams.ts';

export interface WebOptions {
  readonly feed: RunFeed;
  /** Result files of a run; without it only plot.png can be downloaded. */
  readonly files?: RunFiles;
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly log: WebLog;
  /** Text for /metrics. */
  readonly metrics?: (() => Promise<{ readonly type: string; readonly text: string }>) | undefined;
  /** Workers over time, where a cluster is watched. */
  readonly scaling?: (() => Promise<unknown>) | undefined;
  /** Closes the service when it aborts. */
  readonly signal?: AbortSignal;
  /** Live viewers of all runs together; the next one gets 503. */
  readonly maxViewers?: number;
  /** Least time between two frames of a live stream. */
  readonly frameMs?: number;
  readonly pingMs?: number;
}

export interface Web {
  /** Where a browser on this machine finds the page. */
  readonly url: string;
  readonly viewers: number;
  close(): Promise<void>;
}

/**
 * Serves page, live stream, PNG and downloads until closed.
 * @throws ConfigError if the address cannot be listened on.
 */
export async function startWeb(options: WebOptions): Promise<Web> {
  const { feed, files = async () => undefined, log, signal, maxViewers = 100, frameMs = 400, pingMs = 15_000 } = options;
  const streams = createLiveStreams({ feed, maxViewers, frameMs, pingMs, log });
  const server = createServer(
    createApp({ feed, files, streams, assets: await loadAssets(), log, metrics: options.metrics, scaling: options.scaling }),
  );
  await listen(server, options);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= closeServer(server, () => streams.close());
    return closing;
  };
  const { port } = server.address() as AddressInfo;
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted) await close();
  return {
    url: `http://${shownHost(options.host)}:${port}`,
    close,
    get viewers() {
      return streams.viewers;
    },
  };
}

async function listen(server: Server, { port, host }: WebOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const reason = inUse ? `port ${port} of ${host} is in use` : `cannot listen on ${host}:${port}`;
    throw new ConfigError(reason, { hint: 'Choose another port, or 0 for any free one.', cause });
  }
}

async function closeServer(server: Server, endStreams: () => void): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  endStreams();
  server.closeAllConnections();
  await closed;
}

/** An address that listens everywhere is opened as localhost. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
