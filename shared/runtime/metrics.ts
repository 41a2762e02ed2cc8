/** All metrics, by name. Labels have few values: outcomes, stages, and the datasets of the runs at work. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of one process. */
export interface Metrics {
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
  /** A task ended: `success`, `failure`, `returned` (worker); `committed`, `failed`, `retry`, `duplicate` (collector). */
  task(outcome: string, count?: number): void;
  /** Entries and bytes read, and the seconds of each stage of a task. */
  read(amounts: { readonly entries: number; readonly bytes: number; readonly stagesMs: Readonly<Record<string, number>> }): void;
  /** Something happened at the queue: published, redelivered, invalid, connected ... */
  queueEvent(event: string): void;
  /** One transaction of the ledger. */
  commit(seconds: number, reports: number): void;
  /** Reports refused: of an unknown run, with wrong axes ... */
  refused(reason: string): void;
  /** Requests to the HTTP API, by status class. */
  request(status: number): void;
  /** A value that is read when it is asked for. */
  gauge(name: GaugeName, read: () => number | Promise<number>): void;
  /** Completeness of the runs at work, read when asked for. */
  completeness(read: () => Promise<readonly { readonly run: string; readonly dataset: string; readonly value: number }[]>): void;
}

const GAUGES = {
  higgsflow_queue_depth: 'Tasks that wait in the broker for a worker',
  higgsflow_tasks_in_hand: 'Tasks that this worker holds',
  higgsflow_threads: 'Compute threads of this worker',
  higgsflow_runs_open: 'Runs that are not over',
  higgsflow_viewers: 'Live viewers of the page',
} as const;

export type GaugeName = keyof typeof GAUGES;

/** Series of completeness at most. */
const MAX_SERIES = 500;

/** Metrics in a registry of their own, with those of the process (memory, CPU, event loop). */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  /** Counts in a map, which the registry sees when it is asked: its own way takes some microseconds, several times a task. */
  const counter = (name: string, help: string, label?: string) => {
    const counts = new Map<string, number>(label === undefined ? [['', 0]] : []);
    new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of counts) this.inc(label === undefined ? {} : { [label]: value }, count);
      },
    });
    return (by: number, value = '') => void counts.set(value, (counts.get(value) ?? 0) + by);
  };
  const tasks = counter('higgsflow_tasks_total', 'Tasks by outcome', 'outcome');
  const entries = counter('higgsflow_entries_total', 'Entries (events) read');
  const bytes = counter('higgsflow_bytes_read_total', 'Bytes read from files');
  const stages = counter('higgsflow_stage_seconds_total', 'Thread seconds by stage of a task', 'stage');
  const events = counter(
    'higgsflow_queue_events_total',
    'What happened at the queue: published, redelivered, requeued, invalid ...',
    'event',
  );
  const refused = counter('higgsflow_reports_refused_total', 'Reports that were not counted, by reason', 'reason');
  const requests = counter('higgsflow_http_requests_total', 'Answers of the HTTP API by class of status', 'status');
  const buckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];
  const commits = new Histogram({ name: 'higgsflow_commit_seconds', help: 'Time of one transaction of the ledger', buckets, registers });
  const grouped = counter('higgsflow_reports_total', 'Reports in these transactions');
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    task: (outcome, count = 1) => tasks(count, outcome),
    read: (amounts) => {
      entries(amounts.entries);
      bytes(amounts.bytes);
      for (const [stage, ms] of Object.entries(amounts.stagesMs)) stages(ms / 1000, stage);
    },
    queueEvent: (event) => events(1, event),
    commit: (seconds, reports) => {
      commits.observe(seconds);
      grouped(reports);
    },
    refused: (reason) => refused(1, reason),
    request: (status) => requests(1, `${Math.floor(status / 100)}xx`),
    gauge: (name, read) => {
      new Gauge({
        name,
        help: GAUGES[name],
        registers,
        async collect() {
          this.set(await read());
        },
      });
    },
    completeness: (read) => {
      new Gauge({
        name: 'higgsflow_completeness',
        help: 'Committed entries / expected entries of the runs that are not over',
        labelNames: ['run', 'dataset'],
        registers,
        async collect() {
          this.reset();
          for (const { run, dataset, value } of (await read()).slice(0, MAX_SERIES)) this.set({ run, dataset }, value);
        },
      });
    },
  };
}
