/** Server-Sent Events: one subscription to the feed a run, shared by all who watch it. */
import type { Response } from 'express';
import type { RunFeed } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';

export type WebLog = (event: string, fields: Readonly<Record<string, unknown>>) => void;

export interface LiveStreamOptions {
  readonly feed: RunFeed;
  /** Over all runs. */
  readonly maxViewers: number;
  /** Least time between two frames. */
  readonly frameMs: number;
  readonly pingMs: number;
  readonly log: WebLog;
}

export interface LiveStreams {
  /** Streams the run to this response from its present snapshot on. False, and nothing sent, where there are too many viewers. */
  attach(run: string, response: Response): boolean;
  readonly viewers: number;
  close(): void;
}

interface Viewer {
  readonly response: Response;
  /** The socket's buffer is full: frames are left out until it drains, then the newest is sent. */
  full: boolean;
  missed: boolean;
}

interface RunStream {
  readonly viewers: Set<Viewer>;
  readonly abort: AbortController;
  /** Newest frame, ready to be sent. */
  frame: string;
}

/** The live streams of one server. */
export function createLiveStreams(options: LiveStreamOptions): LiveStreams {
  const streams = new Map<string, RunStream>();
  const count = () => [...streams.values()].reduce((sum, { viewers }) => sum + viewers.size, 0);

  function open(run: string): RunStream {
    const stream: RunStream = { viewers: new Set(), abort: new AbortController(), frame: '' };
    streams.set(run, stream);
    void follow(run, stream, options).finally(() => {
      if (streams.get(run) === stream) streams.delete(run);
      for (const { response } of stream.viewers) response.end();
    });
    return stream;
  }

  return {
    attach(run, response) {
      // It left while it was looked up: no 'close' will come.
      if (response.closed || response.destroyed) return true;
      if (count() >= options.maxViewers) return false;
      const stream = streams.get(run) ?? open(run);
      const viewer: Viewer = { response, full: false, missed: false };
      stream.viewers.add(viewer);
      response.on('drain', () => {
        viewer.full = false;
        if (viewer.missed) send(viewer, stream.frame);
      });
      response.on('close', () => {
        stream.viewers.delete(viewer);
        if (stream.viewers.size > 0) return;
        stream.abort.abort();
        if (streams.get(run) === stream) streams.delete(run);
      });
      response.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
      // Whatever the viewer saw last (Last-Event-ID), the newest frame holds all of it.
      send(viewer, `retry: 1500\n\n${stream.frame}`);
      return true;
    },
    get viewers() {
      return count();
    },
    close() {
      for (const { abort } of streams.values()) abort.abort();
    },
  };
}

/** Sends the run's changes to its viewers, at most one each `frameMs` (the last is never left out), until it ends. */
async function follow(run: string, stream: RunStream, { feed, frameMs, pingMs, log }: LiveStreamOptions): Promise<void> {
  const { signal } = stream.abort;
  let waiting: RunSnapshot | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined) return;
    stream.frame = `id: ${waiting.revision}\ndata: ${JSON.stringify(waiting)}\n\n`;
    waiting = undefined;
    sentAt = performance.now();
    for (const viewer of stream.viewers) send(viewer, stream.frame);
  };
  const ping = setInterval(() => {
    for (const viewer of stream.viewers) if (!viewer.full) send(viewer, ': ping\n\n');
  }, pingMs);
  try {
    for await (const snapshot of feed.changes(run, signal)) {
      waiting = snapshot;
      timer ??= setTimeout(flush, Math.max(0, sentAt + frameMs - performance.now()));
    }
    flush();
    if (!signal.aborted) for (const { response } of stream.viewers) response.write('event: end\ndata: {}\n\n');
  } catch (error) {
    // Viewers are let go and come back by themselves.
    if (!signal.aborted) log('web.stream-failed', { run, error: String(error) });
  } finally {
    clearTimeout(timer);
    clearInterval(ping);
  }
}

function send(viewer: Viewer, text: string): void {
  viewer.missed = viewer.full;
  if (!viewer.full) viewer.full = !viewer.response.write(text);
}
