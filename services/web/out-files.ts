/** Result files of all runs on the volume: while a run goes on now and then, and when it has ended. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { RunFeed, RunSummary } from '#shared/plot/feed.ts';
import { runId } from '#shared/queue/messages.ts';
import type { OutputOutcome } from '#shared/queue/output-outcome.ts';
import type { Report } from '#shared/results/report.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import { sleep } from '#shared/runtime/retry.ts';
import type { RunFiles } from './downloads.ts';
import type { WebLog } from './live-streams.ts';
import { writePlotAndHistograms, writeResults } from './write-results.ts';

export interface OutFilesOptions {
  readonly feed: RunFeed & {
    details(run: string): Promise<RunDetails | undefined>;
    tellOutput(run: string, outcome: OutputOutcome): Promise<void>;
  };
  /** Each run has a folder of its name in it. */
  readonly folder: string;
  readonly log: WebLog;
  readonly signal: AbortSignal;
  /** Between two looks at the list of runs. */
  readonly lookMs?: number;
  /** Between two writings of a run that goes on. */
  readonly writeMs?: number;
}

/** Result files as downloads, once they are written. */
export function filesIn(folder: string): RunFiles {
  return async (run, name) => {
    if (!v.is(runId, run)) return undefined;
    const path = join(folder, run, name);
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() === true ? createReadStream(path) : undefined;
  };
}

/** What tells apart the results that a run has had, and those of runs that had its id before. */
type Results = Pick<RunSummary, 'state' | 'startedAt' | 'edition'>;

/** What the files are of, and when they were written. */
interface Written extends Results {
  readonly atMs: number;
}

/** Writes until the signal aborts. What cannot be read or written is logged, and tried again with the next look. */
export async function writeOutFiles(options: OutFilesOptions): Promise<void> {
  const { feed, log, signal, lookMs = 1000, writeMs = 10_000 } = options;
  const written = new Map<string, Written>();
  const uploads = new Map<string, Promise<void>>();
  /** By run, what was told last; of the list of runs, under ''. */
  const troubles = new Map<string, string>();
  const tell = (run: string, error: unknown) => {
    if (signal.aborted) return;
    const text = String(error);
    if (text !== troubles.get(run)) log('web.files-not-written', { ...(run !== '' && { run }), error: text });
    troubles.set(run, text);
  };
  /** Never rejects: the other runs go on. */
  const writeOne = async (run: string) => {
    try {
      const results = await write(run, options);
      written.set(run, { ...results, atMs: performance.now() });
      troubles.delete(run);
    } catch (error) {
      tell(run, error);
    }
  };
  while (!signal.aborted) {
    try {
      for (const summary of await feed.runs()) {
        if (signal.aborted) break;
        const known = written.get(summary.run) ?? (await writtenBefore(options.folder, summary));
        if (known !== undefined) written.set(summary.run, known);
        const { run, output } = summary;
        if (uploads.has(run) || !isDue(summary, known, writeMs)) continue;
        const writing = writeOne(run);
        // Other runs do not wait for a slow or faulty bucket.
        if (output === undefined) await writing;
        else
          uploads.set(
            run,
            writing.finally(() => uploads.delete(run)),
          );
      }
      troubles.delete('');
    } catch (error) {
      tell('', error);
    }
    await sleep(lookMs, signal).catch(() => {});
  }
  await Promise.all(uploads.values());
}

function isDue(summary: RunSummary, known: Written | undefined, writeMs: number): boolean {
  const { state, startedAt, output } = summary;
  if (known === undefined || known.state !== state || known.startedAt !== startedAt) return true;
  if (state === 'running') return performance.now() - known.atMs >= writeMs;
  // It may have gone on and ended since the last look.
  return known.edition !== summary.edition || output?.state === 'waiting';
}

/** Returns what the files are of. */
async function write(run: string, { feed, folder, log, signal }: OutFilesOptions): Promise<Results> {
  const snapshot = await feed.snapshot(run);
  if (snapshot === undefined || !v.is(runId, run)) return { state: 'cancelled', startedAt: '', edition: 0 };
  const place = join(folder, run);
  if (snapshot.state === 'running') await writePlotAndHistograms(place, snapshot);
  else {
    const details = await feed.details(run);
    const report = details && (await writeResults(place, snapshot, details, { upload: snapshot.output?.state === 'waiting', signal }));
    log('web.results-written', { run, folder: place, state: snapshot.state });
    for (const each of report?.unwritten ?? []) log('web.file-not-made', { run, ...each });
    if (report?.output !== undefined) await tellOutput(run, report.output, { feed, log });
  }
  return snapshot;
}

async function tellOutput(
  run: string,
  { folder, error }: NonNullable<Report['output']>,
  { feed, log }: Pick<OutFilesOptions, 'feed' | 'log'>,
): Promise<void> {
  if (error === undefined) log('web.results-uploaded', { run, folder });
  else log('web.upload-failed', { run, folder, error });
  await feed.tellOutput(run, error === undefined ? {} : { error });
}

/** A service that starts again leaves alone what it wrote of runs that are over. */
async function writtenBefore(folder: string, { run, state, startedAt, edition }: RunSummary): Promise<Written | undefined> {
  try {
    const report = JSON.parse(await readFile(join(folder, run, 'report.json'), 'utf8')) as Partial<RunSummary>;
    const isSame = report.state === state && report.startedAt === startedAt && report.edition === edition;
    return isSame ? { state, startedAt, edition, atMs: Number.NEGATIVE_INFINITY } : undefined;
  } catch {
    return undefined; // not written yet, or not whole
  }
}
