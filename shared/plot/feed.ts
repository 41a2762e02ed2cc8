/** Where a page gets its runs from: the collector in the same process, or (later) the collector's HTTP API. */
import type { OutputSnapshot, RunSnapshot, RunState } from './snapshot.ts';

/** One line of the list of runs. */
export interface RunSummary {
  readonly run: string;
  readonly state: RunState;
  /** Name of the analysis; empty where it does not load any more. */
  readonly analysis: string;
  /** ISO 8601. The run that started last is the current one. */
  readonly startedAt: string;
  /** As in its snapshot. */
  readonly edition: number;
  /** Absent where result files are uploaded nowhere. */
  readonly output?: OutputSnapshot | undefined;
  /** Why the run can be neither shown nor counted. */
  readonly error?: string | undefined;
}

/**
 * Read-only view of the runs that a collector knows. `changes` yields the present snapshot first, then a newer one after
 * each change (it may skip revisions, never go back), and returns after one whose state is final, or when `signal` aborts.
 */
export interface RunFeed {
  runs(): Promise<readonly RunSummary[]>;
  /** Undefined where no such run exists. */
  snapshot(run: string): Promise<RunSnapshot | undefined>;
  changes(run: string, signal: AbortSignal): AsyncIterable<RunSnapshot>;
}
