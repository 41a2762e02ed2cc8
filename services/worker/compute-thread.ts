/** Entry of a compute thread: one task after the other, until the main thread ends it. */
import { parentPort, workerData } from 'node:worker_threads';
import { isPipelineError } from '#shared/errors.ts';
import type { Task } from '#shared/queue/messages.ts';
import { limitArenas } from '#shared/root/arena.ts';
import { limitBandwidth } from '#shared/storage/bandwidth.ts';
import { giveSettings } from '#shared/storage/given-settings.ts';
import { FileCache } from './file-cache.ts';
import { runTask, type TaskPlace } from './run-task.ts';
import type { FromThread, ThreadFailure, ThreadStart, ToThread } from './thread-protocol.ts';

/** Answers of short tasks go out together, but wait no longer than this. */
const GATHER_MS = 5;

const settings = workerData as ThreadStart;
limitBandwidth(settings.bandwidth);
limitArenas(settings.memoryMb * 1e6);
giveSettings(settings.storage);
const files = new FileCache(settings.readRetry);
/** By the run of the tasks that came since there was nothing to do. */
const aborts = new Map<string, AbortController>();
/** Settles when the task that came last is answered. */
let last: Promise<void> = Promise.resolve();
const begun = new Int32Array(settings.begun);
let waiting = 0;
let answers: FromThread[] = [];
let sentAt = 0;

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'tasks') {
    if (waiting === 0) aborts.clear();
    waiting += message.tasks.length;
    for (const task of message.tasks) {
      const signal = signalOf(task.run);
      last = last.then(() => answer(task, signal));
    }
    return;
  }
  for (const [run, abort] of aborts) {
    if (message.run !== undefined && message.run !== run) continue;
    abort.abort(new Error('aborted'));
    aborts.delete(run);
  }
});

function signalOf(run: string): AbortSignal {
  const abort = aborts.get(run) ?? new AbortController();
  aborts.set(run, abort);
  return abort.signal;
}

async function answer(task: Task, signal: AbortSignal): Promise<void> {
  Atomics.add(begun, 0, 1);
  if (signal.aborted) return send({ kind: 'aborted' });
  const place: TaskPlace = {};
  try {
    send({ kind: 'partial', partial: await runTask(task, { ...settings, files, signal, place }) });
  } catch (error) {
    await files.forget(task.url).catch(() => {}); // closing what just failed may fail too; the first reason is the one to tell
    send(signal.aborted ? { kind: 'aborted' } : { kind: 'failure', failure: { ...describe(error, task), ...place } });
  }
}

/** At once, unless there is more to do, and the last answers went out just now. */
function send(message: FromThread): void {
  answers.push(message);
  waiting -= 1;
  const now = performance.now();
  if (waiting > 0 && now - sentAt < GATHER_MS) return;
  sentAt = now;
  const all = answers;
  answers = [];
  // Partials are copied, not transferred: the first buffer that is taken from a thread makes V8 throw away all its optimised code.
  parentPort?.postMessage(all);
}

/** An error that is not ours is a bug, of an analysis or of higgsflow: trying again would only meet it again. */
function describe(error: unknown, { url }: Task): ThreadFailure {
  if (isPipelineError(error)) return { code: error.code, text: error.message, file: error.file ?? url, retryable: error.retryable };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'AnalysisError', text: `unexpected error: ${text}`, file: url, retryable: false };
}
