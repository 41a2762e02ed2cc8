/** Progress for people, on stderr: one line that is redrawn on a terminal, a line every few seconds elsewhere. */
import { durationText } from '#shared/plot/duration-text.ts';
import { readText } from '#shared/plot/plot-text.ts';
import type { DatasetSnapshot, Progress, RunSnapshot } from '#shared/plot/snapshot.ts';
import { formatBytes, formatTable } from '../format.ts';

/** What `showProgress` needs of process.stderr. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const LINE_MS = 3000;

/** Writes until the snapshots end, then the table of datasets. */
export async function showProgress(snapshots: AsyncIterable<RunSnapshot>, stream: ProgressStream): Promise<void> {
  let last: RunSnapshot | undefined;
  let wroteAt = Number.NEGATIVE_INFINITY;
  for await (const snapshot of snapshots) {
    last = snapshot;
    const line = progressLine(snapshot);
    if (stream.isTTY === true) stream.write(`\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}`);
    else if (performance.now() - wroteAt >= LINE_MS) {
      stream.write(`${line}\n`);
      wroteAt = performance.now();
    }
  }
  if (stream.isTTY === true) stream.write('\r\x1b[K');
  if (last !== undefined) stream.write(`${progressLine(last)}\n${datasetTable(last)}\n`);
}

/** "9/12 files  1,234,567 entries (81 %)  2.1 M/s  34.2 MB/s  ETA 12 s". */
export function progressLine({ state, totals, elapsedMs }: RunSnapshot): string {
  const { filesDone, files, entriesCommitted, entriesExpected, entriesPerSecond, bytesRead, etaMs, tasksFailed } = totals;
  const onAverage = (sum: number) => (elapsedMs > 0 ? (sum * 1000) / elapsedMs : 0);
  const percent = entriesExpected === undefined ? '' : ` (${Math.floor(totals.completeness * 100)} %)`;
  const parts = [
    `${filesDone}/${files} files`,
    `${entriesCommitted.toLocaleString('en-US')} entries${percent}`,
    `${rate(state === 'running' ? entriesPerSecond : onAverage(entriesCommitted))} entries/s`,
    `${formatBytes(onAverage(bytesRead))}/s`,
    ...(tasksFailed > 0 ? [`${tasksFailed} failed`] : []),
    ...(etaMs === undefined || etaMs === 0 ? [] : [`ETA ${durationText(etaMs)}`]),
  ];
  return parts.join('  ');
}

/** A file is done when all its tasks are, be they committed or failed: of the latter a column tells, where there are any. */
function datasetTable({ datasets, totals }: RunSnapshot): string {
  const failed = (text: string) => (totals.tasksFailed > 0 ? [text] : []);
  const row = (name: string, each: Progress) => [
    name,
    `${each.filesDone}/${each.files}`,
    ...failed(each.tasksFailed === 0 ? '' : each.tasksFailed.toLocaleString('en-US')),
    each.entriesCommitted.toLocaleString('en-US'),
    lostText(each),
    readText(each),
    formatBytes(each.bytesRead),
  ];
  const rows = datasets.map((dataset: DatasetSnapshot) => row(dataset.name, dataset));
  return formatTable([['dataset', 'files', ...failed('failed'), 'entries', 'lost', 'complete', 'read'], ...rows, row('all', totals)]).join(
    '\n',
  );
}

/** Of a failed file that could not be opened nobody may know how many it had. */
function lostText({ entriesLost, entriesExpected, tasksFailed }: Progress): string {
  const isUnknown = tasksFailed > 0 && entriesExpected === undefined;
  return `${entriesLost.toLocaleString('en-US')}${isUnknown ? ' + ?' : ''}`;
}

function rate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(1)} k` : perSecond.toFixed(0);
}
