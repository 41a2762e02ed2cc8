import type { Log } from '#shared/runtime/log.ts';
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { TaskEvent } from './worker.ts';

/** Tasks shorter than this are told together: a line for each would cost about as much as they do. */
const SHORT_MS = 100;
const TELL_MS = 1000;

/** Told what happens to tasks. Disposed of, it tells what it has not told yet. */
export interface TaskObserver extends Disposable {
  readonly onTask: (event: TaskEvent) => void;
}

/** Tells log and metrics what happens to tasks: a line when one begins (debug), and one when it ends (short tasks: debug, too). */
export function observeTasks(log: Log, metrics: Metrics): TaskObserver {
  const short = new ShortTasks(log);
  const onTask = (event: TaskEvent) => {
    const { run, index, attempt } = event.task;
    const about = { run, task: index, attempt };
    if (event.kind === 'started') return log.debug({ ...about, redelivered: event.redelivered, file: event.task.url }, 'task.started');
    if (event.kind === 'waiting') return log.warn({ ...about, secret: event.task.secret }, 'task.waiting-for-credentials');
    if (event.kind === 'returned') {
      metrics.task('returned');
      return log.info(about, 'task.returned');
    }
    const { report } = event;
    metrics.task(report.kind);
    if (report.kind === 'failure') {
      const { code, text, retryable } = report;
      return log.warn({ ...about, code, text, retryable }, 'task.failed');
    }
    const { from, to, bytesRead, wallMs, stagesMs } = report;
    const entries = to - from;
    metrics.read({ entries, bytes: bytesRead, stagesMs });
    const isShort = wallMs < SHORT_MS;
    if (isShort) short.add(run, { entries, bytesRead, wallMs });
    log[isShort ? 'debug' : 'info']({ ...about, entries, bytesRead, wallMs: Math.round(wallMs) }, 'task.done');
  };
  return { onTask, [Symbol.dispose]: () => short.tell() };
}

interface Done {
  readonly entries: number;
  readonly bytesRead: number;
  readonly wallMs: number;
}

/** Sums up short tasks for a line each second and run. */
class ShortTasks {
  readonly #log: Log;
  readonly #sums = new Map<string, Done & { readonly tasks: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  add(run: string, { entries, bytesRead, wallMs }: Done): void {
    const sum = this.#sums.get(run) ?? { tasks: 0, entries: 0, bytesRead: 0, wallMs: 0 };
    this.#sums.set(run, {
      tasks: sum.tasks + 1,
      entries: sum.entries + entries,
      bytesRead: sum.bytesRead + bytesRead,
      wallMs: sum.wallMs + wallMs,
    });
    this.#timer ??= setTimeout(() => this.tell(), TELL_MS);
  }

  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [run, { wallMs, ...sum }] of this.#sums) this.#log.info({ run, ...sum, wallMs: Math.round(wallMs) }, 'tasks.done');
    this.#sums.clear();
  }
}
