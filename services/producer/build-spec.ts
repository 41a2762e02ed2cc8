import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Analysis } from '#shared/analysis/define-analysis.ts';
import { resolveParameters } from '#shared/analysis/parameters.ts';
import { type AnalysisFiles, IN_FOLDER, loadAnalysis } from '#shared/analysis/registry.ts';
import { assignFiles, type FileAssignment } from '#shared/datasets/assign-files.ts';
import { catalogueOfAnalysis, loadBuiltInCatalogue } from '#shared/datasets/built-in.ts';
import {
  baseName,
  type Catalogue,
  fileUrl,
  isData,
  parseCatalogue,
  parseCatalogueText,
  plainCatalogue,
} from '#shared/datasets/catalogue.ts';
import { ConfigError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import { expandInputs } from '#shared/storage/expand.ts';
import { runSettings } from '#shared/storage/run-settings.ts';
import { mannerOf, placed } from './run-manner.ts';

export interface BuildOptions {
  /** The run's id, where the request names none. */
  readonly runId: (analysis: string) => string;
  /** Which files may be loaded as analyses. */
  readonly files?: AnalysisFiles;
  /** The run is for other machines: a file of the user's own is named as the file of this name in their folder of analyses. */
  readonly forServices?: boolean;
}

/**
 * The run spec that the options ask for: analysis, parameters, catalogue, and every file with its dataset.
 * @throws ConfigError where something does not exist or does not fit, AnalysisError for a wrong analysis file
 */
export async function buildSpec(
  options: Partial<RunRequest>,
  { runId, files = true, forServices = false }: BuildOptions,
): Promise<RunSpec> {
  if (options.analysis === undefined) throw new ConfigError('no analysis is given', { hint: 'Say which: --analysis atlas-hzz-2020.' });
  const location = analysisLocation(options.analysis);
  const analysis = await loadAnalysis(location, files);
  const { data = [], set = {} } = options;
  const catalogue = await chooseCatalogue(options.catalogue, analysis);
  const paths = await inputsOf(data, catalogue, options);
  if (paths.length === 0) throw new ConfigError('no data are given', { hint: 'Name files, folders or URLs: --data samples/.' });
  const assignment = assignFiles(catalogue, paths);
  refuseUnclear(assignment, catalogue);
  const run = options.run ?? runId(analysis.name);
  return {
    v: 1,
    run,
    analysis: forServices && location.startsWith('file:') ? `${IN_FOLDER}${basename(location)}` : location,
    parameters: resolveParameters(analysis, set),
    tree: analysis.tree,
    catalogue,
    fraction: options.fraction ?? 1,
    ...DEFAULT_CHUNKS,
    ...(options.chunkEntries === undefined ? {} : { chunkEntries: options.chunkEntries }),
    datasets: datasetsOf(catalogue, assignment),
    ...mannerOf(options, run),
  };
}

/** Where the files are, for the storage that the options name. */
async function inputsOf(data: readonly string[], catalogue: Catalogue, options: Partial<RunRequest>): Promise<string[]> {
  const here = (location: string) => placed(location, options);
  if (data.length === 0) return catalogueFiles(catalogue).map(here);
  return (await expandInputs(data.map(here), runSettings(options))).map(here);
}

/** A name, or the URL of a file: what looks like a path is one. */
function analysisLocation(text: string): string {
  return /[/\\]|\.[cm]?[jt]s$/.test(text) && !/^(file|analyses):/.test(text) ? pathToFileURL(resolve(text)).href : text;
}

async function chooseCatalogue(asked: RunRequest['catalogue'], analysis: Analysis): Promise<Catalogue> {
  if (asked === undefined) return (await catalogueOfAnalysis(analysis.name)) ?? plainCatalogue();
  if (typeof asked === 'object') return parseCatalogue(asked, 'the catalogue in the request');
  if (asked === 'none') return plainCatalogue();
  if (!/[/\\]|\.json$/.test(asked)) return loadBuiltInCatalogue(asked);
  const text = await readFile(asked, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`the catalogue cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file: asked, cause });
  });
  return parseCatalogueText(text, asked);
}

function catalogueFiles(catalogue: Catalogue): string[] {
  return catalogue.datasets.flatMap(({ files }) => files.map((file) => fileUrl(catalogue, file)));
}

/** A file that is counted in no dataset, or in a wrong one, makes a wrong plot: the user has to say. */
function refuseUnclear({ unmatched, ambiguous, repeated }: FileAssignment, catalogue: Catalogue): void {
  const near = (nearest: readonly string[]) => (nearest.length === 0 ? '' : ` (similar: ${nearest.join(', ')})`);
  const problems = [
    ...unmatched.map(({ path, nearest }) => `${path} belongs to no dataset${near(nearest)}`),
    ...ambiguous.map(({ path, datasets }) => `${path} could belong to ${datasets.join(' or ')}`),
    ...repeated.map(({ path, first }) => `${path} is ${baseName(first)} again, which is given as ${first}`),
  ];
  if (problems.length === 0) return;
  const shown = problems.slice(0, 5);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  throw new ConfigError(`the catalogue ${catalogue.name} does not fit the data: ${shown.join('; ')}`, {
    hint: 'Give a catalogue that names them (--catalogue FILE.json), other files (--data), or --catalogue none to count all as one.',
  });
}

function datasetsOf(catalogue: Catalogue, { assigned }: FileAssignment): RunSpec['datasets'] {
  return catalogue.datasets.flatMap((dataset) => {
    const files = assigned.filter((file) => file.dataset === dataset.name).map(({ path }) => path);
    return files.length === 0 ? [] : [{ name: dataset.name, isData: isData(catalogue, dataset), files }];
  });
}

/** An id that tells when a run began: `atlas-hzz-2020-20201122-091500`. */
export function newRunId(analysis: string, now: Date): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${analysis}-${time}`;
}
