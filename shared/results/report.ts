/** report.json: what was read, what came out, and how it went. */
import { type Significances, significances, type WindowYields, windowYields } from '../analysis/significance.ts';
import type { DatasetSnapshot, FailureSnapshot, Progress, RunSnapshot } from '../plot/snapshot.ts';
import { type Accounting, accountingOf } from './accounting.ts';
import { type ResultHistogram, resultHistograms } from './histogram-set.ts';
import type { InputFile, RunDetails, ThreadTimes } from './run-details.ts';

/** Entries and weights after one step of the cut flow. */
export interface CutFlowStep {
  readonly step: string;
  /** Raw count. */
  readonly entries: number;
  /** Scaled sum of weights, with its statistical error. */
  readonly yield: number;
  readonly error: number;
}

/** A dataset or group in the report. `yield` is the last step of the cut flow. */
export interface YieldRow {
  readonly name: string;
  readonly entries: number;
  readonly yield: number;
  readonly error: number;
  readonly cutFlow: readonly CutFlowStep[];
}

export interface DatasetRow extends YieldRow, Omit<DatasetSnapshot, 'histograms'> {}

export interface Report {
  readonly run: string;
  readonly state: RunSnapshot['state'];
  readonly toy: boolean;
  readonly startedAt: string;
  /** Of the same run a later report has a greater one. */
  readonly edition: number;
  readonly elapsedMs: number;
  readonly analysis: { readonly name: string; readonly title: string; readonly parameters: Readonly<Record<string, unknown>> };
  readonly experiment: RunSnapshot['experiment'];
  readonly totals: Progress;
  readonly entriesPerSecond: number;
  readonly requests: number;
  readonly threadMs: ThreadTimes;
  readonly accounting: Accounting;
  readonly plan: { readonly fraction: number; readonly chunkEntries: number; readonly chunkBytes: number };
  readonly groups: readonly (YieldRow & { readonly label: string; readonly kind: string })[];
  readonly datasets: readonly DatasetRow[];
  /** Absent where the analysis names no window, or the run has no signal and background. */
  readonly significance?: (WindowYields & Significances & { readonly histogram: string }) | undefined;
  /** Why a run with signal, background and a window has no significance. */
  readonly noSignificance?: string | undefined;
  /** The folder in a bucket where these files are as well, or why they are not. */
  readonly output?: { readonly folder: string; readonly error?: string | undefined } | undefined;
  /** Of the run as a whole: what was not read, and why. Absent where there is nothing to say. */
  readonly notes?: readonly string[] | undefined;
  /** Result files that are not there: what they would say cannot be said in their format. Absent where all are. */
  readonly unwritten?: readonly UnwrittenFile[] | undefined;
  readonly failures: readonly FailureSnapshot[];
  readonly inputs: readonly InputFile[];
  readonly versions: Readonly<Record<string, string>>;
}

/** A result file that could not be made, and why. */
export interface UnwrittenFile {
  readonly file: string;
  readonly error: string;
}

/** @param versions of the programs that made the result, by name */
export function buildReport(snapshot: RunSnapshot, details: RunDetails, versions: Readonly<Record<string, string>>): Report {
  const histograms = resultHistograms(snapshot);
  const { name, title, parameters } = snapshot.analysis;
  const { run, state, toy, startedAt, edition, elapsedMs, experiment, totals } = snapshot;
  const { fraction, chunkEntries, chunkBytes, requests, threadMs } = details;
  return {
    run,
    state,
    toy,
    startedAt,
    edition,
    elapsedMs,
    analysis: { name, title, parameters },
    experiment: { ...experiment, luminosityFb: experiment.luminosityFb ?? details.luminosityFb },
    totals,
    entriesPerSecond: elapsedMs > 0 ? (totals.entriesCommitted * 1000) / elapsedMs : 0,
    requests,
    threadMs,
    accounting: accountingOf(details.costs),
    plan: { fraction, chunkEntries, chunkBytes },
    groups: snapshot.groups.flatMap(({ name, label, kind }) => {
      const row = yieldRow(histograms, 'group', name);
      return row === undefined ? [] : [{ ...row, label, kind }];
    }),
    datasets: snapshot.datasets.flatMap(({ histograms: _, ...dataset }) => {
      const row = yieldRow(histograms, 'dataset', dataset.name);
      return row === undefined ? [] : [{ ...dataset, ...row }];
    }),
    ...significanceOf(snapshot, histograms, details),
    notes: details.notes,
    failures: snapshot.failures,
    inputs: [...details.inputs],
    versions,
  };
}

function yieldRow(histograms: readonly ResultHistogram[], kind: 'group' | 'dataset', of: string): YieldRow | undefined {
  const flow = histograms.find((each) => each.kind === kind && each.of === of && each.name === 'cutFlow');
  const [axis] = flow?.contents.axes ?? [];
  if (flow === undefined || axis?.type !== 'category') return undefined;
  const { sumw, sumw2, entries } = flow.contents;
  const cutFlow = axis.categories.map((step, i) => ({
    step,
    entries: entries[i] ?? 0,
    yield: sumw[i] ?? 0,
    error: Math.sqrt(sumw2[i] ?? 0),
  }));
  const last = cutFlow.at(-1);
  return { name: of, entries: last?.entries ?? 0, yield: last?.yield ?? 0, error: last?.error ?? 0, cutFlow };
}

function significanceOf(
  { groups, analysis }: RunSnapshot,
  histograms: readonly ResultHistogram[],
  { signalWindow }: RunDetails,
): Pick<Report, 'significance' | 'noSignificance'> {
  const present = groups.filter(({ name }) => histograms.some((each) => each.kind === 'group' && each.of === name));
  const has = (kind: string) => present.some((each) => each.kind === kind);
  if (signalWindow === undefined || !has('signal') || !has('background')) return {};
  const { histogram, lo, hi } = signalWindow;
  const contents = present.flatMap(({ name, kind }) => {
    const found = histograms.find((each) => each.kind === 'group' && each.of === name && each.name === histogram);
    return found === undefined ? [] : [{ kind, contents: found.contents }];
  });
  if (contents.length === 0) return { noSignificance: `${analysis.name} has no histogram \`${histogram}\` with these parameters` };
  const yields = windowYields(contents, signalWindow);
  if (yields === undefined) return { noSignificance: `no bin of \`${histogram}\` has its centre in the window from ${lo} to ${hi}` };
  return { significance: { histogram, ...yields, ...significances(yields) } };
}
