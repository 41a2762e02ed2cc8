import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import type { PlotModel } from '#shared/plot/plot-model.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { histogramFileMakers } from '#shared/results/histogram-set.ts';
import { buildReport, type Report, type UnwrittenFile } from '#shared/results/report.ts';
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
 * Writes all result files of a run into its folder. The report tells which could not be made, and whether they are in the run's
 * bucket as well.
 * @throws StorageError naming the first file that cannot be written; the others are there, so far as they can be
 */
export async function writeResults(
  folder: string,
  snapshot: RunSnapshot,
  details: RunDetails,
  { upload = false, signal }: WriteOptions = {},
): Promise<Report> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const { files, unwritten } = await makeFiles(snapshot, MOST_PLOTS);
  const versions = { higgsflow: version, node: process.versions.node, platform: `${process.platform} ${process.arch}` };
  const built = buildReport(snapshot, details, versions);
  const report = unwritten.length === 0 ? built : { ...built, unwritten };
  const { output } = details;
  const trouble = await writeFiles(folder, files).catch((error: unknown) => error);
  if (trouble !== undefined) {
    await writeFiles(folder, reportFiles(report));
    throw trouble;
  }
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
  const { files } = await makeFiles(snapshot, 1);
  await writeFiles(folder, files);
}

interface MadeFiles {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly unwritten: readonly UnwrittenFile[];
}

/** Plots and histograms, each made by itself: what cannot be made keeps nothing else back. */
async function makeFiles(snapshot: RunSnapshot, mostPlots: number): Promise<MadeFiles> {
  const files: Record<string, string | Uint8Array> = {};
  const unwritten: UnwrittenFile[] = [];
  const makers = { ...histogramFileMakers(snapshot), ...(await plotMakers(snapshot, mostPlots)) };
  for (const [file, make] of Object.entries(makers)) {
    try {
      files[file] = make();
    } catch (error) {
      unwritten.push({ file, error: error instanceof Error ? error.message : String(error) });
    }
    // Drawing takes some tenths of a second: whoever asks meanwhile is answered.
    await setImmediate();
  }
  return { files, unwritten };
}

/** `plot.png` shows the first histogram that can be drawn, `plot-NAME.png` each further one, up to `most`. */
async function plotMakers(snapshot: RunSnapshot, most: number): Promise<Record<string, () => Uint8Array>> {
  const { buildPlotModel, drawableHistograms } = await import('#shared/plot/plot-model.ts');
  const drawable = drawableHistograms(snapshot).slice(0, most);
  if (drawable.length === 0) return {};
  const { createPngRenderer } = await import('./png.ts');
  renderer ??= createPngRenderer();
  const draw = renderer;
  return Object.fromEntries(
    drawable.map(({ name }, i) => [i === 0 ? 'plot.png' : `plot-${name}.png`, () => draw(buildPlotModel(snapshot, name))]),
  );
}
