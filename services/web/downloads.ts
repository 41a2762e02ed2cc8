/** The files of a run that the page offers. */
import type { Readable } from 'node:stream';

export const DOWNLOADS = {
  'plot.png': 'image/png',
  'histograms.json': 'application/json',
  'histograms.csv': 'text/csv; charset=utf-8',
  'histograms.root': 'application/octet-stream',
  'report.json': 'application/json',
  'report.md': 'text/markdown; charset=utf-8',
} as const;

export type DownloadName = keyof typeof DOWNLOADS;

/** A file of a run; undefined as long as it is not written. `plot.png` is never asked for: it is drawn from the snapshot. */
export type RunFiles = (run: string, name: DownloadName) => Promise<Uint8Array | Readable | undefined>;

/** True for the name of a file that exists for runs. */
export function isDownload(name: string): name is DownloadName {
  return Object.hasOwn(DOWNLOADS, name);
}
