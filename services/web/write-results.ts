import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import type { PlotModel } from '#shared/plot/plot-model.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { histogramFiles } from '#shared/results/histogram-set.ts';
import { buildReport, type Report } from '#shared/results/report.ts';
import { reportToMarkdown } from '#shared/results/report-markdown.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import { writeFiles } from '#shared/results/write-files.ts';

/** Drawn for a run; others can be looked at on the page, or drawn by `higgsflow plot`. */
const MOST_PLOTS = 50;

let renderer: ((model: PlotModel) => Uint8Array) | undefined;

export interface WriteOptions {
  /** Brings the files to the run's bucket as well, if it has one. */
  readonly upload?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes all result files of a run into its folder. The report tells whether they are in the run's bucket as well.
 * @throws StorageError naming the file that cannot be written
 */
export async function writeResults(
  folder: string,
  snapshot: RunSnapshot,
  details: RunDetails,
  { upload = false, signal }: WriteOptions = {},
): Promise<Report> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const report = buildReport(snapshot, details, {
    higgsflow: version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  });
  const files = { ...histogramFiles(snapshot), ...(await plotFiles(snapshot, MOST_PLOTS)) };
  await writeFiles(folder, files);
  const { output } = details;
  if (output === undefined || !upload) {
    await writeFiles(folder, reportFiles(report));
    return report;
  }
  const { uploadResults } = await import('./upload-results.ts');
  const told = { ...report, output: { folder: output.folder, error: await uploadResults(output, files, signal) } };
  await writeFiles(folder, reportFiles(told));
  const error = told.output.error ?? (await uploadResults(output, reportFiles(told), signal));
  if (error === told.output.error) return told;
  const corrected = { ...report, output: { folder: output.folder, error } };
  await writeFiles(folder, reportFiles(corrected));
  return corrected;
}

function reportFiles(report: Report): Record<string, string> {
  return { 'report.json': `${JSON.stringify(report, undefined, 2)}\n`, 'report.md': reportToMarkdown(report) };
}

/** Writes plot.png and histograms.* as they are at this moment. @throws StorageError naming the file that cannot be written */
export async function writePlotAndHistograms(folder: string, snapshot: RunSnapshot): Promise<void> {
  await writeFiles(folder, { ...histogramFiles(snapshot), ...(await plotFiles(snapshot, 1)) });
}

/** `plot.png` shows the first histogram that can be drawn, `plot-NAME.png` each further one, up to `most`. */
async function plotFiles(snapshot: RunSnapshot, most: number): Promise<Record<string, Uint8Array>> {
  const { buildPlotModel, drawableHistograms } = await import('#shared/plot/plot-model.ts');
  const drawable = drawableHistograms(snapshot).slice(0, most);
  if (drawable.length === 0) return {};
  const { createPngRenderer } = await import('./png.ts');
  renderer ??= createPngRenderer();
  const files: Record<string, Uint8Array> = {};
  for (const [i, { name }] of drawable.entries()) {
    files[i === 0 ? 'plot.png' : `plot-${name}.png`] = renderer(buildPlotModel(snapshot, name));
    // Drawing takes some tenths of a second: whoever asks meanwhile is answered.
    await setImmediate();
  }
  return files;
}
