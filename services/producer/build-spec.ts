import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withImports } from '#shared/analysis/own-imports.ts';
import { resolveParameters } from '#shared/analysis/parameters.ts';
import { type AnalysisFiles, IN_FOLDER, loadAnalysis, loadAnalysisFile } from '#shared/analysis/registry.ts';
import type { AssignedFile } from '#shared/datasets/assign-files.ts';
import { ConfigError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import { assignPools } from './assign-pools.ts';
import { gatherInputs } from './gather-inputs.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { mannerOf } from './run-manner.ts';

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
 * @throws ConfigError where something does not exist or does not fit, or the analysis file is wrong
 */
export async function buildSpec(
  options: Partial<RunRequest>,
  { runId, files = true, forServices = false }: BuildOptions,
): Promise<RunSpec> {
  if (options.analysis === undefined) throw new ConfigError('no analysis is given', { hint: 'Say which: --analysis atlas-hzz-2020.' });
  const location = analysisLocation(options.analysis);
  const analysis = await loadAnalysis(location, files);
  const { set = {} } = options;
  const { catalogue, datasets } = await gatherInputs(options, analysis.name);
  const run = options.run ?? runId(analysis.name);
  const spec: RunSpec = {
    v: 1,
    run,
    analysis: forServices && location.startsWith('file:') ? `${IN_FOLDER}${basename(location)}` : location,
    ...(location.startsWith('file:') ? { analysisSha256: await sha256Of(location) } : {}),
    parameters: resolveParameters(analysis, set),
    tree: analysis.tree,
    catalogue,
    fraction: options.fraction ?? 1,
    ...DEFAULT_CHUNKS,
    ...(options.chunkEntries === undefined ? {} : { chunkEntries: options.chunkEntries }),
    datasets: assignPools(
      datasets.map(({ dataset, isData, files }) => specDataset(dataset.name, isData, files)),
      options,
    ),
    ...mannerOf(options, run),
  };
  refuseSecrets(spec);
  return spec;
}

/** Of an analysis file with the user's files that it imports, as the spec has it. @throws ConfigError if it cannot be loaded */
export async function sha256Of(url: string): Promise<string> {
  await loadAnalysisFile(url);
  const hashes = await Promise.all(withImports(url).map(async (file) => hash('sha256', await readFile(fileURLToPath(file)))));
  return hashes.length === 1 ? (hashes[0] as string) : hash('sha256', hashes.join());
}

/** A name, or the URL of a file: what looks like a path is one. */
export function analysisLocation(text: string): string {
  return /[/\\]|\.[cm]?[jt]s$/.test(text) && !/^(file|analyses):/.test(text) ? pathToFileURL(resolve(text)).href : text;
}

/** @throws ConfigError where only some of the files have a luminosity: what the others stand for nobody can tell */
function specDataset(name: string, isData: boolean, files: readonly AssignedFile[]): RunSpec['datasets'][number] {
  const without = files.filter(({ file }) => file?.luminosityFb === undefined);
  const some = without.length < files.length;
  if (some && !isData)
    throw new ConfigError(`dataset ${name} is simulation: its files have no luminosity of their own`, { file: files[0]?.path });
  if (some && without.length > 0) {
    const example = without[0]?.path ?? '';
    throw new ConfigError(`${without.length} of ${files.length} files of dataset ${name} have no luminosity: ${example}`, {
      hint: 'Give `luminosityFb` for all of them in the catalogue, or for none.',
    });
  }
  const facts = files.map(({ file: { entries, size, luminosityFb, replicas } = {} }) => ({ entries, bytes: size, luminosityFb, replicas }));
  const any = facts.some((each) => Object.values(each).some((value) => value !== undefined));
  return { name, isData, files: files.map(({ path }) => path), ...(any ? { facts } : {}) };
}

/** An id that tells when a run began: `atlas-hzz-2020-20201122-091500`. */
export function newRunId(analysis: string, now: Date): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${analysis}-${time}`;
}
