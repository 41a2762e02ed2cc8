/** What `higgsflow datasets` tells of a request's files: what is written down of them, and what opening them adds. */
import type { DatasetInputs } from '#services/producer/gather-inputs.ts';
import { inOrder, PARALLEL } from '#services/producer/plan-run.ts';
import type { AssignedFile } from '#shared/datasets/assign-files.ts';
import { catalogueEntries } from '#shared/datasets/normalise.ts';
import { isPipelineError } from '#shared/errors.ts';
import type { OpenedFile } from './open-file.ts';

/** One file, as far as it is known. */
export interface FileRow {
  readonly url: string;
  readonly bytes?: number | undefined;
  readonly entries?: number | undefined;
  readonly luminosityFb?: number | undefined;
  /** Why it cannot be opened. */
  readonly problem?: string | undefined;
}

/** A dataset with the sums over its files; what is not known of all of them is not there. */
export interface DatasetRow {
  readonly dataset: string;
  readonly group: string;
  readonly files: readonly FileRow[];
  readonly bytes?: number | undefined;
  readonly entries?: number | undefined;
  readonly unreadable: number;
}

export interface ListOptions {
  /** Opens a file for what is not written down; absent: no file is opened. */
  readonly open?: ((file: AssignedFile) => Promise<OpenedFile>) | undefined;
  readonly onFile?: ((done: number, all: number) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Opens files, if at all, 16 at a time. A file that cannot be opened is told in its row. @throws the signal's reason */
export async function listDatasets(datasets: readonly DatasetInputs[], { open, onFile, signal }: ListOptions): Promise<DatasetRow[]> {
  const all = datasets.reduce((sum, { files }) => sum + files.length, 0);
  const rows: DatasetRow[] = [];
  let done = 0;
  for (const { dataset, files } of datasets) {
    const list: FileRow[] = [];
    for await (const [, row] of inOrder(files, PARALLEL, (file) => rowOf(file, open))) {
      signal.throwIfAborted();
      list.push(row);
      done += 1;
      if (open !== undefined) onFile?.(done, all);
    }
    const unreadable = list.filter(({ problem }) => problem !== undefined).length;
    // A catalogue may know the entries of all files together only.
    const whole = list.length === dataset.files.length ? catalogueEntries(dataset) : undefined;
    const entries = sumOf(list, 'entries') ?? (open === undefined ? whole : undefined);
    rows.push({ dataset: dataset.name, group: dataset.group, files: list, bytes: sumOf(list, 'bytes'), entries, unreadable });
  }
  return rows;
}

async function rowOf({ path: url, file, ...rest }: AssignedFile, open: ListOptions['open']): Promise<FileRow> {
  const known = { url, bytes: file?.size, entries: file?.entries, luminosityFb: file?.luminosityFb };
  if (open === undefined) return known;
  try {
    const { bytes, entries } = await open({ path: url, ...rest, ...(file === undefined ? {} : { file }) });
    return { ...known, bytes, entries: entries ?? known.entries };
  } catch (error) {
    if (!isPipelineError(error)) throw error;
    return { ...known, problem: error.message };
  }
}

/** Undefined where a file that can be opened does not say. */
function sumOf(files: readonly FileRow[], what: 'bytes' | 'entries'): number | undefined {
  const readable = files.filter(({ problem }) => problem === undefined);
  if (readable.length === 0 || readable.some((file) => file[what] === undefined)) return undefined;
  return readable.reduce((sum, file) => sum + (file[what] ?? 0), 0);
}
