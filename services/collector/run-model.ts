import { windowProblems } from '#shared/analysis/check-analysis.ts';
import type { Analysis, Parameters } from '#shared/analysis/define-analysis.ts';
import { resolveParameters } from '#shared/analysis/parameters.ts';
import { cutFlowAxis, describeHistograms } from '#shared/analysis/partial.ts';
import { type AnalysisFiles, loadAnalysis } from '#shared/analysis/registry.ts';
import { otherFiles } from '#shared/datasets/assign-files.ts';
import { type Catalogue, fileLuminosityFb, PLAIN_CATALOGUE, parseCatalogue } from '#shared/datasets/catalogue.ts';
import { catalogueEntries, totalLuminosityFb } from '#shared/datasets/normalise.ts';
import { ConfigError } from '#shared/errors.ts';
import { type Axis, extent } from '#shared/histogram/axis.ts';
import type { AnalysisDescription } from '#shared/plot/snapshot.ts';
import { MESSAGE_VERSION, type Task } from '#shared/queue/messages.ts';
import { type RunSpec, readingOf } from '#shared/queue/run-spec.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import type { OpenTask } from './ledger-rows.ts';

/** A dataset of a run: what spec and catalogue say of it. */
export interface DatasetModel {
  readonly isData: boolean;
  /** Of the plot's legend. */
  readonly group: string;
  /** Its own, where it has any. */
  readonly parameters: Parameters | undefined;
  readonly files: number;
  /** With those that are not in this run, and of which the catalogue does not tell the entries. */
  readonly filesInAll: number;
  /** Entries in all, where the catalogue tells. */
  readonly entries: number | undefined;
  /** Entries that the catalogue tells of files that are not in the run. */
  readonly entriesElsewhere: number;
  /** Each of its files has a luminosity of its own. */
  readonly hasLuminosity: boolean;
}

/** A run's spec with all that follows from it alone. Without its list of files: what is kept in memory must not grow with them. */
export interface RunModel {
  readonly spec: Omit<RunSpec, 'datasets' | 'catalogue'>;
  readonly analysis: Analysis;
  readonly parameters: Parameters;
  /** By name. */
  readonly datasets: ReadonlyMap<string, DatasetModel>;
  readonly catalogue: Catalogue;
  readonly description: AnalysisDescription;
  /** Axes by histogram name, `cutFlow` included: what partials must have. */
  readonly axes: Readonly<Record<string, readonly Axis[]>>;
  /** Of the collector; undefined where there is only one. */
  readonly ownPool: string | undefined;
}

/** @throws ConfigError or AnalysisError if the spec names an analysis, parameters or a catalogue that do not exist or are wrong */
export async function loadRunModel(spec: RunSpec, analysisFiles: AnalysisFiles, ownPool?: string): Promise<RunModel> {
  const analysis = await loadAnalysis(spec.analysis, analysisFiles);
  const parameters = resolveParameters(analysis, spec.parameters);
  const catalogue = parseCatalogue(spec.catalogue, `catalogue of run ${spec.run}`);
  const histograms = describeHistograms(analysis, parameters);
  const axes = Object.fromEntries(histograms.map(({ name, axes }) => [name, axes]));
  refuseWindow(analysis, axes);
  const { datasets, catalogue: _, ...head } = spec;
  const own = ownParameters(analysis, spec, catalogue);
  return {
    spec: head,
    ownPool,
    analysis,
    parameters,
    datasets: new Map(datasets.map((each) => [each.name, datasetModel(catalogue, each, own.get(each.name))])),
    catalogue: withoutFiles(catalogue),
    description: {
      name: analysis.name,
      title: analysis.title,
      histograms,
      cutFlow: analysis.cutFlow,
      parameters,
      signalWindow: analysis.signalWindow,
    },
    axes: { ...axes, cutFlow: [cutFlowAxis(analysis)] },
  };
}

/** With its own parameters `checkAnalysis` has looked. @throws ConfigError where with these no window can lie in its histogram */
function refuseWindow({ name, signalWindow }: Analysis, axes: Readonly<Record<string, readonly Axis[]>>): void {
  if (signalWindow === undefined || !Object.hasOwn(axes, signalWindow.histogram)) return;
  const [problem] = windowProblems(signalWindow, axes[signalWindow.histogram] ?? []);
  if (problem === undefined) return;
  throw new ConfigError(`with the parameters of the run ${problem}`, {
    object: name,
    hint: 'Choose other parameters, or mend the analysis.',
  });
}

/** @throws ConfigError where the analysis has no such parameter, or where one changes what the histograms are */
function ownParameters(analysis: Analysis, { parameters, datasets }: RunSpec, catalogue: Catalogue): ReadonlyMap<string, Parameters> {
  // Another analysis than the catalogue's knows nothing of its parameters.
  if (catalogue.analysis !== undefined && catalogue.analysis !== analysis.name) return new Map();
  const shape = (of: Parameters) => JSON.stringify(describeHistograms(analysis, of));
  const common = shape(resolveParameters(analysis, parameters));
  const own = catalogue.datasets.flatMap((dataset) => {
    if (dataset.parameters === undefined || !datasets.some(({ name }) => name === dataset.name)) return [];
    const resolved = resolveParameters(analysis, { ...parameters, ...dataset.parameters });
    if (shape(resolved) === common) return [[dataset.name, resolved] as const];
    throw new ConfigError(`the parameters of dataset ${dataset.name} make other histograms than those of the run`, {
      object: `catalogue ${catalogue.name}`,
    });
  });
  return new Map(own);
}

function datasetModel(
  catalogue: Catalogue,
  { name, isData, files, facts }: RunSpec['datasets'][number],
  parameters: Parameters | undefined,
): DatasetModel {
  const catalogued = catalogue.datasets.find((each) => each.name === name);
  const inAll = catalogued?.files.length === 0 ? catalogued.fileCount : undefined;
  const others = catalogued === undefined ? { entries: 0, unknown: 0 } : otherFiles(catalogue, catalogued, files);
  return {
    isData,
    group: catalogued?.group ?? '',
    parameters,
    files: files.length,
    filesInAll: Math.max(files.length + others.unknown, inAll ?? 0),
    entries: catalogued && catalogueEntries(catalogued),
    entriesElsewhere: others.entries,
    hasLuminosity: isData && files.length > 0 && (facts?.every(({ luminosityFb }) => luminosityFb !== undefined) ?? false),
  };
}

/** What normalisation needs of a catalogue; in a long one files take all the memory. */
function withoutFiles(catalogue: Catalogue): Catalogue {
  const datasets = catalogue.datasets.map((dataset) => {
    const { luminosityFb = fileLuminosityFb(dataset), ...rest } = dataset;
    return { ...rest, ...(luminosityFb === undefined ? {} : { luminosityFb }), entries: catalogueEntries(dataset), files: [] };
  });
  return { ...catalogue, datasets };
}

/** What a report has to say of the run that follows from its model alone. */
export function toldBy(model: RunModel): Pick<RunDetails, 'notes' | 'luminosityFb'> {
  const notes = [...unreadNotes(model), ...weightNotes(model)];
  return { luminosityFb: totalLuminosityFb(model.catalogue), ...(notes.length > 0 && { notes }) };
}

function unreadNotes({ analysis, catalogue }: RunModel): string[] {
  const unread = catalogue.name === PLAIN_CATALOGUE ? Object.keys(analysis.mcColumns) : [];
  if (unread.length === 0) return [];
  const hint = 'where they are simulation, say so in a catalogue: --catalogue FILE';
  return [`mcColumns (${unread.join(', ')}) are not read: without a catalogue all files count as data; ${hint}`];
}

/** Filled with 1, simulation that is normalised by sums of weights comes out wrong, and nothing else tells. */
function weightNotes({ analysis, catalogue, datasets }: RunModel): string[] {
  const byWeights = catalogue.datasets.filter(
    ({ name, normalisation }) => normalisation === 'catalogue' && datasets.get(name)?.isData === false,
  );
  if (byWeights.length === 0 || Object.keys(analysis.mcColumns).length > 0) return [];
  const hint = 'unless it fills their weights otherwise, its yields are wrong';
  return [`simulation is normalised by sums of weights, but the analysis ${analysis.name} declares no mcColumns: ${hint}`];
}

/** Bytes that a cell of a partial takes at most, but for weights of very different sizes: entries, and two exact sums. */
const CELL_BYTES = 64;

/** @throws ConfigError if the histograms of a partial may not fit into one message */
export function refuseTooLarge({ axes, spec }: RunModel, maxBytes: number): void {
  const cells = Object.values(axes).reduce((sum, each) => sum + each.reduce((product, axis) => product * extent(axis), 1), 0);
  if (cells * CELL_BYTES <= maxBytes) return;
  throw new ConfigError(
    `the histograms of ${spec.analysis} have ${cells.toLocaleString('en-US')} cells; a message holds about ${Math.floor(maxBytes / CELL_BYTES).toLocaleString('en-US')}`,
    {
      hint: 'Use fewer bins, or `higgsflow run`, which has no messages.',
    },
  );
}

/** The message that asks for an open task; in a run without pools it is for the collector's own. */
export function taskMessage({ spec, ownPool, datasets }: RunModel, task: OpenTask): Task {
  const { run, incarnation, index, dataset, url, replicas, from, to, attempts, pool } = task;
  const { tree, analysis, fraction } = spec;
  const { isData = false, parameters = spec.parameters } = datasets.get(dataset) ?? {};
  const range = to === undefined ? { fraction } : { from, to };
  const whose = pool ?? ownPool;
  const how = { ...readingOf(spec, pool), ...(whose && { pool: whose }), ...(replicas && { replicas: [...replicas] }) };
  const key = { run, index, ...(incarnation && { incarnation }) };
  return { v: MESSAGE_VERSION, ...key, dataset, isData, url, tree, analysis, parameters, ...range, ...how, attempt: attempts + 1 };
}
