/** Entry of a compute thread: one task after the other, until the main thread ends it. */
import { parentPort, workerData } from 'node:worker_threads';
import { isPipelineError } from '#shared/errors.ts';
import type { Task } from '#shared/queue/messages.ts';
import { limitBandwidth } from '#shared/storage/bandwidth.ts';
import { FileCache } from './file-cache.ts';
import { runTask, type TaskPlace } from './run-task.ts';
import type { FromThread, ThreadFailure, ThreadSettings, ToThread } from './thread-protocol.ts';

const settings = workerData as ThreadSettings;
limitBandwidth(settings.bandwidth);
const files = new FileCache(settings.readRetry);
/** Of the tasks that came since the last abort. */
let abort = new AbortController();
/** Settles when the task that came last is answered. */
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'task') {
    const { signal } = abort;
    last = last.then(() => answer(message.task, signal));
    return;
  }
  abort.abort(new Error('aborted'));
  abort = new AbortController();
});

async function answer(task: Task, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return send({ kind: 'aborted' });
  const place: TaskPlace = {};
  try {
    const partial = await runTask(task, { ...settings, files, signal, place });
    const buffers = Object.values(partial.histograms).map(({ buffer }) => buffer as ArrayBuffer);
    send({ kind: 'partial', partial }, [...new Set(buffers)]);
  } catch (error) {
    await files.forget(task.url).catch(() => {}); // closing what just failed may fail too; the first reason is the one to tell
    send(signal.aborted ? { kind: 'aborted' } : { kind: 'failure', failure: { ...describe(error, task), ...place } });
  }
}

function send(message: FromThread, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** An error that is not ours is a bug, of an analysis or of higgsflow: trying again would only meet it again. */
function describe(error: unknown, { url }: Task): ThreadFailure {
  if (isPipelineError(error)) return { code: error.code, text: error.message, file: error.file ?? url, retryable: error.retryable };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'AnalysisError', text: `unexpected error: ${text}`, file: url, retryable: false };
}
