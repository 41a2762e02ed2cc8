/** Result files of all runs on the volume: while a run goes on now and then, and when it has ended. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFeed, RunSummary } from '#shared/plot/feed.ts';
import type { RunState } from '#shared/plot/snapshot.ts';
import { runId } from '#shared/queue/messages.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import { sleep } from '#shared/runtime/retry.ts';
import type { RunFiles } from './downloads.ts';
import type { WebLog } from './live-streams.ts';
import { writePlotAndHistograms, writeResults } from './write-results.ts';

export interface OutFilesOptions {
  readonly feed: RunFeed & { details(run: string): Promise<RunDetails | undefined> };
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
    if (!runId.safeParse(run).success) return undefined;
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
  let troubles = '';
  while (!signal.aborted) {
    try {
      for (const summary of await feed.runs()) {
        if (signal.aborted) return;
        const known = written.get(summary.run) ?? (await writtenBefore(options.folder, summary));
        if (known !== undefined) written.set(summary.run, known);
        if (!isDue(summary.state, known, writeMs)) continue;
        written.set(summary.run, { state: await write(summary.run, options), atMs: performance.now() });
      }
      troubles = '';
    } catch (error) {
      const text = String(error);
      if (text !== troubles) log('web.files-not-written', { error: text });
      troubles = text;
    }
    await sleep(lookMs, signal).catch(() => {});
  }
}

function isDue(state: RunState, known: Written | undefined, writeMs: number): boolean {
  if (known === undefined || known.state !== state) return true;
  return state === 'running' && performance.now() - known.atMs >= writeMs;
}

/** Returns the state that the files are of. */
async function write(run: string, { feed, folder, log }: OutFilesOptions): Promise<RunState> {
  const snapshot = await feed.snapshot(run);
  if (snapshot === undefined || !runId.safeParse(run).success) return 'cancelled';
  const place = join(folder, run);
  if (snapshot.state === 'running') await writePlotAndHistograms(place, snapshot);
  else {
    const details = await feed.details(run);
    if (details !== undefined) await writeResults(place, snapshot, details);
    log('web.results-written', { run, folder: place, state: snapshot.state });
  }
  return snapshot.state;
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
