/**
 * What a run looks like at one moment: all that a page, a plot or a report needs, and plain JSON. The collector makes
 * it; the plot model and the result files are functions of it.
 */
import type { Axis } from '../histogram/axis.ts';

export type RunState = 'running' | 'complete' | 'incomplete' | 'cancelled';

export interface RunSnapshot {
  readonly run: string;
  /** Grows with each change while the collector's process lives; the id of the live stream's events. */
  readonly revision: number;
  readonly state: RunState;
  /** True where any input is generated: everything that shows it says "toy". */
  readonly toy: boolean;
  readonly startedAt: string;
  /** Grows with each partial that is committed, and each time that the run ends: over restarts, and never back. */
  readonly edition: number;
  readonly elapsedMs: number;
  readonly analysis: AnalysisDescription;
  readonly experiment: ExperimentDescription;
  /** In stack order, bottom first; data groups anywhere. */
  readonly groups: readonly GroupDescription[];
  readonly datasets: readonly DatasetSnapshot[];
  readonly totals: Progress;
  readonly failures: readonly FailureSnapshot[];
  /** Where result files are uploaded to when the run ends; absent where they are not. */
  readonly output?: OutputSnapshot | undefined;
  /** Tasks that workers compute now, and workers that were heard of lately; absent where nobody counts them. */
  readonly tasksRunning?: number | undefined;
  readonly workers?: number | undefined;
  /** What all attempts have taken so far; absent where nobody counts it. */
  readonly cost?: CostSnapshot | undefined;
  /** Absent where all tasks are for one pool of workers. */
  readonly pools?: readonly PoolSnapshot[] | undefined;
}

export interface CostSnapshot {
  /** CPU time of compute threads. */
  readonly coreSeconds: number;
  /** Bytes by the place that they came from: a server, the disk cache, a copy. */
  readonly bytesFrom: Readonly<Record<string, number>>;
}

/** A cluster's worth of workers, and its part of the run. */
export interface PoolSnapshot {
  readonly name: string;
  /** Waiting for its workers, and in their hands. */
  readonly tasksWaiting: number;
  readonly tasksRunning: number;
  /** Done by its workers, whosesoever they were first. */
  readonly tasksCommitted: number;
  readonly tasksFailed: number;
  /** Taken over from other pools. */
  readonly tasksTaken: number;
  /** Heard of lately; names of the first hundred. */
  readonly workers: number;
  readonly threads: number;
  readonly workerNames: readonly string[];
}

/** What became of result files on their way to a bucket. */
export interface OutputSnapshot {
  /** `s3://bucket/folder/run/` */
  readonly folder: string;
  readonly state: 'waiting' | 'done' | 'failed';
  /** Why it failed. */
  readonly error?: string | undefined;
}

export interface AnalysisDescription {
  readonly name: string;
  readonly title: string;
  /** Histograms in the order of declaration; the first is the one shown first. */
  readonly histograms: readonly { readonly name: string; readonly title: string; readonly axes: readonly Axis[] }[];
  readonly cutFlow: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Where the analysis looks for its signal. */
  readonly signalWindow?: { readonly histogram: string; readonly lo: number; readonly hi: number } | undefined;
}

export interface ExperimentDescription {
  /** "ATLAS", "CMS": drawn bold italic; followed by `status`, "Open Data". Empty when unknown. */
  readonly name: string;
  readonly status: string;
  readonly energyTeV?: number | undefined;
  /** Of the whole catalogue. */
  readonly luminosityFb?: number | undefined;
  /** Of the data committed so far. MC is normalised to it. */
  readonly luminosityReadFb?: number | undefined;
  readonly channel: string;
}

export interface GroupDescription {
  readonly name: string;
  readonly label: string;
  readonly color: string;
  readonly kind: 'data' | 'background' | 'signal';
}

/** Counters that a dataset and the whole run have alike. */
export interface Progress {
  readonly files: number;
  readonly filesDone: number;
  readonly tasks: number;
  readonly tasksCommitted: number;
  readonly tasksFailed: number;
  /** Undefined until every file's size in entries is known. */
  readonly entriesExpected?: number | undefined;
  readonly entriesCommitted: number;
  readonly entriesLost: number;
  readonly bytesRead: number;
  /** Over the last seconds. */
  readonly entriesPerSecond: number;
  readonly etaMs?: number | undefined;
  /** entriesCommitted / entriesExpected, 0..1. */
  readonly completeness: number;
}

export interface DatasetSnapshot extends Progress {
  readonly name: string;
  readonly group: string;
  readonly isData: boolean;
  /** Files of the dataset that are not in the run and of whose entries nobody knows: `scale` takes them for average ones. */
  readonly filesAssumed?: number | undefined;
  /** What raw sums are multiplied by: luminosity, cross section and Σw at the present completeness; 1 for data. */
  readonly scale: number;
  /** Raw sums by histogram name; `cutFlow` is one of them (category axis). */
  readonly histograms: Readonly<Record<string, HistogramSnapshot>>;
}

/** Raw contents with flow bins, C order: arrays as long as the product of the axes' extents (see axis.ts). */
export interface HistogramSnapshot {
  readonly sumw: readonly number[];
  readonly sumw2: readonly number[];
  readonly entries: readonly number[];
}

export interface FailureSnapshot {
  readonly dataset: string;
  readonly file: string;
  readonly code: string;
  readonly message: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Undefined where the file could not even be opened and nothing says how many it has. */
  readonly entriesLost?: number | undefined;
  readonly attempts: number;
}
