import { isPipelineError } from '#shared/errors.ts';
import type { Task } from '#shared/queue/messages.ts';
import { readEnvironment } from '#shared/runtime/config.ts';
import { credentialsStamp, waitForCredentials } from '#shared/runtime/credentials.ts';
import type { FromThread } from './thread-protocol.ts';

/** A Secret takes its time to come to a pod that runs already; the kubelet looks every minute or so. */
const PATIENCE_MS = 90_000;

/**
 * Resolves when the keys of the task's run are there: with an answer in place of a partial where they do not come, or the
 * worker stops. `onWait` is called when there is something to wait for.
 */
export async function awaitCredentials(
  { secret, url }: Task,
  signal: AbortSignal,
  onWait: () => void,
  patienceMs = PATIENCE_MS,
): Promise<Exclude<FromThread, { kind: 'partial' }> | undefined> {
  if (secret === undefined) return undefined;
  const { credentialsFolder } = readEnvironment();
  if (credentialsStamp(credentialsFolder, secret) !== undefined) return undefined;
  onWait();
  try {
    await waitForCredentials(credentialsFolder, secret, patienceMs, signal);
    return undefined;
  } catch (error) {
    if (!isPipelineError(error)) return { kind: 'aborted' };
    return { kind: 'failure', failure: { code: error.code, text: error.message, file: url, retryable: error.retryable } };
  }
}
