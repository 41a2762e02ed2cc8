import type { Log } from '#shared/runtime/log.ts';
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { TaskEvent } from './worker.ts';

/** Tells log and metrics what happens to tasks: a line when one begins (debug), and one when it ends. */
export function observeTasks(log: Log, metrics: Metrics): (event: TaskEvent) => void {
  return (event) => {
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
    metrics.read({ entries: to - from, bytes: bytesRead, stagesMs });
    log.info({ ...about, entries: to - from, bytesRead, wallMs: Math.round(wallMs) }, 'task.done');
  };
}
