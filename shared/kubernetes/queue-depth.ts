/** How full the broker's queues are, from the metrics page of its Prometheus plugin, which asks for no password. */

export interface QueueDepth {
  /** Messages that wait for a worker. */
  readonly ready: number;
  /** Messages in the hands of workers. */
  readonly unacked: number;
}

/** Path of the page with one number a queue. */
export const QUEUE_METRICS_PATH = '/metrics/detailed?family=queue_coarse_metrics';

/** The sum over all task queues of a pool (`<prefix>.tasks.<pool>.<run>`). */
export function parseQueueDepth(page: string, prefix = 'higgsflow', pool = 'default'): QueueDepth {
  let ready = 0;
  let unacked = 0;
  for (const [, kind, labels = '', value] of page.matchAll(/^rabbitmq_detailed_queue_messages_(ready|unacked)\{([^}]*)\} (\S+)$/gm)) {
    if (!labels.includes(`queue="${prefix}.tasks.${pool}.`)) continue;
    if (kind === 'ready') ready += Number(value);
    else unacked += Number(value);
  }
  return { ready, unacked };
}
