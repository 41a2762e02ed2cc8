import { basename, dirname } from 'node:path';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { histogramFiles } from '#shared/results/histogram-set.ts';
import { writeFiles } from '#shared/results/write-files.ts';

/** Writes histograms to files of the user's choice as well. @throws StorageError naming the one that cannot be written */
export async function writeOutputFiles(
  snapshot: RunSnapshot,
  { outputFile, outputJsonFile }: { readonly outputFile?: string | undefined; readonly outputJsonFile?: string | undefined },
): Promise<void> {
  if (outputFile === undefined && outputJsonFile === undefined) return;
  const files: Readonly<Record<string, string | Uint8Array>> = histogramFiles(snapshot);
  for (const [path, name] of [
    [outputFile, 'histograms.root'],
    [outputJsonFile, 'histograms.json'],
  ] as const) {
    const content = files[name];
    if (path !== undefined && content !== undefined) await writeFiles(dirname(path), { [basename(path)]: content });
  }
}
