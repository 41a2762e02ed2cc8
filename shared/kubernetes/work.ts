import type { RunFeed } from '../plot/feed.ts';
import type { RunSnapshot } from '../plot/snapshot.ts';

/** What there is to do. */
export interface Work {
  /** Tasks that are neither committed nor failed, of all open runs; undefined while a list of tasks is not complete. */
  readonly remaining: number | undefined;
  readonly eventsPerSecond: number;
}

/** Asks for all open runs: what there is to do for the workers of a pool. */
export async function readWork(feed: RunFeed, pool: string): Promise<Work> {
  const open = (await feed.runs()).filter(({ state }) => state === 'running');
  const work: { remaining: number | undefined; eventsPerSecond: number } = { remaining: 0, eventsPerSecond: 0 };
  for (const { run } of open) {
    const snapshot = await feed.snapshot(run);
    if (snapshot?.state !== 'running') continue;
    const here = remainingOf(snapshot, pool);
    work.remaining = here === undefined || work.remaining === undefined ? undefined : work.remaining + here;
    work.eventsPerSecond += snapshot.totals.entriesPerSecond;
  }
  return work;
}

/** A run whose files are not all known yet may get more tasks than it has. */
function remainingOf({ totals, pools }: RunSnapshot, pool: string): number | undefined {
  if (totals.entriesExpected === undefined) return undefined;
  if (pools === undefined) return totals.tasks - totals.tasksCommitted - totals.tasksFailed;
  const own = pools.find(({ name }) => name === pool);
  return own === undefined ? 0 : own.tasksWaiting + own.tasksRunning;
}
