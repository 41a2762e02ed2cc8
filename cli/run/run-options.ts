import type { Verify } from '#shared/root/codecs/codec.ts';

/** What `run` and `start` are asked for, after parsing. */
export interface RunOptions {
  /** Built-in name or path of a file; only with `resume` it may be missing. */
  readonly analysis?: string | undefined;
  /** Files, folders, globs, URLs; empty: the files that the catalogue lists. */
  readonly data: readonly string[];
  /** Patterns over lists and datasets. */
  readonly datasetPattern?: readonly string[] | undefined;
  /** Folder of lists of files. */
  readonly datasets?: string | undefined;
  /** Built-in name, path of a JSON or YAML file, or `none`. */
  readonly catalogue?: string | undefined;
  readonly set: Readonly<Record<string, string>>;
  readonly fraction?: number | undefined;
  readonly chunkEntries?: number | undefined;
  readonly threads: number;
  readonly batchMb: number;
  readonly verify: Verify;
  readonly out?: string | undefined;
  /** Undefined: no page. */
  readonly port?: number | undefined;
  /** A taken port is an error, not a reason to take the next one. */
  readonly portIsFixed: boolean;
  readonly resume: boolean;
  readonly force: boolean;
  readonly json: boolean;
  /** Serve the page until Ctrl-C when the run is over. */
  readonly stay: boolean;
}

/** Page port where none is given. */
export const DEFAULT_PORT = 8080;
/** Decompressed MB of a batch where nothing is said; a thread needs some three times this. */
export const DEFAULT_BATCH_MB = 16;
