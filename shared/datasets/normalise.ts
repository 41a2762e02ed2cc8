/**
 * What raw sums are multiplied by when a plot is made: so that simulation is normalised to the data read so far, at any
 * moment of a run. Pure.
 *
 *   completeness c = committed / expected entries of a dataset (1 where it has none)
 *   L_read         = Σ over data datasets of L_dataset · c, in fb-1
 *   data           : 1
 *   'catalogue'    : L_read · 1000 · σ · ε_filter / (Σw · ε_reduction · c)
 *   'per-event'    : L_read · 1000 / c, for weights that are σ ε / Σw already
 *
 * L_dataset is the dataset's own `luminosityFb`, otherwise its part of the catalogue's luminosity, shared by entries. A run
 * without data is normalised to the catalogue's luminosity. Where nothing is committed the scale is 0.
 */
import { type Catalogue, type Dataset, isData } from './catalogue.ts';

const PB_PER_FB = 1000;

/** How far one dataset of a run is. Datasets that are not in the run are not given. */
export interface DatasetProgress {
  readonly dataset: string;
  readonly entriesCommitted: number;
  /**
   * Entries of all files of the dataset, whole: also those that a fraction, a failure or a missing file leaves out (see
   * `expectedEntries`). Undefined while unknown; the catalogue's number is taken then, if it has one.
   */
  readonly entriesExpected: number | undefined;
}

/** Scales at one moment of a run. */
export interface Normalisation {
  /** Luminosity that simulation is normalised to, in fb-1; undefined where the catalogue knows none. */
  readonly luminosityReadFb: number | undefined;
  /** What the raw sums of each dataset given are multiplied by. */
  readonly scales: Readonly<Record<string, number>>;
}

/** The scales of the datasets of a run. Datasets that the catalogue does not know get 1. */
export function normalise(catalogue: Catalogue, progress: readonly DatasetProgress[]): Normalisation {
  const inRun = new Map(progress.map((each) => [each.dataset, each]));
  const simulation = catalogue.datasets.filter((dataset) => !isData(catalogue, dataset));
  const streams = luminosityByStream(catalogue, inRun);
  // Streams record the same collisions, so that all of them have seen only what the slowest has.
  const common = streams.size === 0 ? undefined : Math.min(...streams.values());
  const scales: Record<string, number> = Object.fromEntries(progress.map(({ dataset }) => [dataset, 1]));
  for (const dataset of simulation) {
    const each = inRun.get(dataset.name);
    if (each === undefined) continue;
    const luminosity = dataset.stream === undefined ? common : (streams.get(dataset.stream) ?? common);
    scales[dataset.name] = scaleOf(dataset, luminosity ?? 0, completeness(dataset, each));
  }
  return { luminosityReadFb: common, scales };
}

function scaleOf(dataset: Dataset, luminosityFb: number, complete: number): number {
  if (complete === 0) return 0;
  if (dataset.normalisation === 'per-event') return (luminosityFb * PB_PER_FB) / complete;
  // The schema asks for both in simulation that is normalised by the catalogue.
  const { crossSectionPb = 0, sumOfWeights = 1, filterEfficiency, reductionEfficiency } = dataset;
  return (luminosityFb * PB_PER_FB * crossSectionPb * filterEfficiency) / (sumOfWeights * reductionEfficiency * complete);
}

/** Committed part of a dataset, 0 to 1; 0 while nothing says how many entries there are. */
function completeness(dataset: Dataset, { entriesCommitted, entriesExpected = catalogueEntries(dataset) }: DatasetProgress): number {
  if (entriesExpected === undefined) return 0;
  return entriesExpected === 0 ? 1 : Math.min(1, entriesCommitted / entriesExpected);
}

function luminosityByStream(catalogue: Catalogue, inRun: ReadonlyMap<string, DatasetProgress>): Map<string | undefined, number> {
  const luminosities = new Map<string | undefined, number>();
  const data = catalogue.datasets.filter((dataset) => isData(catalogue, dataset));
  const anyData = data.some(({ name }) => inRun.has(name));
  const streams = data.length === 0 ? [undefined] : new Set(data.map(({ stream }) => stream));
  for (const stream of streams) {
    const members = data.filter((dataset) => dataset.stream === stream);
    const present = members.filter(({ name }) => inRun.has(name));
    // A stream without data in this run does not say how far the run is.
    const luminosity = anyData ? luminosityRead(catalogue, members, present, inRun) : luminosityOf(catalogue, members);
    if (luminosity !== undefined && (!anyData || present.length > 0)) luminosities.set(stream, luminosity);
  }
  return luminosities;
}

/** Luminosity of all of a stream's data; undefined where the catalogue does not say. */
function luminosityOf({ experiment }: Catalogue, members: readonly Dataset[]): number | undefined {
  if (experiment.luminosityFb !== undefined) return experiment.luminosityFb;
  return members.some(({ luminosityFb }) => luminosityFb === undefined) || members.length === 0 ? undefined : given(members);
}

function luminosityRead(
  catalogue: Catalogue,
  members: readonly Dataset[],
  present: readonly Dataset[],
  inRun: ReadonlyMap<string, DatasetProgress>,
): number | undefined {
  const total = luminosityOf(catalogue, members);
  if (total === undefined && present.some(({ luminosityFb }) => luminosityFb === undefined)) return undefined;
  const shared = members.filter(({ luminosityFb }) => luminosityFb === undefined);
  const rest = Math.max(0, (total ?? 0) - given(members));
  const weights = shareWeights(shared, inRun);
  const all = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let luminosity = 0;
  for (const dataset of present) {
    const own = dataset.luminosityFb ?? (all === 0 ? 0 : (rest * (weights.get(dataset.name) ?? 0)) / all);
    const each = inRun.get(dataset.name);
    luminosity += each === undefined ? 0 : own * completeness(dataset, each);
  }
  return luminosity;
}

/**
 * What the luminosity is shared by: the catalogue's entries, which toy samples or a part of the files do not change; where
 * it lacks any, the entries of the run, whose data are then taken for all there are.
 */
function shareWeights(shared: readonly Dataset[], inRun: ReadonlyMap<string, DatasetProgress>): Map<string, number> {
  const known = shared.every((dataset) => catalogueEntries(dataset) !== undefined);
  return new Map(
    shared.map((dataset) => [dataset.name, (known ? catalogueEntries(dataset) : inRun.get(dataset.name)?.entriesExpected) ?? 0]),
  );
}

function given(datasets: readonly Dataset[]): number {
  return datasets.reduce((sum, { luminosityFb = 0 }) => sum + luminosityFb, 0);
}

/** Entries that the catalogue tells of a dataset, itself or by its files. */
function catalogueEntries({ entries, files }: Dataset): number | undefined {
  if (entries !== undefined) return entries;
  const told = files.map((file) => file.entries);
  return told.length > 0 && told.every((number) => number !== undefined) ? told.reduce((sum, number) => sum + number, 0) : undefined;
}
