import type { Log } from '#shared/runtime/log.ts';
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { CollectorEvent } from './collector.ts';

/** Tells log and metrics what the collector does. */
export function observeCollector(log: Log, metrics: Metrics): (event: CollectorEvent) => void {
  return (event) => {
    if (event.kind === 'run') return log.info({ run: event.run, state: event.state }, 'run.state');
    if (event.kind === 'broken') return log.warn({ run: event.run, reason: event.reason }, 'run.broken');
    if (event.kind === 'output') {
      const { run, error } = event;
      return error === undefined ? log.info({ run }, 'run.uploaded') : log.warn({ run, error }, 'run.upload-failed');
    }
    if (event.kind === 'refused') {
      const { reason, queue, deliveries } = event.letter;
      metrics.refused(reasonLabel(reason));
      return log.warn({ reason, queue, deliveries }, 'message.refused');
    }
    if (event.kind === 'moved') {
      const { run, from, to, tasks } = event;
      metrics.task('moved', tasks);
      return log.info({ run, from, to, tasks }, 'tasks.moved');
    }
    if (event.kind === 'reissued') {
      metrics.task(`reissued-${event.reason}`, event.tasks);
      return log.info({ reason: event.reason, tasks: event.tasks }, 'tasks.reissued');
    }
    const { results, ms } = event;
    metrics.commit(ms / 1000, results.length);
    for (const { report, outcome } of results) {
      metrics.task(outcome);
      if (report.kind === 'success') {
        if (outcome === 'committed') metrics.read({ entries: report.to - report.from, bytes: report.bytesRead, stagesMs: report.stagesMs });
      } else {
        const { run, index, attempt, worker, code, text } = report;
        const about = { run, task: index, attempt, worker, code, text };
        if (outcome === 'failed') log.warn(about, 'task.failed');
        else if (outcome === 'retry') log.info(about, 'task.retry');
      }
    }
    log.debug({ reports: results.length, ms: Math.round(ms) }, 'ledger.commit');
  };
}

/** Labels must be few. */
function reasonLabel(reason: string): string {
  if (/no run /.test(reason)) return 'unknown run';
  if (/ of an earlier run /.test(reason)) return 'earlier run';
  if (/no task /.test(reason)) return 'unknown task';
  if (/schema|no application|content type|of version/.test(reason)) return 'malformed';
  return /delivered too often/.test(reason) ? 'delivered too often' : 'other';
}
