/** What a report tells of a run besides its snapshot. */

/** One file that the run read, or should have read. */
export interface InputFile {
  readonly dataset: string;
  readonly url: string;
  /** Undefined where the file could not be opened. */
  readonly entries?: number | undefined;
  readonly bytes?: number | undefined;
  readonly tasks: number;
}

/** Time of all compute threads together, in ms. `read` is waiting for fetch and decode. */
export interface ThreadTimes {
  readonly wall: number;
  readonly open: number;
  readonly read: number;
  readonly process: number;
  readonly encode: number;
}

/** What the attempts at the tasks of one dataset, or by one worker, have taken, failed ones too. */
export interface CostRow {
  readonly name: string;
  readonly attempts: number;
  /** CPU time of compute threads. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Of requests. */
  readonly retries: number;
  /** By the place that bytes came from: a server, the disk cache, a copy. */
  readonly places: Readonly<Record<string, { readonly bytes: number; readonly requests: number }>>;
}

/** The same attempts, told twice. */
export interface Costs {
  readonly datasets: readonly CostRow[];
  readonly workers: readonly CostRow[];
}

export interface RunDetails {
  /** In the order of the run's spec. */
  readonly inputs: Iterable<InputFile>;
  /** Requests to files, of all tasks. */
  readonly requests: number;
  readonly threadMs: ThreadTimes;
  readonly costs: Costs;
  /** Of each file, from its first entry. */
  readonly fraction: number;
  readonly chunkEntries: number;
  readonly chunkBytes: number;
  /** The folder in a bucket that result files go to as well, and how the run reaches its buckets. */
  readonly output?:
    | {
        readonly folder: string;
        readonly storage?: Readonly<Record<string, string | undefined>> | undefined;
        readonly secret?: string | undefined;
      }
    | undefined;
  /** Where the analysis looks for a signal. */
  readonly signalWindow?: { readonly histogram: string; readonly lo: number; readonly hi: number } | undefined;
  /** What whoever reads the result should know of how it came about, a sentence each without its full stop. */
  readonly notes?: readonly string[] | undefined;
  /** Of all data of the catalogue, in fb-1: the sum of what it tells of datasets or files, where it does not tell it itself. */
  readonly luminosityFb?: number | undefined;
}
