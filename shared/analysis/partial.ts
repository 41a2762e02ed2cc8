/**
 * One pass of an analysis over some entries: which columns to read, the histograms it fills, and the call itself. What a
 * task hands on (its partial) are these histograms.
 */
import { type Axis, category, extent } from '#shared/histogram/axis.ts';
import { Histogram } from '#shared/histogram/histogram.ts';
import type { Column, ColumnType } from '#shared/root/column-type.ts';
import { didYouMean } from '../did-you-mean.ts';
import { AnalysisError, ConfigError, isPipelineError, MessageError } from '../errors.ts';
import { convertColumn } from './convert-column.ts';
import type { Analysis, AnyEvents, ColumnTypes, Output, Parameters } from './define-analysis.ts';
import { EntryFilter, onDemand } from './keep-entries.ts';
import { lineOfError } from './line-of-error.ts';
import { type Arguments, findUnknownName } from './unknown-names.ts';

/** Histograms by name in order of declaration, `cutFlow` last. */
export type NamedHistograms = Output;

/** A histogram's name, title and axes. */
export interface HistogramDescription {
  readonly name: string;
  readonly title: string;
  readonly axes: readonly Axis[];
}

/** The columns to ask a file for: `columns`, and with `isData` false also `mcColumns`. */
export function columnsToRead(analysis: Analysis, isData: boolean): Readonly<Record<string, ColumnType>> {
  return isData ? analysis.columns : { ...analysis.columns, ...analysis.mcColumns };
}

/**
 * The histograms that the analysis fills under these parameters, without the cut flow.
 * @throws ConfigError where the parameters make no valid histograms
 */
export function describeHistograms(analysis: Analysis, parameters: Parameters): HistogramDescription[] {
  try {
    const described = Object.entries(analysis.histograms(parameters)).map(([name, { title, axes }]) => ({ name, title, axes }));
    for (const { name, axes } of described) requireFewCells(name, axes);
    return described;
  } catch (cause) {
    const line = lineOfError(cause);
    if (isPipelineError(cause)) throw cause.at({ object: `histograms of analysis ${analysis.name}`, line });
    throw new ConfigError(`its histograms cannot be made: ${textOf(cause)}`, { object: `analysis ${analysis.name}`, line, cause });
  }
}

/** A histogram larger than this is a slip in the parameters: no message could carry it. */
const MOST_CELLS = 1_000_000;

function requireFewCells(name: string, axes: readonly Axis[]): void {
  const cells = axes.reduce((product, axis) => product * extent(axis), 1);
  if (cells > MOST_CELLS) throw new ConfigError(`histogram \`${name}\` has ${cells} cells; ${MOST_CELLS} is the most`);
}

/** The axis of `cutFlow`: one category a step. */
export function cutFlowAxis(analysis: Analysis): Axis {
  return category(analysis.cutFlow, { name: 'cutFlow', label: 'Cut flow' });
}

/** Axes of all histograms by name, as they were made last for these parameters. */
const knownAxes = new WeakMap<Parameters, { readonly analysis: Analysis; readonly axes: ReadonlyMap<string, readonly Axis[]> }>();

/** The same objects for the same parameters: short tasks would spend a good part of their time on them. */
function axesOf(analysis: Analysis, parameters: Parameters): ReadonlyMap<string, readonly Axis[]> {
  const known = knownAxes.get(parameters);
  if (known?.analysis === analysis) return known.axes;
  const described = describeHistograms(analysis, parameters).map(({ name, axes }) => [name, axes] as const);
  const axes = new Map([...described, ['cutFlow', [cutFlowAxis(analysis)]] as const]);
  knownAxes.set(parameters, { analysis, axes });
  return axes;
}

/** Empty histograms, ready to be filled and merged into. */
export function startPartial(analysis: Analysis, parameters: Parameters): NamedHistograms {
  const named: Record<string, Histogram> = {};
  for (const [name, axes] of axesOf(analysis, parameters)) named[name] = new Histogram(axes);
  return Object.freeze(named) as NamedHistograms;
}

/**
 * Adds `from` to `into`, histogram by histogram.
 * @throws MessageError where names or bins differ
 */
export function mergePartial(into: NamedHistograms, from: NamedHistograms): void {
  const names = Object.keys(into);
  if (names.length !== Object.keys(from).length || !names.every((name) => Object.hasOwn(from, name))) {
    throw new MessageError(`histograms ${Object.keys(from).join(', ')} cannot be added to ${names.join(', ')}`);
  }
  for (const [name, histogram] of Object.entries(into)) histogram.merge(from[name] as Histogram);
}

/** Beside the places that bytes were read from: under this name those are counted that a preselection made needless to read. */
export const LEFT_OUT = 'left out';

/** Some entries with their columns. */
export interface EntryBatch {
  readonly entries: number;
  readonly columns: Readonly<Record<string, Column>>;
  readonly isData: boolean;
}

/** The columns that must be there for `preselectBatch`; undefined where the analysis has no preselection. */
export function columnsToPreselect({ preselect, mcColumns }: Analysis, isData: boolean): readonly string[] | undefined {
  return preselect === undefined || isData ? preselect?.columns : [...preselect.columns, ...Object.keys(mcColumns)];
}

/**
 * Runs the preselection over one batch, of which the columns of `columnsToPreselect` are there: fills `out` for the entries that
 * it rejects, and gives one byte an entry, 0 for these.
 * @throws AnalysisError as `processBatch`
 */
export function preselectBatch(analysis: Analysis, out: NamedHistograms, parameters: Parameters, batch: EntryBatch): Uint8Array {
  const { preselect } = analysis;
  const keep = new Uint8Array(batch.entries);
  if (preselect === undefined) return keep.fill(1);
  const types = Object.fromEntries(Object.entries(analysis.columns).filter(([name]) => preselect.columns.includes(name)));
  const events = eventsOf(analysis, types, batch);
  run(analysis, 'preselect.select', { events, out, parameters }, (given) =>
    preselect.select(given.events, keep, given.out, given.parameters),
  );
  return keep;
}

/**
 * Runs `analysis` over one batch of `entries` entries and fills `out`. `columns` holds what `columnsToRead` asked for. Where the
 * batch was preselected when it was read, `keep` is the answer of `preselectBatch`, and only the columns of kept entries count.
 * @throws AnalysisError if a column is missing or of another type, or with whatever the analysis threw as its cause
 */
export function processBatch(
  analysis: Analysis,
  out: NamedHistograms,
  parameters: Parameters,
  batch: EntryBatch & { readonly keep?: Uint8Array | undefined },
): void {
  const { preselect } = analysis;
  const kept = preselect === undefined ? batch : keepOf(batch, batch.keep ?? preselectBatch(analysis, out, parameters, batch));
  if (kept.entries === 0 && batch.entries > 0) return;
  const events = eventsOf(analysis, analysis.columns, kept);
  run(analysis, 'process', { events, out, parameters }, (given) => analysis.process(given.events, given.out, given.parameters));
}

function keepOf(batch: EntryBatch, keep: Uint8Array): EntryBatch {
  if (!keep.includes(0)) return batch;
  const filter = new EntryFilter(keep);
  return { entries: filter.kept, columns: filter.applyAll(batch.columns), isData: batch.isData };
}

/** Calls a function of the analysis, which fills `given.out`. */
function run(analysis: Analysis, what: string, given: Arguments, call: (given: Arguments) => unknown): void {
  attempt(analysis, what, given, call);
  const { out } = given;
  if (out.cutFlow.outside === 0) return;
  // Once more, to learn which step and which line it was: a look at every fill would cost more than most fills.
  attempt(analysis, what, { ...given, out: { ...out, cutFlow: strictCutFlow(analysis) } }, call);
  throw noStep(analysis, 'a step');
}

function attempt(analysis: Analysis, what: string, given: Arguments, call: (given: Arguments) => unknown): void {
  let result: unknown;
  try {
    result = call(given);
  } catch (cause) {
    const place = { object: `analysis ${analysis.name}`, line: lineOfError(cause) };
    if (isPipelineError(cause)) throw cause.at(place);
    const unknown = findUnknownName(analysis, given, call, cause);
    if (unknown !== undefined) throw new AnalysisError(unknown.reason, { ...place, hint: unknown.hint, cause });
    throw new AnalysisError(`failed: ${textOf(cause)}`, { ...place, cause });
  }
  // An async function would go on filling after its histograms were sent.
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new AnalysisError(`\`${what}\` must not be async`, { object: `analysis ${analysis.name}` });
  }
}

/** One that refuses what is not a step. */
function strictCutFlow(analysis: Analysis): Histogram {
  const fill = (step: unknown) => {
    if (typeof step === 'string') throw stepByName(analysis, step);
    if (!((step as number) >= 0 && (step as number) < analysis.cutFlow.length)) throw noStep(analysis, `step ${step}`);
  };
  return Object.assign(new Histogram([cutFlowAxis(analysis)]), { fill });
}

function stepByName({ name, cutFlow }: Analysis, step: string): AnalysisError {
  const number = cutFlow.indexOf(step);
  const hint = number < 0 ? didYouMean(step, cutFlow) : `Here it is ${number}.`;
  return new AnalysisError(`a step of the cut flow is given by its number, not as '${step}'`, { object: `analysis ${name}`, hint });
}

function noStep({ name, cutFlow }: Analysis, filled: string): AnalysisError {
  const last = cutFlow.length - 1;
  const steps = last === 0 ? `whose only step is 0 (${cutFlow[0]})` : `whose steps are 0 (${cutFlow[0]}) to ${last} (${cutFlow[last]})`;
  return new AnalysisError(`${filled} is not in the cut flow, ${steps}`, { object: `analysis ${name}` });
}

function eventsOf(analysis: Analysis, types: ColumnTypes, { entries, columns, isData }: EntryBatch): AnyEvents {
  const own = pick(analysis, columns, types);
  // Not spread: that would make all columns, whether they are looked at or not.
  return Object.assign(own, { entries }, isData ? {} : { mc: pick(analysis, columns, analysis.mcColumns) });
}

function pick(
  analysis: Analysis,
  from: Readonly<Record<string, Column>>,
  names: Readonly<Record<string, ColumnType>>,
): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(names)) {
    if (!Object.hasOwn(from, name)) throw new AnalysisError(`column \`${name}\` is missing`, { object: `analysis ${analysis.name}` });
    onDemand(picked, name, () => convertColumn(name, from[name] as Column, type));
  }
  return picked;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
