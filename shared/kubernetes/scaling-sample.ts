/** A scaling run as a table: one row every few seconds. */
import { ConfigError } from '../errors.ts';
import type { QueueDepth } from './queue-depth.ts';
import type { Autoscaler, PodCounts } from './workers.ts';

/** The cluster and the work at one moment. */
export interface ScalingSample {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly pods: PodCounts;
  readonly autoscaler: Autoscaler | undefined;
  readonly queue: QueueDepth | undefined;
  /** Tasks not yet committed or failed, of all open runs. */
  readonly remaining: number | undefined;
  readonly eventsPerSecond: number | undefined;
}

/** What a row holds; cells that were not known are empty. */
export const SCALING_COLUMNS = [
  'time',
  'pending',
  'running',
  'terminating',
  'failed',
  'hpa_current',
  'hpa_desired',
  'hpa_max',
  'hpa_cpu_percent',
  'queue_ready',
  'queue_unacked',
  'tasks_remaining',
  'events_per_second',
] as const;

export type ScalingColumn = (typeof SCALING_COLUMNS)[number];
/** A row that was read back: the time in ms, NaN for empty cells. */
export type ScalingRow = Readonly<Record<ScalingColumn, number>>;

export function scalingCsvLine({ time, pods, autoscaler, queue, remaining, eventsPerSecond }: ScalingSample): string {
  const cells: Record<ScalingColumn, string | number | undefined> = {
    time,
    pending: pods['Pending'] ?? 0,
    running: pods['Running'] ?? 0,
    terminating: pods['Terminating'] ?? 0,
    failed: pods['Failed'] ?? 0,
    hpa_current: autoscaler?.current,
    hpa_desired: autoscaler?.desired,
    hpa_max: autoscaler?.max,
    hpa_cpu_percent: autoscaler?.cpuPercent,
    queue_ready: queue?.ready,
    queue_unacked: queue?.unacked,
    tasks_remaining: remaining,
    events_per_second: eventsPerSecond === undefined ? undefined : Math.round(eventsPerSecond),
  };
  return SCALING_COLUMNS.map((column) => cells[column] ?? '').join(',');
}

/**
 * The rows of a file that `scalingCsvLine` wrote, with its header.
 * @throws ConfigError naming the line that is wrong
 */
export function parseScalingCsv(text: string, file: string): ScalingRow[] {
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);
  if (header !== SCALING_COLUMNS.join(',')) {
    throw new ConfigError('this is no scaling table: its first line is not the header', {
      file,
      hint: `It reads ${SCALING_COLUMNS.join(',')}`,
    });
  }
  return lines.map((line, index) => {
    const cells = line.split(',');
    const time = Date.parse(cells[0] ?? '');
    const values = cells.map((cell, column) => (column === 0 ? time : cell === '' ? Number.NaN : Number(cell)));
    if (cells.length !== SCALING_COLUMNS.length || Number.isNaN(time)) {
      throw new ConfigError(`line ${index + 2} has not one cell a column, or no time`, { file });
    }
    return Object.fromEntries(SCALING_COLUMNS.map((column, at) => [column, values[at]])) as ScalingRow;
  });
}
