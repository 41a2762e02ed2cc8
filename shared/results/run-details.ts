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

export interface RunDetails {
  /** In the order of the run's spec. */
  readonly inputs: Iterable<InputFile>;
  /** Requests to files, of all tasks. */
  readonly requests: number;
  readonly threadMs: ThreadTimes;
  /** Of each file, from its first entry. */
  readonly fraction: number;
  readonly chunkEntries: number;
  readonly chunkBytes: number;
  /** Where the analysis looks for a signal. */
  readonly signalWindow?: { readonly histogram: string; readonly lo: number; readonly hi: number } | undefined;
}
