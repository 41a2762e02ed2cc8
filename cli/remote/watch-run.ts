/** Shows a run while it goes on: a view that is redrawn on a terminal, a line a change elsewhere. */
import type { ScalingSample } from '#shared/kubernetes/scaling-sample.ts';
import { durationText } from '#shared/plot/duration-text.ts';
import { readText } from '#shared/plot/plot-text.ts';
import { poolProblems, poolWorkersText } from '#shared/plot/pool-text.ts';
import type { OutputSnapshot, Progress, RunSnapshot } from '#shared/plot/snapshot.ts';
import { scalingLine } from '../cluster/record-scaling.ts';
import { formatBytes, formatTable } from '../format.ts';

export type WatchFormat = 'text' | 'json' | 'seeds';

/** What `showRun` needs of process.stdout. */
export interface WatchStream {
  readonly isTTY?: boolean;
  readonly rows?: number;
  write(text: string): unknown;
}

const LINE_MS = 1000;

/** Writes until the snapshots end; returns the last one. `workers`: what a cluster says of them, where there is one. */
export async function showRun(
  snapshots: AsyncIterable<RunSnapshot>,
  stream: WatchStream,
  format: WatchFormat,
  workers: () => ScalingSample | undefined = () => undefined,
): Promise<RunSnapshot | undefined> {
  const redraws = format === 'text' && stream.isTTY === true;
  let last: RunSnapshot | undefined;
  let shown = '';
  let lines = 0;
  let wroteAt = Number.NEGATIVE_INFINITY;
  const write = (snapshot: RunSnapshot) => {
    const text = textOf(snapshot, format, workers());
    if (redraws) {
      const view = viewOf(snapshot, workers()).slice(0, (stream.rows ?? 24) - 1);
      stream.write(`${lines > 0 ? `\x1b[${lines}A` : ''}\x1b[J${view.join('\n')}\n`);
      lines = view.length;
    } else if (text !== shown) stream.write(`${text}\n`);
    shown = text;
    wroteAt = performance.now();
  };
  for await (const snapshot of snapshots) {
    last = snapshot;
    if (snapshot.state !== 'running' || performance.now() - wroteAt >= (redraws ? 0 : LINE_MS)) write(snapshot);
  }
  if (last !== undefined && !redraws && format === 'text') stream.write(`${[...poolTable(last), ...datasetTable(last)].join('\n')}\n`);
  return last;
}

function textOf(snapshot: RunSnapshot, format: WatchFormat, sample: ScalingSample | undefined): string {
  if (format === 'json') return JSON.stringify(sample === undefined ? statusOf(snapshot) : { ...statusOf(snapshot), cluster: sample });
  if (format === 'seeds') return seedsLine(snapshot, new Date(), sample?.pods);
  return sample === undefined ? statusLine(snapshot) : `${statusLine(snapshot)}  |  ${workersLine(sample)}`;
}

/** Without the time and what the run's own line says. */
function workersLine(sample: ScalingSample): string {
  return scalingLine({ ...sample, eventsPerSecond: undefined }).slice(10);
}

/** Tasks by what becomes of them. */
export function taskCounts({ totals, tasksRunning = 0 }: RunSnapshot) {
  const { tasks, tasksCommitted, tasksFailed } = totals;
  const open = tasks - tasksCommitted - tasksFailed;
  const running = Math.min(tasksRunning, open);
  return { total: tasks, waiting: open - running, running, done: tasksCommitted, failed: tasksFailed };
}

/** What became of the run's files on their way to its bucket. */
export function uploadLine({ folder, state, error }: OutputSnapshot): string {
  if (state === 'waiting') return `To be uploaded to: ${folder}`;
  return state === 'done' ? `Uploaded to: ${folder}` : `Not uploaded to ${folder}: ${error}`;
}

/** The run without its histograms. */
export function statusOf(snapshot: RunSnapshot) {
  const { run, state, toy, startedAt, elapsedMs, totals, datasets, failures, workers, pools, output } = snapshot;
  const { name } = snapshot.analysis;
  const withoutHistograms = datasets.map(({ histograms: _, ...dataset }) => dataset);
  const tasks = taskCounts(snapshot);
  return {
    run,
    state,
    toy,
    analysis: name,
    startedAt,
    elapsedMs,
    workers,
    pools,
    tasks,
    totals,
    datasets: withoutHistograms,
    failures,
    output,
  };
}

/** "running  waiting 10  running 2  done 5  failed 0  1.2 M entries/s  ETA 12 s". */
export function statusLine(snapshot: RunSnapshot): string {
  const { state, totals, workers } = snapshot;
  const { waiting, running, done, failed } = taskCounts(snapshot);
  const { etaMs, entriesPerSecond } = totals;
  const parts = [
    state,
    `waiting ${waiting}  running ${running}  done ${done}  failed ${failed}`,
    readText(totals),
    ...(state === 'running' ? [`${Math.round(entriesPerSecond).toLocaleString('en-US')} entries/s`] : []),
    ...(state === 'running' && workers !== undefined ? [`${workers} worker${workers === 1 ? '' : 's'}`] : []),
    ...(state !== 'running' || etaMs === undefined ? [] : [`ETA ${durationText(etaMs)}`]),
    ...poolProblems(snapshot),
  ];
  return parts.join('  ');
}

/** A line as scripts written for older tools read it: a Python literal in which jobs are tasks, and pods are workers. */
export function seedsLine(snapshot: RunSnapshot, now: Date, phases?: Readonly<Record<string, number>>): string {
  const { total, running, done, failed } = taskCounts(snapshot);
  const pods = Object.entries(phases ?? { Running: snapshot.workers ?? 0 });
  const sum = pods.reduce((before, [, count]) => before + count, 0);
  const date = now.toISOString().slice(0, 19).replace('T', ' ');
  const jobs = `{'total': ${total}, 'succeeded': ${done}, 'failed': ${failed}, 'active': ${running}}`;
  return `{'date': '${date}', 'jobs': ${jobs}, 'pods': {${pods.map(([phase, count]) => `'${phase}': ${count}, `).join('')}'total': ${sum}}}`;
}

function viewOf(snapshot: RunSnapshot, sample: ScalingSample | undefined): string[] {
  const { run, analysis, toy } = snapshot;
  const failures = snapshot.failures.slice(0, 3).map(({ code, message }) => `  ${code}: ${message}`.slice(0, 200));
  return [
    `${run}  ${analysis.title}${toy ? '  TOY DATA' : ''}`,
    statusLine(snapshot),
    sample === undefined ? '' : workersLine(sample),
    ...poolTable(snapshot),
    ...datasetTable(snapshot),
    ...failures,
  ];
}

/** Nothing for a run without pools. */
function poolTable({ pools = [] }: RunSnapshot): string[] {
  if (pools.length === 0) return [];
  const rows = pools.map((pool) => [
    pool.name,
    ...[pool.tasksCommitted, pool.tasksRunning, pool.tasksWaiting, pool.tasksFailed, pool.tasksTaken].map((n) => n.toLocaleString('en-US')),
    poolWorkersText(pool),
  ]);
  return [...formatTable([['pool', 'done', 'running', 'waiting', 'failed', 'taken over', 'workers'], ...rows]), ''];
}

function datasetTable({ datasets, totals }: RunSnapshot): string[] {
  const row = (name: string, each: Progress) => [
    name,
    `${each.tasksCommitted}/${each.tasks}`,
    String(each.tasksFailed),
    each.entriesCommitted.toLocaleString('en-US'),
    readText(each),
    formatBytes(each.bytesRead),
  ];
  const rows = datasets.map((dataset) => row(dataset.name, dataset));
  return formatTable([['dataset', 'tasks', 'failed', 'entries', 'complete', 'read'], ...rows, row('all', totals)]);
}
