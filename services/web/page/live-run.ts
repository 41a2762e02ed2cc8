/** A run as it changes: Server-Sent Events, with polling where the stream is refused. */
import type { RunSummary } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'finished' | 'missing';

export interface LiveRunHandlers {
  readonly onSnapshot: (snapshot: RunSnapshot) => void;
  /** missing: the run was deleted, or never was. */
  readonly onConnection: (connection: Connection, why?: string) => void;
}

const POLL_MS = 3000;
/** How often a run that has ended is asked whether its results are in its bucket: a quarter of an hour. */
const OUTPUT_POLLS = 300;

/** The run in the address (`/runs/<id>`), or else the one that started last; waits until there is one. */
export async function currentRun({ onConnection }: LiveRunHandlers): Promise<string> {
  const [, named] = /^\/runs\/([^/]+)\/?$/.exec(location.pathname) ?? [];
  if (named !== undefined) return decodeURIComponent(named);
  for (;;) {
    const runs = await getJson<readonly RunSummary[]>('/api/runs').catch(() => undefined);
    onConnection(runs === undefined ? 'reconnecting' : 'live');
    const [latest] = [...(runs ?? [])].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
    if (latest !== undefined) return latest.run;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** Follows `run` until its state is final and its results are where they belong. The browser reconnects by itself; each frame holds everything, so nothing is missed. */
export function followRun(run: string, handlers: LiveRunHandlers): void {
  const path = `/api/runs/${encodeURIComponent(run)}`;
  const source = new EventSource(`${path}/events`);
  let final = false;
  let uploading = false;
  let cancelled = false;
  const take = (snapshot: RunSnapshot) => {
    final = snapshot.state !== 'running';
    uploading = final && snapshot.output?.state === 'waiting';
    cancelled = snapshot.state === 'cancelled';
    handlers.onSnapshot(snapshot);
    handlers.onConnection(final ? 'finished' : 'live');
  };
  const found = (snapshot: RunSnapshot | undefined) => (snapshot === undefined ? handlers.onConnection('missing') : take(snapshot));
  // Refused (too many viewers), or no such run any more: ask for the snapshot, and try the stream again.
  const ask = () => {
    getJson<RunSnapshot>(path)
      .then(found)
      .catch((error: unknown) => handlers.onConnection('reconnecting', String(error instanceof Error ? error.message : error)))
      .finally(() => final || setTimeout(() => followRun(run, handlers), POLL_MS));
  };
  source.addEventListener('message', ({ data }: MessageEvent<string>) => take(JSON.parse(data) as RunSnapshot));
  source.addEventListener('end', async () => {
    source.close();
    if (!final) return ask();
    // A run that is deleted is cancelled first.
    for (let i = 0; (uploading && i < OUTPUT_POLLS) || (cancelled && i === 0); i++) {
      await pause();
      await getJson<RunSnapshot>(path).then(found, () => {}); // asked again
    }
  });
  source.addEventListener('error', () => {
    if (final) return source.close();
    if (source.readyState === EventSource.CLOSED) ask();
    else handlers.onConnection('reconnecting');
  });
}

/** Undefined where there is no such thing. */
async function getJson<T>(path: string): Promise<T | undefined> {
  const response = await fetch(path);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`The server answered ${response.status}`);
  return (await response.json()) as T;
}
