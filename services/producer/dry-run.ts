import type { RunSpec } from '#shared/queue/run-spec.ts';
import { entriesToRead } from '#shared/queue/task-limits.ts';
import { planChunks } from './plan-chunks.ts';
import { type Describe, filesOf, inOrder, PARALLEL } from './plan-run.ts';

/** What a dataset would cost. */
export interface PlannedDataset {
  readonly dataset: string;
  files: number;
  /** Files that cannot be opened; nothing else of them is counted. */
  unreadable: number;
  tasks: number;
  entries: number;
  /** Compressed bytes of the columns that the analysis reads. */
  bytesToRead: number;
}

/** Opens every file and adds up what a run of the spec would read. Sends nothing. */
export async function dryRun(spec: RunSpec, describe: Describe, signal: AbortSignal): Promise<PlannedDataset[]> {
  const datasets = spec.datasets.map(({ name }) => ({ dataset: name, files: 0, unreadable: 0, tasks: 0, entries: 0, bytesToRead: 0 }));
  const byName = new Map(datasets.map((each) => [each.dataset, each]));
  for await (const [file, description] of inOrder(filesOf(spec), PARALLEL, (each) => describe(each, signal))) {
    signal.throwIfAborted();
    const sum = byName.get(file.dataset) as PlannedDataset;
    sum.files += 1;
    sum.tasks += description === undefined ? 1 : planChunks(description, spec).length;
    if (description === undefined) sum.unreadable += 1;
    else {
      const entries = entriesToRead(description.entries, spec.fraction);
      sum.entries += entries;
      sum.bytesToRead += description.entries === 0 ? 0 : Math.round((description.columnBytes * entries) / description.entries);
    }
  }
  return datasets;
}
