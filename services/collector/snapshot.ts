/** A run at one moment, from the ledger's counters and sums. */
import { normalise } from '#shared/datasets/normalise.ts';
import type { HistogramContents } from '#shared/histogram/contents.ts';
import type {
  CostSnapshot,
  DatasetSnapshot,
  FailureSnapshot,
  HistogramSnapshot,
  PoolSnapshot,
  Progress,
  RunSnapshot,
} from '#shared/plot/snapshot.ts';
import type { OutputOutcome } from '#shared/queue/output-outcome.ts';
import type { PoolWorkers } from './in-flight.ts';
import type { DatasetCounters, LedgerFailure, PoolCounters, RunRow } from './ledger-rows.ts';
import type { RunModel } from './run-model.ts';
import { shownUrl } from './shown-url.ts';

export interface SnapshotParts {
  readonly model: RunModel;
  readonly row: RunRow;
  readonly revision: number;
  readonly elapsedMs: number;
  readonly counters: readonly DatasetCounters[];
  readonly failures: readonly LedgerFailure[];
  /** Committed contents of a dataset, by histogram name. */
  readonly contents: (dataset: string) => Readonly<Record<string, HistogramContents>>;
  /** Entries a second; of the whole run where no dataset is given. */
  readonly rate: (dataset?: string) => number;
  readonly tasksRunning: number;
  readonly workers: number;
  readonly cost: CostSnapshot;
  /** What became of the upload, if it was tried. */
  readonly outcome: OutputOutcome | undefined;
  /** Empty for a run without pools. */
  readonly pools: readonly (PoolCounters & PoolWorkers & { readonly running: number })[];
}

/** What the catalogue's own analysis looks at; another one may look at anything. */
function channelOf({ analysis, catalogue }: RunModel): string {
  return catalogue.analysis === undefined || catalogue.analysis === analysis.name ? catalogue.experiment.channel : '';
}

export function buildSnapshot(parts: SnapshotParts): RunSnapshot {
  const { model, row, counters } = parts;
  const { spec, catalogue, description } = model;
  const { luminosityReadFb, scales } = normalise(
    catalogue,
    counters.map((each) => ({
      dataset: each.dataset,
      entriesCommitted: each.entriesCommitted,
      entriesExpected: entriesOfDataset(model, each),
      ...(model.datasets.get(each.dataset)?.hasLuminosity === true ? { luminosityReadFb: each.luminosityFb } : {}),
    })),
  );
  return {
    run: spec.run,
    revision: parts.revision,
    state: row.state,
    toy: counters.some(({ filesToy }) => filesToy > 0),
    startedAt: row.startedAt,
    edition: editionOf(row, counters),
    elapsedMs: parts.elapsedMs,
    analysis: description,
    experiment: { ...catalogue.experiment, channel: channelOf(model), luminosityReadFb },
    groups: catalogue.groups,
    datasets: counters.map((each) => datasetSnapshot(parts, each, scales[each.dataset] ?? 1)),
    totals: progressOf(total(counters), askedInAll(model, counters), row.frozen, parts.rate()),
    failures: parts.failures.map(failureSnapshot),
    tasksRunning: parts.tasksRunning,
    workers: parts.workers,
    cost: parts.cost,
    ...outputOf(model, parts.outcome),
    ...(parts.pools.length === 0 ? {} : { pools: parts.pools.map(poolSnapshot) }),
  };
}

/** Partials are never taken back, and endings neither: any other results have a greater sum. */
export function editionOf({ endings }: RunRow, counters: readonly DatasetCounters[]): number {
  return counters.reduce((sum, { committed }) => sum + committed, endings);
}

/** Where the run's files go, and how far they got. */
export function outputOf(
  { spec: { output: folder } }: { readonly spec: Pick<RunModel['spec'], 'output'> },
  outcome: OutputOutcome | undefined,
): Pick<RunSnapshot, 'output'> {
  if (folder === undefined) return {};
  if (outcome === undefined) return { output: { folder, state: 'waiting' } };
  return { output: outcome.error === undefined ? { folder, state: 'done' } : { folder, state: 'failed', error: outcome.error } };
}

/**
 * Entries of all files of a dataset, whole; undefined where nothing is known of any. Where the run has fewer files than the
 * dataset, and no catalogue tells, each of the others is taken for an average one.
 */
function entriesOfDataset(model: RunModel, counters: DatasetCounters): number | undefined {
  const { dataset, files } = counters;
  const { files: inRun = files, filesInAll = inRun, entries, entriesElsewhere = 0 } = model.datasets.get(dataset) ?? {};
  if (filesInAll > inRun && entries !== undefined) return entries;
  const here = entriesInRun(model, counters);
  return here === undefined || files === 0 ? undefined : (here * filesInAll) / files + entriesElsewhere;
}

/**
 * Entries of the run's files of a dataset, whole. Files that are not opened yet, or cannot be, and of which no catalogue tells, have
 * what the others leave of the dataset's entries; where those are not told either, each is taken for an average one.
 */
function entriesInRun(model: RunModel, { dataset, files, filesUnknown, filesToy, entriesFull }: DatasetCounters): number | undefined {
  if (filesUnknown === 0) return entriesFull;
  const { files: inRun = files, filesInAll = inRun, entries, entriesElsewhere = 0 } = model.datasets.get(dataset) ?? {};
  // Toy files have other numbers of entries than those that they stand for.
  const rest = entries === undefined || filesToy > 0 || files < filesInAll ? 0 : entries - entriesElsewhere - entriesFull;
  if (rest > 0) return entriesFull + rest;
  return files === filesUnknown ? undefined : (entriesFull * files) / (files - filesUnknown);
}

function datasetSnapshot({ model, row, contents, rate }: SnapshotParts, counters: DatasetCounters, scale: number): DatasetSnapshot {
  const { dataset } = counters;
  const { group = '', isData = false, files = 0, filesInAll = files, entries } = model.datasets.get(dataset) ?? {};
  const filesAssumed = entries === undefined ? filesInAll - files : 0;
  const histograms = Object.entries(contents(dataset)).map(([name, each]) => [name, plain(each)] as const);
  return {
    ...progressOf(counters, entriesAsked(model, counters), row.frozen, rate(dataset)),
    name: dataset,
    group,
    isData,
    ...(filesAssumed === 0 ? {} : { filesAssumed }),
    scale,
    histograms: Object.fromEntries(histograms),
  };
}

function plain({ sumw, sumw2, entries }: HistogramContents): HistogramSnapshot {
  return { sumw: [...sumw], sumw2: [...sumw2], entries: [...entries] };
}

function poolSnapshot({
  pool,
  open,
  running,
  committed,
  failed,
  taken,
  workers,
  threads,
  names,
}: SnapshotParts['pools'][number]): PoolSnapshot {
  const now = Math.min(running, open);
  return {
    name: pool,
    tasksWaiting: open - now,
    tasksRunning: now,
    tasksCommitted: committed,
    tasksFailed: failed,
    tasksTaken: taken,
    workers,
    threads,
    workerNames: names,
  };
}

type Counts = Omit<DatasetCounters, 'dataset'>;

/** Entries that the run is to read of a dataset, with those of files that are not known. */
function entriesAsked(model: RunModel, counters: DatasetCounters): number | undefined {
  const all = entriesInRun(model, counters);
  return all === undefined ? undefined : counters.entriesAsked + (all - counters.entriesFull) * model.spec.fraction;
}

/** The same of all. A dataset of which nothing is known has as many a file as the others. */
function askedInAll(model: RunModel, counters: readonly DatasetCounters[]): number | undefined {
  const known = counters.flatMap((each) => {
    const asked = entriesAsked(model, each);
    return asked === undefined ? [] : [{ asked, files: each.files }];
  });
  const files = known.reduce((sum, each) => sum + each.files, 0);
  const asked = known.reduce((sum, each) => sum + each.asked, 0);
  return files === 0 ? undefined : (asked * counters.reduce((sum, each) => sum + each.files, 0)) / files;
}

function progressOf(counts: Counts, asked: number | undefined, frozen: boolean, entriesPerSecond: number): Progress {
  const { entriesCommitted, entriesLost } = counts;
  const known = frozen && counts.filesUnknown === 0;
  const left = counts.entriesAsked - entriesCommitted - entriesLost;
  const allCommitted = counts.tasks > 0 && counts.committed === counts.tasks;
  return {
    files: counts.files,
    filesDone: counts.filesDone,
    tasks: counts.tasks,
    tasksCommitted: counts.committed,
    tasksFailed: counts.failed,
    entriesExpected: known ? counts.entriesAsked : undefined,
    entriesCommitted,
    entriesLost,
    bytesRead: counts.bytesRead,
    entriesPerSecond,
    etaMs: known && entriesPerSecond > 0 ? (left * 1000) / entriesPerSecond : undefined,
    completeness: asked === undefined || asked === 0 ? Number(allCommitted) : entriesCommitted / asked,
  };
}

function total(counters: readonly DatasetCounters[]): Counts {
  const add = (a: Counts, b: Counts): Counts => {
    const names = Object.keys(a) as (keyof Counts)[];
    return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Counts;
  };
  return counters.map(({ dataset: _, ...counts }) => counts).reduce(add, NOTHING);
}

const NOTHING: Counts = {
  files: 0,
  filesDone: 0,
  filesUnknown: 0,
  filesToy: 0,
  tasks: 0,
  committed: 0,
  failed: 0,
  entriesFull: 0,
  entriesAsked: 0,
  entriesCommitted: 0,
  entriesLost: 0,
  bytesRead: 0,
  requests: 0,
  wallMs: 0,
  openMs: 0,
  readMs: 0,
  processMs: 0,
  encodeMs: 0,
  luminosityFb: 0,
};

function failureSnapshot({ dataset, url, code, text, from, to, entriesLost, attempts }: LedgerFailure): FailureSnapshot {
  return { dataset, file: shownUrl(url), code, message: text, from, to, entriesLost, attempts };
}
