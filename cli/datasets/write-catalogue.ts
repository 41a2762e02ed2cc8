/** A catalogue made from files: what a catalogue or lists say of them, with sizes, entries, checksums and Σw as the files have them. */
import { writeFile } from 'node:fs/promises';
import type { DatasetInputs, Inputs } from '#services/producer/gather-inputs.ts';
import { inOrder, PARALLEL } from '#services/producer/plan-run.ts';
import type { AssignedFile } from '#shared/datasets/assign-files.ts';
import { type Catalogue, PLAIN_CATALOGUE, parseCatalogue } from '#shared/datasets/catalogue.ts';
import { ConfigError } from '#shared/errors.ts';
import { ExactSums } from '#shared/histogram/exact-sums.ts';
import { type ChecksumKind, checksumOf } from './checksum.ts';
import { withTree } from './open-file.ts';
import { type FileWeights, weightsOf } from './sum-of-weights.ts';

export interface WriteOptions {
  /** Of the catalogue, where the files came without one. */
  readonly name: string;
  readonly tree: string | undefined;
  /** Branch whose sum is Σw. */
  readonly weight: string | undefined;
  /** Reads files whole, and notes these checksums. */
  readonly checksum: ChecksumKind | undefined;
  readonly onFile: (done: number, all: number) => void;
  readonly signal: AbortSignal;
}

/** What was found of one dataset; `sumOfWeights` with its source in words, or why there is none. */
export interface WrittenDataset {
  readonly dataset: string;
  readonly files: number;
  readonly entries: number;
  readonly bytes: number;
  readonly sumOfWeights?: number | undefined;
  readonly source: string;
}

interface Measured {
  readonly path: string;
  readonly size: number;
  readonly entries: number;
  readonly checksum?: string | undefined;
  readonly weights?: FileWeights | undefined;
}

/**
 * Opens every file, 16 at a time, and makes the catalogue.
 * @throws PipelineError for the first file that cannot be read: a catalogue with holes is none
 */
export async function makeCatalogue(
  { catalogue, datasets }: Inputs,
  options: WriteOptions,
): Promise<{ readonly catalogue: object; readonly written: readonly WrittenDataset[] }> {
  const all = datasets.reduce((sum, { files }) => sum + files.length, 0);
  const made: { dataset: Record<string, unknown>; written: WrittenDataset }[] = [];
  let done = 0;
  for (const inputs of datasets) {
    const measured: Measured[] = [];
    for await (const [, file] of inOrder(inputs.files, PARALLEL, (each) => measure(each, looksForWeights(inputs, catalogue), options))) {
      measured.push(file);
      done += 1;
      options.onFile(done, all);
    }
    made.push(describe(inputs, measured, looksForWeights(inputs, catalogue)));
  }
  const used = new Set(datasets.map(({ dataset }) => dataset.group));
  const { name: source, baseUrl: _, groups, datasets: __, ...rest } = catalogue;
  const name = source === PLAIN_CATALOGUE ? options.name : source;
  const tree = options.tree === undefined ? {} : { tree: options.tree };
  const value = {
    name,
    ...rest,
    ...tree,
    groups: groups.filter((group) => used.has(group.name)),
    datasets: made.map(({ dataset }) => dataset),
  };
  parseCatalogue(value, 'the new catalogue');
  return { catalogue: value, written: made.map(({ written }) => written) };
}

/** Writes it as JSON, or as YAML where the name ends so. @throws ConfigError if the file cannot be written */
export async function writeCatalogue(catalogue: object, path: string): Promise<void> {
  const text = /\.ya?ml$/i.test(path)
    ? (await import('yaml')).stringify(catalogue, { lineWidth: 140 })
    : `${JSON.stringify(catalogue, undefined, 2)}\n`;
  await writeFile(path, text).catch((cause: unknown) => {
    throw new ConfigError(`the catalogue cannot be written: ${cause instanceof Error ? cause.message : cause}`, { file: path, cause });
  });
}

/** Without a catalogue nobody knows what is data. */
function looksForWeights({ isData }: DatasetInputs, catalogue: Catalogue): boolean {
  return !isData || catalogue.name === PLAIN_CATALOGUE;
}

function measure(file: AssignedFile, looks: boolean, { tree, weight, checksum, signal }: WriteOptions): Promise<Measured> {
  return withTree(file, { tree, signal }, async (opened) => {
    signal.throwIfAborted();
    const { source } = opened;
    const sum = checksum === undefined ? undefined : await checksumOf(source, checksum, signal);
    const weights = looks ? await weightsOf(opened, weight, signal) : undefined;
    return { path: file.path, size: source.size, entries: opened.tree.entries, checksum: sum, weights };
  });
}

function describe({ dataset, files, isData }: DatasetInputs, measured: readonly Measured[], looks: boolean) {
  const { name, normalisation } = dataset;
  const entries = measured.reduce((sum, file) => sum + file.entries, 0);
  const bytes = measured.reduce((sum, file) => sum + file.size, 0);
  const found = combine(name, measured);
  const silence = looks ? 'files do not tell it: --weight BRANCH sums up a branch' : 'data have none';
  const source = found === undefined ? silence : `${found.source}${found.of === 'file' ? `, ${measured.length} files` : ''}`;
  const list = measured.map(({ path, size, entries, checksum }, i) => {
    const { luminosityFb, replicas } = files[i]?.file ?? {};
    return defined({ path, size, entries, checksum, luminosityFb, replicas });
  });
  const { fileCount: _, files: __, ...known } = dataset;
  // Where Σw has no place in the catalogue (data, weights of their own), it stands in the note.
  const sumOfWeights = found !== undefined && !isData && normalisation === 'catalogue' ? found.value : known.sumOfWeights;
  const note = found === undefined ? known.note : `sumOfWeights ${found.value}: ${source}`;
  const value = withoutDefaults({ ...known, sumOfWeights, note, entries, files: list });
  return { dataset: value, written: { dataset: name, files: list.length, entries, bytes, sumOfWeights: found?.value, source } };
}

/** @throws ConfigError where files that tell the dataset's Σw do not agree, or only some tell it */
function combine(dataset: string, measured: readonly Measured[]): FileWeights | undefined {
  const told = measured.flatMap(({ weights, path }) => (weights === undefined ? [] : [{ ...weights, path }]));
  const [first] = told;
  if (first === undefined) return undefined;
  const silent = measured.find(({ weights, entries }) => weights === undefined && entries > 0);
  if (silent !== undefined) throw new ConfigError(`dataset ${dataset}: ${first.path} tells Σw, this file does not`, { file: silent.path });
  const other = told.find(({ of, value }) => of !== first.of || (of === 'dataset' && value !== first.value));
  if (other !== undefined) {
    throw new ConfigError(`dataset ${dataset}: Σw is ${other.value} here, ${first.value} in ${first.path}`, { file: other.path });
  }
  if (first.of === 'dataset') return first;
  const sum = new ExactSums(1, `Σw of ${dataset}`);
  for (const { value } of told) sum.add(0, value);
  return { ...first, value: sum.value(0) };
}

/** What the schema fills in by itself only makes a file longer. */
function withoutDefaults(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isDefault = (key: string, each: unknown) => (key in DEFAULTS ? DEFAULTS[key] === each : Array.isArray(each) && each.length === 0);
  return Object.fromEntries(Object.entries(defined(value)).filter(([key, each]) => !isDefault(key, each)));
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  filterEfficiency: 1,
  reductionEfficiency: 1,
  scaleFactor: 1,
  normalisation: 'catalogue',
};

function defined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}
