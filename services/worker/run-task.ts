/** What a compute thread does with a task: open, plan, fetch, decode, process, encode. */
import { isConvertible } from '#shared/analysis/convert-column.ts';
import type { Analysis, Parameters } from '#shared/analysis/define-analysis.ts';
import { resolveParameters } from '#shared/analysis/parameters.ts';
import {
  columnsToPreselect,
  columnsToRead,
  LEFT_OUT,
  type NamedHistograms,
  preselectBatch,
  processBatch,
  startPartial,
} from '#shared/analysis/partial.ts';
import { type AnalysisFiles, loadAnalysis } from '#shared/analysis/registry.ts';
import { AnalysisError, isPipelineError, RootFormatError } from '#shared/errors.ts';
import { encodeHistogram } from '#shared/histogram/codec.ts';
import type { Cost, StageTimes, Success, Task } from '#shared/queue/messages.ts';
import { entriesToRead, MAX_PLACES } from '#shared/queue/task-limits.ts';
import type { Verify } from '#shared/root/codecs/codec.ts';
import type { ColumnBatch } from '#shared/root/column-batch.ts';
import type { ColumnType } from '#shared/root/column-type.ts';
import { readColumns } from '#shared/root/read-columns.ts';
import { costSince, type ReadCost, readCostOf, totalOf } from '#shared/storage/read-cost.ts';
import type { FileCache, OpenFile } from './file-cache.ts';

/** What a task made: a success report but for who sends it. */
export type Partial = Omit<Success, 'v' | 'kind' | 'run' | 'index' | 'attempt' | 'worker'>;

/** What is known of a task's file; filled as it becomes known, so that a failure can say it too. */
export interface TaskPlace {
  from?: number;
  to?: number;
  fileEntries?: number;
  fileBytes?: number;
  cost?: Cost;
}

export interface TaskOptions {
  readonly files: FileCache;
  /** Decompressed bytes of a batch, about. */
  readonly batchBytes: number;
  readonly verify: Verify;
  /** Which files tasks may name as analyses. */
  readonly allowAnalysisFiles: AnalysisFiles;
  readonly signal: AbortSignal;
  readonly place: TaskPlace;
}

/** @throws PipelineError for whatever keeps the task from being done; the signal's reason when aborted. */
export async function runTask(task: Task, options: TaskOptions): Promise<Partial> {
  const { files, signal, place } = options;
  const meter = startMeter();
  const analysis = await loadAnalysis(task.analysis, options.allowAnalysisFiles);
  const parameters = parametersOf(analysis, task.parameters);
  const file = await files.open(task, signal, (reads) => {
    place.cost = meter.cost(reads);
  });
  try {
    return await readAndFill(task, options, { analysis, parameters, file, meter });
  } catch (error) {
    const cause = signal.aborted ? error : await changeBehind(error, file, signal);
    place.cost = meter.cost(readsOf(file));
    throw cause;
  }
}

let lastParameters: { readonly analysis: Analysis; readonly text: string; readonly parameters: Parameters } | undefined;

/** Tasks of a run say the same: they get the same object, by which what follows from it is found again. */
function parametersOf(analysis: Analysis, overrides: Task['parameters']): Parameters {
  const text = JSON.stringify(overrides);
  if (lastParameters?.analysis !== analysis || lastParameters.text !== text)
    lastParameters = { analysis, text, parameters: resolveParameters(analysis, overrides) };
  return lastParameters.parameters;
}

let idle: { readonly parameters: Parameters; readonly histograms: NamedHistograms } | undefined;

/** Empty histograms: those of a task before, where it was of the same run. Fresh memory for each costs short tasks much. */
function takeHistograms(analysis: Analysis, parameters: Parameters): NamedHistograms {
  const histograms = idle?.parameters === parameters ? idle.histograms : undefined;
  idle = undefined;
  return histograms ?? startPartial(analysis, parameters);
}

function leaveHistograms(parameters: Parameters, histograms: NamedHistograms): void {
  for (const histogram of Object.values(histograms)) histogram.clear();
  idle = { parameters, histograms };
}

/** A file that has changed may be why something else went wrong; then that is the error. */
async function changeBehind(error: unknown, { source }: OpenFile, signal: AbortSignal): Promise<unknown> {
  if (isPipelineError(error, 'StorageError')) return error;
  const changed = await source.verify?.(signal).catch((found: unknown) => found);
  return isPipelineError(changed) && !changed.retryable ? changed : error;
}

/** CPU time of this thread up to its last task. */
let usedMs = 0;

/** A clock for wall and CPU time of this thread; what it did since the last task is counted as well. */
function startMeter() {
  const start = performance.now();
  return {
    start,
    cost: ({ retries, places }: ReadCost): Cost => {
      const { user, system } = process.threadCpuUsage();
      const before = usedMs;
      usedMs = (user + system) / 1000;
      const { bytes, requests } = totalOf(places);
      const few = Object.fromEntries(Object.entries(places).slice(0, MAX_PLACES - 1));
      return { wallMs: performance.now() - start, cpuMs: usedMs - before, bytesRead: bytes, requests, retries, places: few };
    },
  };
}

/** What the task has read of its file. */
function readsOf({ source, before }: OpenFile): ReadCost {
  return costSince(before, readCostOf(source));
}

interface Opened {
  readonly analysis: Analysis;
  readonly parameters: Parameters;
  readonly file: OpenFile;
  readonly meter: ReturnType<typeof startMeter>;
}

async function readAndFill(task: Task, { signal, place, batchBytes, verify }: TaskOptions, { analysis, parameters, file, meter }: Opened) {
  const range = entryRange(task, file, place);
  const opened = performance.now();
  const { histograms, readMs, processMs, leftOut } = await fill(task, { analysis, parameters, file, ...range, batchBytes, verify, signal });
  await file.source.verify?.(signal);
  const filled = performance.now();
  // Without a prototype: V8 takes an object like `histograms`, with the same names, for one of its kind, and compiles the analysis anew.
  const encoded: Record<string, Uint8Array> = Object.create(null);
  for (const [name, histogram] of Object.entries(histograms)) encoded[name] = encodeHistogram(histogram);
  leaveHistograms(parameters, histograms);
  const encode = performance.now() - filled;
  const stagesMs: StageTimes = { open: opened - meter.start, read: readMs, process: processMs, encode };
  const { tree, source, toy } = file;
  const cost = meter.cost(readsOf(file));
  const places = leftOut === 0 ? cost.places : { ...cost.places, [LEFT_OUT]: { bytes: leftOut, requests: 0 } };
  return { ...range, fileEntries: tree.entries, fileBytes: source.size, toy, ...cost, places, stagesMs, histograms: encoded };
}

/** The entries that the task asks for. @throws RootFormatError if the file has no such entries. */
function entryRange(task: Task, { tree, source }: OpenFile, place: TaskPlace): { from: number; to: number } {
  const from = task.from ?? 0;
  const to = task.to ?? entriesToRead(tree.entries, task.fraction ?? 1);
  Object.assign(place, { from, to, fileEntries: tree.entries, fileBytes: source.size });
  if (from <= to && to <= tree.entries) return { from, to };
  throw new RootFormatError(`the task asks for entries ${from} to ${to}, the tree has ${tree.entries}`, {
    file: source.name,
    object: tree.path,
    hint: 'Did the file change since the run began?',
  });
}

interface FillOptions {
  readonly analysis: Analysis;
  readonly parameters: Parameters;
  readonly file: OpenFile;
  readonly from: number;
  readonly to: number;
  readonly batchBytes: number;
  readonly verify: Verify;
  readonly signal: AbortSignal;
}

async function fill({ isData }: Task, { analysis, parameters, file, from, to, batchBytes, verify, signal }: FillOptions) {
  const histograms = takeHistograms(analysis, parameters);
  const columns = columnsToRead(analysis, isData);
  assertTypes(file, columns, analysis);
  let readMs = 0;
  let processMs = 0;
  let leftOut = 0;
  let mark = performance.now();
  const first = columnsToPreselect(analysis, isData);
  const select = (batch: ColumnBatch) => preselectBatch(analysis, histograms, parameters, { ...entriesOf(batch), isData });
  const late = first === undefined ? {} : { late: { first, select } };
  for await (const batch of readColumns(file.tree, Object.keys(columns), { from, to, batchBytes, verify, signal, ...late })) {
    signal.throwIfAborted();
    leftOut += batch.selection?.savedBytes ?? 0;
    const decoded = performance.now();
    try {
      processBatch(analysis, histograms, parameters, { ...entriesOf(batch), isData, keep: batch.selection?.wanted });
    } catch (error) {
      throw isPipelineError(error) ? error.at({ file: file.source.name }) : error;
    }
    const done = performance.now();
    readMs += decoded - mark;
    processMs += done - decoded;
    mark = done;
  }
  return { histograms, readMs: readMs + performance.now() - mark, processMs, leftOut };
}

function entriesOf({ from, to, columns }: ColumnBatch) {
  return { entries: to - from, columns };
}

/** The arrays must be what the analysis was compiled for, or become it without loss. A branch that is not read at all is `readColumns`' to refuse. */
function assertTypes({ tree, source }: OpenFile, columns: Readonly<Record<string, ColumnType>>, analysis: Analysis): void {
  for (const [name, declared] of Object.entries(columns)) {
    const { columnType } = tree.branch(name);
    if (columnType === undefined || isConvertible(columnType, declared)) continue;
    throw new AnalysisError(`column \`${name}\` is ${columnType}, the analysis ${analysis.name} declares ${declared}`, {
      file: source.name,
      object: tree.path,
      hint: `Declare \`${name}: '${columnType}'\`.`,
    });
  }
}
