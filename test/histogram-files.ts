import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { histogramFileMakers } from '#shared/results/histogram-set.ts';

/** All files of histograms: to compare what runs have made, byte by byte. */
export function histogramFiles(snapshot: RunSnapshot): Record<string, string | Uint8Array> {
  return Object.fromEntries(Object.entries(histogramFileMakers(snapshot)).map(([name, make]) => [name, make()]));
}
