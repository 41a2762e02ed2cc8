/** A feed in memory whose runs a test changes by hand. */
import type { RunFeed } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';

export interface TestFeed extends RunFeed {
  /** Makes this the run's present snapshot and tells those who follow it. */
  put(snapshot: RunSnapshot): void;
  /** Forgets the run; those who follow it are let go. */
  remove(run: string): void;
  /** How many follow a run now. */
  readonly followers: number;
}

/** A feed with these runs. */
export function createTestFeed(...first: readonly RunSnapshot[]): TestFeed {
  const runs = new Map(first.map((snapshot) => [snapshot.run, snapshot]));
  const wakers = new Set<() => void>();
  let followers = 0;
  return {
    runs: async () =>
      [...runs.values()].map(({ run, state, analysis, startedAt, edition }) => ({
        run,
        state,
        analysis: analysis.name,
        startedAt,
        edition,
      })),
    snapshot: async (run) => runs.get(run),
    async *changes(run, signal) {
      followers++;
      let wake = () => {};
      const onAbort = () => wake();
      signal.addEventListener('abort', onAbort);
      try {
        let seen: RunSnapshot | undefined;
        while (!signal.aborted) {
          const snapshot = runs.get(run);
          if (snapshot === undefined && seen !== undefined) return;
          if (snapshot !== undefined && snapshot !== seen) {
            seen = snapshot;
            yield snapshot;
            if (snapshot.state !== 'running') return;
            continue;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
            wakers.add(resolve);
            if (signal.aborted) resolve();
          });
          wakers.delete(wake);
        }
      } finally {
        followers--;
        signal.removeEventListener('abort', onAbort);
      }
    },
    put(snapshot) {
      runs.set(snapshot.run, snapshot);
      for (const wake of wakers) wake();
    },
    remove(run) {
      runs.delete(run);
      for (const wake of wakers) wake();
    },
    get followers() {
      return followers;
    },
  };
}
