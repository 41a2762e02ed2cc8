/** What goes into the ledger and what comes out of it. */
import type { RunState } from '#shared/plot/snapshot.ts';
import type { Failure, Success } from '#shared/queue/messages.ts';

export interface RunRow {
  readonly state: RunState;
  readonly frozen: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Time spent on the run before this process. */
  readonly elapsedMs: number;
  /** Tells it from an earlier run of the same id; empty where an older version opened it. */
  readonly incarnation: string;
  /** How often it has ended. */
  readonly endings: number;
}

/** A task that is neither committed nor failed. */
export interface OpenTask {
  readonly run: string;
  /** Of the run, where it has one. */
  readonly incarnation?: string | undefined;
  readonly index: number;
  readonly dataset: string;
  readonly url: string;
  /** Other places of the same file. */
  readonly replicas?: readonly string[] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Attempts that ended without a partial. */
  readonly attempts: number;
  /** Whose workers it waits for; undefined in a run without pools. */
  readonly pool?: string | undefined;
}

/** What the ledger counts, per pool of a run. */
export interface PoolCounters {
  readonly pool: string;
  /** Tasks that are neither committed nor failed, and are its own now. */
  readonly open: number;
  /** By its workers, whosesoever the tasks were. */
  readonly committed: number;
  readonly failed: number;
  /** Tasks that it took over from other pools. */
  readonly taken: number;
}

/** What the ledger counts, per dataset. */
export interface DatasetCounters {
  readonly dataset: string;
  readonly files: number;
  readonly filesDone: number;
  /** Files whose number of entries nobody knows. */
  readonly filesUnknown: number;
  /** Files that were generated. */
  readonly filesToy: number;
  readonly tasks: number;
  readonly committed: number;
  readonly failed: number;
  /** Of the files that are known, whole. */
  readonly entriesFull: number;
  /** The part of them that the run reads. */
  readonly entriesAsked: number;
  readonly entriesCommitted: number;
  readonly entriesLost: number;
  readonly bytesRead: number;
  readonly requests: number;
  readonly wallMs: number;
  readonly openMs: number;
  readonly readMs: number;
  readonly processMs: number;
  readonly encodeMs: number;
  /** Of the committed entries, in fb-1, where files have luminosities of their own; otherwise 0. */
  readonly luminosityFb: number;
}

export interface LedgerFailure {
  readonly index: number;
  readonly dataset: string;
  readonly url: string;
  readonly code: string;
  readonly text: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly entriesLost?: number | undefined;
  readonly attempts: number;
}

/** One report on its way into the ledger. */
export type Verdict =
  | { readonly report: Success /** Called if it counts: the sums that changed with it. */; readonly merge: (dataset: string) => void }
  | { readonly report: Failure /** When to try again (ms since 1970); undefined: never. */; readonly dueMs: number | undefined };

/** Encoded sums of one histogram of one dataset. */
export interface SumRow {
  readonly run: string;
  readonly dataset: string;
  readonly histogram: string;
  readonly bytes: Uint8Array;
}
