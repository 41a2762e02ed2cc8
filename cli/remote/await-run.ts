/** `submit --wait`: until the run is over, its files are written here and are in its bucket. */

import { sleep } from '#shared/runtime/retry.ts';
import { INTERRUPTED } from '#shared/runtime/shutdown.ts';
import type { Higgsflow, RunSnapshot } from '../api.ts';
import { writeOutputFiles } from '../run/output-files.ts';
import { showRun, uploadLine } from './watch-run.ts';

/** Copies of result files that are wanted on this machine. */
export interface OutputFlags {
  readonly outputFile?: string;
  readonly outputJsonFile?: string;
}

const FAILED = 1;
const INCOMPLETE = 3;
/** The web service looks for runs that are over every second; keys may take a minute and a half. */
const UPLOAD_MS = 10 * 60_000;
/** Nobody has begun for so long: perhaps there is nobody. */
const HINT_MS = 20_000;

/** Shows the run until it is over; returns the exit code. */
export async function awaitRun(higgsflow: Higgsflow, run: string, flags: OutputFlags, signal: AbortSignal): Promise<number> {
  const last = await showRun(higgsflow.watch(run, { signal }), process.stderr, 'text');
  if (signal.aborted) return INTERRUPTED;
  if (last === undefined) return INCOMPLETE;
  await writeOutputFiles(last, flags);
  const uploaded = await awaitUpload(higgsflow, last, signal);
  if (signal.aborted) return INTERRUPTED;
  if (last.state !== 'complete') return INCOMPLETE;
  return uploaded ? 0 : FAILED;
}

/** True when the files are in the run's bucket, or are not meant to be in any. */
async function awaitUpload(higgsflow: Higgsflow, { run, output: first }: RunSnapshot, signal: AbortSignal): Promise<boolean> {
  const began = performance.now();
  let hinted = false;
  for (let output = first; output !== undefined; ) {
    if (output.state !== 'waiting') {
      say(uploadLine(output));
      return output.state === 'done';
    }
    const waited = performance.now() - began;
    if (waited > UPLOAD_MS) {
      say(`Nobody has told within ${UPLOAD_MS / 60_000} minutes that the results are in ${output.folder}.`);
      return false;
    }
    if (waited > HINT_MS && !hinted) say('Waiting for the upload, which the web service does: is it running?');
    hinted = waited > HINT_MS;
    await sleep(500, signal).catch(() => {});
    if (signal.aborted) return false;
    output = (await higgsflow.status(run, { signal })).output;
  }
  return true;
}

/** What flags for files mean where nobody waits for them. */
export function noteFiles(run: string, { outputFile, outputJsonFile }: OutputFlags, tell: (text: string) => void): void {
  if (outputFile === undefined && outputJsonFile === undefined) return;
  tell(`--output-file and --output-json-file are written with --wait only. Later: higgsflow results ${run} --out FOLDER`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
