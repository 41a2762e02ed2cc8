/**
 * What raw sums are multiplied by when a plot is made: so that simulation is normalised to the data read so far, at any
 * moment of a run. Pure.
 *
 *   completeness c = committed / expected entries of a dataset (1 where it has none)
 *   L of a dataset = Σ over its files of L_file · committed / entries of the file, where files have a luminosity; else L_dataset · c
 *   L of a stream  = Σ over its data datasets in the run, per period
 *   L_read         = for each dataset of simulation that of its period and stream (see below), in fb-1
 *   data           : 1
 *   'catalogue'    : L_read · 1000 · σ · ε_filter · k / (Σw · ε_reduction · c)
 *   'entries'      : L_read · 1000 · σ · ε_filter · k / (ε_reduction · committed entries)
 *   'per-event'    : L_read · 1000 / c, for weights that are σ ε / Σw already
 *
 * L_dataset is the dataset's own `luminosityFb`, otherwise its part of the catalogue's luminosity, shared by entries. A run
 * without data is normalised to the catalogue's luminosity. Where nothing is committed the scale is 0.
 *
 * Periods are different collisions: their luminosities add, and simulation without a period stands for all of them. Streams
 * record the same collisions: simulation with one stream follows it; with several, or none, the one of which most is read.
 */
import { type Catalogue, type Dataset, fileLuminosityFb, isData, streamsOf } from './catalogue.ts';

const PB_PER_FB = 1000;

/** How far one dataset of a run is. Datasets that are not in the run are not given. */
export interface DatasetProgress {
  readonly dataset: string;
  readonly entriesCommitted: number;
  /**
   * Entries of all files of the dataset, whole: also those that a fraction, a failure or a missing file leaves out (see
   * `otherFiles`). Undefined while unknown; the catalogue's number is taken then, if it has one.
   */
  readonly entriesExpected: number | undefined;
  /** Of the entries committed, where the files of the dataset have luminosities of their own. */
  readonly luminosityReadFb?: number | undefined;
}

/** Scales at one moment of a run. */
export interface Normalisation {
  /** Luminosity of the data read so far, of all periods, in fb-1; undefined where the catalogue knows none. */
  readonly luminosityReadFb: number | undefined;
  /** What the raw sums of each dataset given are multiplied by. */
  readonly scales: Readonly<Record<string, number>>;
}

type Progresses = ReadonlyMap<string, DatasetProgress>;

/** Luminosity in fb-1 by stream, by period; '' stands for the datasets that name none. */
type Luminosities = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** The scales of the datasets of a run. Datasets that the catalogue does not know get 1. */
export function normalise(catalogue: Catalogue, progress: readonly DatasetProgress[]): Normalisation {
  const inRun = new Map(progress.map((each) => [each.dataset, each]));
  const luminosities = luminositiesOf(catalogue, inRun);
  const scales: Record<string, number> = Object.fromEntries(progress.map(({ dataset }) => [dataset, 1]));
  for (const dataset of catalogue.datasets) {
    const each = inRun.get(dataset.name);
    if (each !== undefined && !isData(catalogue, dataset))
      scales[dataset.name] = scaleOf(dataset, comparedWith(dataset, luminosities), each);
  }
  return { luminosityReadFb: comparedWith({}, luminosities), scales };
}

/** Luminosity of all data of a catalogue, of all periods, in fb-1; undefined where it does not tell that of each of them. */
export function totalLuminosityFb(catalogue: Catalogue): number | undefined {
  const { experiment, datasets } = catalogue;
  if (experiment.luminosityFb !== undefined) return experiment.luminosityFb;
  const data = datasets.filter((dataset) => isData(catalogue, dataset));
  return data.every((dataset) => ownLuminosity(dataset) !== undefined) ? comparedWith({}, luminositiesOf(catalogue, new Map())) : undefined;
}

/** Luminosity of the data that simulation is compared with; undefined where there is none that the catalogue knows. */
function comparedWith({ period, stream }: Pick<Dataset, 'period' | 'stream'>, luminosities: Luminosities): number | undefined {
  const periods = period === undefined ? [...luminosities.values()] : [luminosities.get(period) ?? new Map<string, number>()];
  const wanted = streamsOf({ stream });
  const each = periods.flatMap((streams) => {
    const own = wanted.flatMap((name) => streams.get(name) ?? []);
    // None of its streams is in the run: then it goes with what is.
    const among = own.length > 0 ? own : [...streams.values()];
    return among.length > 0 ? [Math.max(...among)] : [];
  });
  return each.length === 0 ? undefined : each.reduce((sum, luminosity) => sum + luminosity, 0);
}

function scaleOf(dataset: Dataset, luminosityFb: number | undefined, progress: DatasetProgress): number {
  const complete = completeness(dataset, progress);
  const { normalisation, filterEfficiency, reductionEfficiency, scaleFactor } = dataset;
  if (luminosityFb === undefined || complete === 0) return 0;
  if (normalisation === 'per-event') return (luminosityFb * PB_PER_FB) / complete;
  // The schema asks for both in simulation that is normalised by the catalogue.
  const { crossSectionPb = 0, sumOfWeights = 1 } = dataset;
  const generated = normalisation === 'entries' ? progress.entriesCommitted : sumOfWeights;
  const expected = luminosityFb * PB_PER_FB * crossSectionPb * filterEfficiency * scaleFactor;
  if (normalisation === 'entries') return generated === 0 ? 0 : expected / (generated * reductionEfficiency);
  return expected / (generated * reductionEfficiency * complete);
}

/** Committed part of a dataset, 0 to 1; 0 while nothing says how many entries there are. */
function completeness(dataset: Dataset, { entriesCommitted, entriesExpected = catalogueEntries(dataset) }: DatasetProgress): number {
  if (entriesExpected === undefined) return 0;
  return entriesExpected === 0 ? 1 : Math.min(1, entriesCommitted / entriesExpected);
}

function luminositiesOf(catalogue: Catalogue, inRun: Progresses): Luminosities {
  const data = catalogue.datasets.filter((dataset) => isData(catalogue, dataset));
  const anyData = data.some(({ name }) => inRun.has(name));
  if (data.length === 0) return new Map([['', streamsWith('', luminosityOf(catalogue, []))]]);
  const luminosities = new Map<string, Map<string, number>>();
  for (const dataset of data) {
    const [period, stream] = placeOf(dataset);
    const streams = luminosities.get(period) ?? new Map<string, number>();
    luminosities.set(period, streams);
    if (streams.has(stream)) continue;
    const members = data.filter((each) => placeOf(each).join('\n') === `${period}\n${stream}`);
    const present = members.filter(({ name }) => inRun.has(name));
    // A stream without data in this run does not say how far the run is.
    const luminosity = anyData ? luminosityRead(catalogue, members, present, inRun) : luminosityOf(catalogue, members);
    if (luminosity !== undefined && (!anyData || present.length > 0)) streams.set(stream, luminosity);
  }
  return luminosities;
}

function streamsWith(stream: string, luminosity: number | undefined): Map<string, number> {
  return new Map(luminosity === undefined ? [] : [[stream, luminosity]]);
}

/** Period and stream of data. */
function placeOf(dataset: Dataset): [period: string, stream: string] {
  return [dataset.period ?? '', streamsOf(dataset)[0] ?? ''];
}

/** Luminosity of all of a stream's data; undefined where the catalogue does not say. */
function luminosityOf(catalogue: Catalogue, members: readonly Dataset[]): number | undefined {
  const { luminosityFb } = catalogue.experiment;
  const isAll = new Set(catalogue.datasets.map(({ period }) => period)).size < 2;
  if (luminosityFb !== undefined && isAll) return luminosityFb;
  return members.length === 0 || members.some((dataset) => ownLuminosity(dataset) === undefined) ? undefined : given(members);
}

function luminosityRead(
  catalogue: Catalogue,
  members: readonly Dataset[],
  present: readonly Dataset[],
  inRun: Progresses,
): number | undefined {
  const total = luminosityOf(catalogue, members);
  const isKnown = (dataset: Dataset) => ownLuminosity(dataset) !== undefined || inRun.get(dataset.name)?.luminosityReadFb !== undefined;
  if (total === undefined && !present.every(isKnown)) return undefined;
  const shared = members.filter((dataset) => ownLuminosity(dataset) === undefined);
  const rest = Math.max(0, (total ?? 0) - given(members));
  const weights = shareWeights(shared, inRun);
  const all = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let luminosity = 0;
  for (const dataset of present) {
    const own = ownLuminosity(dataset) ?? (all === 0 ? 0 : (rest * (weights.get(dataset.name) ?? 0)) / all);
    const each = inRun.get(dataset.name);
    luminosity += each === undefined ? 0 : (each.luminosityReadFb ?? own * completeness(dataset, each));
  }
  return luminosity;
}

/**
 * What the luminosity is shared by: the catalogue's entries, which toy samples or a part of the files do not change; where
 * it lacks any, the entries of the run, whose data are then taken for all there are.
 */
function shareWeights(shared: readonly Dataset[], inRun: Progresses): Map<string, number> {
  const known = shared.every((dataset) => catalogueEntries(dataset) !== undefined);
  return new Map(
    shared.map((dataset) => [dataset.name, (known ? catalogueEntries(dataset) : inRun.get(dataset.name)?.entriesExpected) ?? 0]),
  );
}

/** What the catalogue says of a dataset itself. */
function ownLuminosity(dataset: Dataset): number | undefined {
  return dataset.luminosityFb ?? fileLuminosityFb(dataset);
}

function given(datasets: readonly Dataset[]): number {
  return datasets.reduce((sum, dataset) => sum + (ownLuminosity(dataset) ?? 0), 0);
}

/** Entries that the catalogue tells of a dataset, itself or by its files. */
export function catalogueEntries({ entries, files }: Pick<Dataset, 'entries' | 'files'>): number | undefined {
  if (entries !== undefined) return entries;
  const told = files.map((file) => file.entries);
  return told.length > 0 && told.every((number) => number !== undefined) ? told.reduce((sum, number) => sum + number, 0) : undefined;
}
