import { isPipelineError } from '#shared/errors.ts';
import { MAX_OUTCOME_TEXT } from '#shared/queue/output-outcome.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import { readEnvironment } from '#shared/runtime/config.ts';
import { waitForCredentials } from '#shared/runtime/credentials.ts';
import { runSettings } from '#shared/storage/run-settings.ts';
import { uploadFiles } from '#shared/storage/upload.ts';

/** The keys may come after the run is over: a Secret takes its time to get to a pod. */
const PATIENCE_MS = 90_000;

/** Brings files to the run's folder in its bucket. Returns why they are not all there, if so: the files themselves are not lost. */
export async function uploadResults(
  { folder, ...reading }: NonNullable<RunDetails['output']>,
  files: Readonly<Record<string, string | Uint8Array>>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    if (reading.secret !== undefined) await waitForCredentials(readEnvironment().credentialsFolder, reading.secret, PATIENCE_MS, signal);
    const { settings } = runSettings(reading);
    await uploadFiles(folder, files, { settings, signal });
    return undefined;
  } catch (error) {
    if (signal?.aborted || !isPipelineError(error)) throw error;
    return error.message.slice(0, MAX_OUTCOME_TEXT);
  }
}
