import { basename, dirname } from 'node:path';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { histogramFileMakers } from '#shared/results/histogram-set.ts';
import { writeFiles } from '#shared/results/write-files.ts';

/** Writes histograms to files of the user's choice as well. @throws StorageError naming the one that cannot be written */
export async function writeOutputFiles(
  snapshot: RunSnapshot,
  { outputFile, outputJsonFile }: { readonly outputFile?: string | undefined; readonly outputJsonFile?: string | undefined },
): Promise<void> {
  if (outputFile === undefined && outputJsonFile === undefined) return;
  const makers = histogramFileMakers(snapshot);
  for (const [path, name] of [
    [outputFile, 'histograms.root'],
    [outputJsonFile, 'histograms.json'],
  ] as const) {
    if (path !== undefined) await writeFiles(dirname(path), { [basename(path)]: makers[name]() });
  }
}
