import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { loadBuiltInCatalogue } from '../datasets/built-in.ts';
import { type Catalogue, type Dataset, isData } from '../datasets/catalogue.ts';
import { didYouMean } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import type { BranchSpec } from '../root/write/branch-writer.ts';
import { type CodecName, type Compressor, loadCompressor } from '../root/write/compress.ts';
import { namedText, RootFileWriter } from '../root/write/file-writer.ts';
import { openFileSink, type Sink } from '../root/write/sink.ts';
import { TreeWriter } from '../root/write/tree-writer.ts';
import { ColumnFiller } from './columns.ts';
import { Random } from './random.ts';
import { type ToyRelease, type ToySample, toySamples } from './samples.ts';
import { BRANCHES_2020, fillEvent2020 } from './schema-2020.ts';
import { BRANCHES_2025, fillEvent2025, MIN_PT_2025 } from './schema-2025.ts';
import { BRANCHES_OUTREACH, fillEventOutreach, PASSING_OUTREACH } from './schema-outreach.ts';
import { type FillEvent, MEAN_SCALE_FACTOR, makeEvent, type PassingEvents, type ToyRun } from './toy-event.ts';
import { TOY_MARK, TOY_TITLE } from './toy-mark.ts';

export interface ToyOptions {
  readonly release: ToyRelease;
  /** Made where it is missing; the files lie in it as in the release. */
  readonly folder: string;
  /** The same seed, scale and codec give the same bytes (with the same Node: its compression may change). */
  readonly seed?: number;
  /** Entries of simulated samples relative to the real ones (0.1); their weights make up for it. Data have their real number always. */
  readonly scale?: number;
  readonly codec?: CodecName;
  /** Only these datasets; all where not given. A sample does not depend on which others are made. */
  readonly samples?: readonly string[];
  /** Called a few times a second. */
  readonly onProgress?: (progress: ToyProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far the generation is, over all samples. */
export interface ToyProgress {
  readonly sample: string;
  readonly entries: number;
  readonly entriesTotal: number;
}

/** A file that was written. */
export interface ToyFile {
  readonly dataset: string;
  readonly path: string;
  readonly entries: number;
  readonly byteLength: number;
}

/** Fills the plot well and takes some seconds. */
export const DEFAULT_TOY_SCALE = 0.1;

const FORMAT_VERSION = 1;
/** Simulated samples are never made smaller than this (or than they are): their yields would scatter. */
const LEAST_ENTRIES = 600;
const LEAST_PASSING = 3;
const CLUSTER_ENTRIES = 10_000;
const BATCH_ENTRIES = 2500;
const PB_PER_FB = 1000;

interface Schema {
  readonly tree: string;
  readonly branches: readonly BranchSpec[];
  readonly fill: FillEvent;
  readonly passing: PassingEvents;
  /** Events have no weights that could make up for fewer of them. */
  readonly wholeOnly?: boolean;
}

const SCHEMAS: Readonly<Record<ToyRelease, Schema>> = {
  'atlas-2020': { tree: 'mini', branches: BRANCHES_2020, fill: fillEvent2020, passing: { minPt: [] } },
  'atlas-2025': { tree: 'analysis', branches: BRANCHES_2025, fill: fillEvent2025, passing: { minPt: MIN_PT_2025 } },
  'cms-hzz-outreach': { tree: 'Events', branches: BRANCHES_OUTREACH, fill: fillEventOutreach, passing: PASSING_OUTREACH, wholeOnly: true },
};

/**
 * Writes toy samples as ROOT files under the names that the release's catalogue knows: tree, branches and yields like the
 * real ones, marked as toy by TOY_MARK. A file appears when it is complete.
 * @throws ConfigError for an unknown sample or a scale that is not positive; StorageError where files cannot be written;
 * the signal's reason when it is aborted
 */
export async function generateToySamples(options: ToyOptions): Promise<ToyFile[]> {
  const { release, folder, samples: wanted, codec = 'zlib', seed = 1, onProgress, signal } = options;
  const scale = chooseScale(options);
  const catalogue = await loadBuiltInCatalogue(release);
  const compressor = await loadCompressor(codec);
  const plans = choose(toySamples(release), wanted).map((sample) => planSample(catalogue, sample, scale));
  const entriesTotal = plans.reduce((sum, { run }) => sum + run.entries, 0);
  const files: ToyFile[] = [];
  let done = 0;
  for (const { run, path } of plans) {
    const target = join(folder, path);
    const { dataset, file } = run.sample;
    const mark = JSON.stringify({ version: FORMAT_VERSION, release, dataset, file, seed, scale });
    const random = new Random([release, dataset, seed, ...(file === undefined ? [] : [file])].join('/'));
    const byteLength = await writeWhole(target, (sink) =>
      writeSample(sink, { name: basename(path), schema: SCHEMAS[release], run, random, mark, compressor }, async (entries) => {
        onProgress?.({ sample: dataset, entries: done + entries, entriesTotal });
        await setImmediate();
        signal?.throwIfAborted();
      }),
    );
    done += run.entries;
    files.push({ dataset, path: target, entries: run.entries, byteLength });
  }
  return files;
}

function chooseScale({ release, scale }: ToyOptions): number {
  const { wholeOnly = false } = SCHEMAS[release];
  if (wholeOnly && scale !== undefined && scale !== 1) {
    throw new ConfigError(`toy samples of ${release} are made whole, not at a scale of ${scale}`, {
      hint: 'Their events have no weights.',
    });
  }
  if (wholeOnly) return 1;
  if (scale === undefined || (scale > 0 && Number.isFinite(scale))) return scale ?? DEFAULT_TOY_SCALE;
  throw new ConfigError(`the scale of toy samples must be positive, not ${scale}`);
}

function choose(samples: readonly ToySample[], wanted: readonly string[] | undefined): readonly ToySample[] {
  const names = samples.map(({ dataset }) => dataset);
  for (const name of wanted ?? []) {
    if (!names.includes(name)) throw new ConfigError(`there is no toy sample \`${name}\``, { hint: didYouMean(name, names) });
  }
  return wanted === undefined ? samples : samples.filter(({ dataset }) => wanted.includes(dataset));
}

/** Numbers of a sample at a scale, and its path in the release. Weights are such that the yield is the same at any scale. */
function planSample(catalogue: Catalogue, sample: ToySample, scale: number): { run: ToyRun; path: string } {
  const dataset = catalogue.datasets.find(({ name }) => name === sample.dataset);
  const path = dataset?.files[sample.file ?? 0]?.path;
  if (dataset === undefined || path === undefined) {
    throw new ConfigError('the catalogue has no file for this sample', { file: catalogue.name, object: sample.dataset });
  }
  const data = isData(catalogue, dataset);
  const entries = data ? sample.entries : Math.max(Math.round(sample.entries * scale), Math.min(sample.entries, LEAST_ENTRIES));
  const least = Math.min(sample.passing, LEAST_PASSING);
  const passing = Math.max(Math.round((sample.passing * entries) / sample.entries), least);
  const counts = { sample, isData: data, dsid: dataset.dsid ?? 0, entries, passing };
  return { run: { ...counts, ...weightsOf(catalogue, dataset, sample, passing) }, path };
}

function weightsOf({ experiment }: Catalogue, dataset: Dataset, sample: ToySample, passing: number) {
  const { crossSectionPb = 1, sumOfWeights = 1, reductionEfficiency } = dataset;
  const events = (experiment.luminosityFb ?? 1) * PB_PER_FB * passing * MEAN_SCALE_FACTOR;
  const expected = sample.yield ?? 1;
  if (dataset.normalisation === 'catalogue') {
    const meanWeight = (expected * sumOfWeights * reductionEfficiency) / (events * crossSectionPb);
    return { meanWeight, crossSectionPb, sumOfWeights };
  }
  // The file says its own Σw: weights are 1, then.
  const own = sample.crossSectionPb ?? 1;
  return { meanWeight: 1, crossSectionPb: own, sumOfWeights: (events * own) / expected };
}

/** Writes beside the target and moves it there at the end: nobody sees half a file. */
async function writeWhole(target: string, write: (sink: Sink) => Promise<void>): Promise<number> {
  await makeFolder(dirname(target));
  const part = `${target}.part`;
  const sink = openFileSink(part);
  try {
    await write(sink);
    const byteLength = sink.position;
    sink.close();
    renameSync(part, target);
    return byteLength;
  } catch (error) {
    sink.discard();
    rmSync(part, { force: true });
    throw error;
  }
}

interface SampleWork {
  readonly name: string;
  readonly schema: Schema;
  readonly run: ToyRun;
  readonly random: Random;
  readonly mark: string;
  readonly compressor: Compressor;
}

async function writeSample(sink: Sink, work: SampleWork, step: (entries: number) => Promise<void>): Promise<void> {
  const { name, schema, run, random, mark, compressor } = work;
  const file = new RootFileWriter(sink, { name, title: TOY_TITLE, compressor, seed: mark });
  file.writeObject(namedText(TOY_MARK, mark), { name: TOY_MARK, title: mark });
  const tree = new TreeWriter(file, { name: schema.tree, title: TOY_TITLE, branches: schema.branches, clusterEntries: CLUSTER_ENTRIES });
  const fillers = Object.fromEntries(schema.branches.map((branch) => [branch.name, new ColumnFiller(branch.type, BATCH_ENTRIES)]));
  const all = Object.values(fillers);
  for (let from = 0; from < run.entries; from += BATCH_ENTRIES) {
    const count = Math.min(BATCH_ENTRIES, run.entries - from);
    for (const filler of all) filler.clear();
    for (let i = 0; i < count; i++) {
      schema.fill(fillers, makeEvent(random, run, from + i, schema.passing), run, random);
      for (const filler of all) filler.endEntry(i);
    }
    tree.append(Object.fromEntries(Object.entries(fillers).map(([branch, filler]) => [branch, filler.column])), count);
    await step(from + count);
  }
  tree.close();
  file.close();
}
