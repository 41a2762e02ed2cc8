import type { Queue } from '#shared/queue/queue.ts';
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { Collector } from './collector.ts';

/** A broker that does not answer must not hold up all metrics. */
const PATIENCE_MS = 1000;

/** Queue depth, open runs, completeness: read when asked for. */
export function gaugesOf(metrics: Metrics, collector: Collector, { tasks }: Queue): void {
  metrics.gauge('higgsflow_runs_open', () => collector.openRuns().length);
  metrics.gauge('higgsflow_queue_depth', async () => {
    const depth = tasks.depth().catch(() => Number.NaN);
    return Promise.race([depth, new Promise<number>((resolve) => setTimeout(resolve, PATIENCE_MS, Number.NaN).unref())]);
  });
  metrics.completeness(async () =>
    collector.openRuns().flatMap((run) => collector.completeness(run).map(({ dataset, value }) => ({ run, dataset, value }))),
  );
}
