/** Result files of all runs on the volume: while a run goes on now and then, and when it has ended. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { RunFeed, RunSummary } from '#shared/plot/feed.ts';
import type { RunState } from '#shared/plot/snapshot.ts';
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

interface Written {
  readonly state: RunState;
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
    const text = String(error);
    if (text !== troubles.get(run)) log('web.files-not-written', { ...(run !== '' && { run }), error: text });
    troubles.set(run, text);
  };
  /** Never rejects: the other runs go on. */
  const writeOne = async (run: string) => {
    try {
      const state = await write(run, options);
      written.set(run, { state, atMs: performance.now() });
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

function isDue({ state, output }: RunSummary, known: Written | undefined, writeMs: number): boolean {
  if (known === undefined || known.state !== state) return true;
  if (state !== 'running' && output?.state === 'waiting') return true;
  return state === 'running' && performance.now() - known.atMs >= writeMs;
}

/** Returns the state that the files are of. */
async function write(run: string, { feed, folder, log, signal }: OutFilesOptions): Promise<RunState> {
  const snapshot = await feed.snapshot(run);
  if (snapshot === undefined || !v.is(runId, run)) return 'cancelled';
  const place = join(folder, run);
  if (snapshot.state === 'running') await writePlotAndHistograms(place, snapshot);
  else {
    const details = await feed.details(run);
    const report = details && (await writeResults(place, snapshot, details, { upload: snapshot.output?.state === 'waiting', signal }));
    log('web.results-written', { run, folder: place, state: snapshot.state });
    for (const each of report?.unwritten ?? []) log('web.file-not-made', { run, ...each });
    if (report?.output !== undefined) await tellOutput(run, report.output, { feed, log });
  }
  return snapshot.state;
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
async function writtenBefore(folder: string, { run, state, startedAt }: RunSummary): Promise<Written | undefined> {
  try {
    const report = JSON.parse(await readFile(join(folder, run, 'report.json'), 'utf8')) as Partial<RunSummary>;
    return report.state === state && report.startedAt === startedAt ? { state, atMs: Number.NEGATIVE_INFINITY } : undefined;
  } catch {
    return undefined; // not written yet, or not whole
  }
}
