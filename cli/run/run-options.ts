import type { RunRequest } from '#shared/queue/run-request.ts';
import { DEFAULT_BATCH_BYTES } from '#shared/root/batch-size.ts';
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
  readonly catalogue?: RunRequest['catalogue'];
  readonly set: Readonly<Record<string, unknown>>;
  readonly fraction?: number | undefined;
  readonly chunkEntries?: number | undefined;
  /** What else the request says: where buckets are, attempts of a task. */
  readonly more?: Partial<RunRequest> | undefined;
  /** Addresses with what is secret in them, by those in `data`. */
  readonly addresses?: Readonly<Record<string, string>> | undefined;
  /** Copies of histograms.root and histograms.json. */
  readonly outputFile?: string | undefined;
  readonly outputJsonFile?: string | undefined;
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
export const DEFAULT_BATCH_MB = DEFAULT_BATCH_BYTES / 1e6;
