/** Snapshots of runs that never were, for tests and for looking at plots: shapes and yields like the real analyses'. */
import { type Axis, regular } from '#shared/histogram/axis.ts';
import type {
  DatasetSnapshot,
  FailureSnapshot,
  GroupDescription,
  HistogramSnapshot,
  Progress,
  RunSnapshot,
} from '#shared/plot/snapshot.ts';

export interface SnapshotOptions {
  readonly run?: string;
  readonly revision?: number;
  /** 0..1 of all entries committed. */
  readonly completeness?: number;
  readonly state?: RunSnapshot['state'];
  readonly toy?: boolean;
  readonly failures?: readonly FailureSnapshot[];
}

const GROUPS: readonly GroupDescription[] = [
  { name: 'data', label: 'Data', color: '#000000', kind: 'data' },
  { name: 'zjets', label: 'Background Z, tt̄', color: '#6b59d3', kind: 'background' },
  { name: 'zz', label: 'Background ZZ*', color: '#ff0000', kind: 'background' },
  { name: 'signal', label: 'Signal (m_H = 125 GeV)', color: '#00cdff', kind: 'signal' },
];

interface Shape {
  readonly name: string;
  readonly group: string;
  readonly entries: number;
  /** Events expected at 10 fb⁻¹ in the range, and filled MC entries that they stand for. */
  readonly events: number;
  readonly filled: number;
  readonly density: (mass: number) => number;
}

const gauss = (x: number, mean: number, width: number) => Math.exp(-0.5 * ((x - mean) / width) ** 2) / width;
const zzShape = (m: number) => 0.09 * gauss(m, 91, 2.6) + 0.0016 + 0.0042 / (1 + Math.exp((181 - m) / 3));
const zjetsShape = (m: number) => Math.exp(-m / 70);
const signalShape = (m: number) => gauss(m, 124.3, 2.2) + 0.05 * gauss(m, 119, 6);

const MC: readonly Shape[] = [
  { name: 'Zee', group: 'zjets', entries: 898, events: 30, filled: 300, density: zjetsShape },
  { name: 'Zmumu', group: 'zjets', entries: 684, events: 36, filled: 260, density: zjetsShape },
  { name: 'ttbar_lep', group: 'zjets', entries: 1031, events: 17, filled: 230, density: zjetsShape },
  { name: 'llll', group: 'zz', entries: 554279, events: 215, filled: 400000, density: zzShape },
  { name: 'ggH125_ZZ4lep', group: 'signal', entries: 164716, events: 8.6, filled: 120000, density: signalShape },
  { name: 'VBFH125_ZZ4lep', group: 'signal', entries: 191126, events: 0.77, filled: 130000, density: signalShape },
  { name: 'WH125_ZZ4lep', group: 'signal', entries: 15379, events: 0.22, filled: 9000, density: signalShape },
  { name: 'ZH125_ZZ4lep', group: 'signal', entries: 14485, events: 0.0015, filled: 9000, density: signalShape },
];

const PERIODS = [
  { name: 'data_A', entries: 39, share: 0.05 },
  { name: 'data_B', entries: 156, share: 0.19 },
  { name: 'data_C', entries: 237, share: 0.29 },
  { name: 'data_D', entries: 400, share: 0.47 },
];

/** Uniform numbers in (0, 1), the same for the same seed. */
function random(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
}

function poisson(mean: number, next: () => number): number {
  if (mean > 200) return Math.max(0, Math.round(mean + Math.sqrt(mean) * (next() + next() + next() + next() - 2) * Math.sqrt(3)));
  if (mean <= 0) return 0;
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); count++) product *= next();
  return count;
}

/** Expected events per cell of `axis`, flow cells included, from a density. */
function spread(axis: Axis & { type: 'regular' }, events: number, density: (x: number) => number, flow = [0.01, 0.35]): number[] {
  const width = (axis.hi - axis.lo) / axis.bins;
  const shape = Array.from({ length: axis.bins }, (_, i) => density(axis.lo + (i + 0.5) * width));
  const sum = shape.reduce((a, b) => a + b, 0);
  return [events * (flow[0] ?? 0), ...shape.map((value) => (events * value) / sum), events * (flow[1] ?? 0)];
}

function mcHistogram(expected: readonly number[], perEntry: number, seed: number): HistogramSnapshot {
  const next = random(seed);
  const entries = expected.map((mean) => poisson(mean / perEntry, next));
  return { entries, sumw: entries.map((n) => n * perEntry), sumw2: entries.map((n) => n * perEntry * perEntry) };
}

function dataHistogram(expected: readonly number[], seed: number): HistogramSnapshot {
  const next = random(seed);
  const entries = expected.map((mean) => poisson(mean, next));
  return { entries, sumw: entries, sumw2: entries };
}

function times({ sumw, sumw2, entries }: HistogramSnapshot, share: number): HistogramSnapshot {
  const part = (values: readonly number[]) => values.map((value) => value * share);
  return { sumw: part(sumw), sumw2: part(sumw2), entries: part(entries).map(Math.round) };
}

function cutFlow(all: number, kept: number, perEntry: number): HistogramSnapshot {
  const entries = [all, Math.round(all * 0.35 + kept * 0.65), Math.min(all, kept), 0];
  return { entries, sumw: entries.map((n) => n * perEntry), sumw2: entries.map((n) => n * perEntry * perEntry) };
}

function progress(entries: number, done: number, lost = 0, files = 1): Progress {
  const committed = Math.round(entries * done) - lost;
  return {
    files,
    filesDone: Math.floor(files * done),
    tasks: files,
    tasksCommitted: Math.floor(files * done) - (lost > 0 ? 1 : 0),
    tasksFailed: lost > 0 ? 1 : 0,
    entriesExpected: entries,
    entriesCommitted: committed,
    entriesLost: lost,
    bytesRead: Math.round(committed * 190),
    entriesPerSecond: done > 0 && done < 1 ? entries / 20 : 0,
    etaMs: done > 0 && done < 1 ? 20_000 * (1 - done) : undefined,
    completeness: committed / entries,
  };
}

/** The four-lepton run at 10 fb⁻¹: twelve datasets, 34 bins of 5 GeV. */
export function fourLeptonSnapshot(options: SnapshotOptions = {}): RunSnapshot {
  const { run = 'r-2026-11-22-higgs', revision = 1, completeness = 1, toy = false, failures = [] } = options;
  const axis = regular(34, 80, 250, { name: 'm4l', label: '4-lepton invariant mass m(4ℓ)', unit: 'GeV' }) as Axis & { type: 'regular' };
  const whole = MC.map((shape) => spread(axis, shape.events, shape.density));
  const expected = whole.reduce((sum, cells) => sum.map((value, i) => value + (cells[i] ?? 0)));
  const lostIn = (name: string) => failures.find((failure) => failure.dataset === name)?.entriesLost ?? 0;
  const data: DatasetSnapshot[] = PERIODS.map(({ name, entries, share }, i) => {
    // Data comes in a little before MC, as small files do.
    const done = Math.min(1, completeness * 1.6);
    const m4l = dataHistogram(
      expected.map((value) => value * share * done),
      7 + i,
    );
    const kept = m4l.entries.reduce((a, b) => a + b, 0);
    return {
      name,
      group: 'data',
      isData: true,
      scale: 1,
      ...progress(entries, done, lostIn(name)),
      histograms: { m4l, cutFlow: cutFlow(Math.round(entries * done), kept, 1) },
    };
  });
  const luminosity = 10 * Math.min(1, completeness * 1.6);
  const simulated: DatasetSnapshot[] = MC.map((shape, i) => {
    const done = shape.entries < 2000 ? Math.min(1, completeness * 2) : completeness;
    const perEntry = shape.events / shape.filled;
    const m4l = times(mcHistogram(whole[i] ?? [], perEntry, 100 + i), done);
    const kept = m4l.entries.reduce((a, b) => a + b, 0);
    return {
      name: shape.name,
      group: shape.group,
      isData: false,
      scale: done === 0 ? Number.NaN : luminosity / 10 / done,
      ...progress(shape.entries, done, lostIn(shape.name)),
      histograms: { m4l, cutFlow: cutFlow(Math.round(shape.entries * done), kept, perEntry) },
    };
  });
  return assemble({ ...options, run, revision, completeness, toy, failures }, [...data, ...simulated], {
    analysis: {
      name: 'atlas-hzz-2020',
      title: 'H → ZZ* → 4ℓ, ATLAS 2020 open data',
      histograms: [{ name: 'm4l', title: 'Four-lepton mass', axes: [axis] }],
      cutFlow: ['all', 'flavour', 'charge'],
      parameters: { minPt: [0, 0, 0] },
      signalWindow: { histogram: 'm4l', lo: 115, hi: 130 },
    },
    experiment: {
      name: 'ATLAS',
      status: 'Open Data',
      energyTeV: 13,
      luminosityFb: 10,
      luminosityReadFb: luminosity,
      channel: 'H → ZZ* → 4ℓ',
    },
    groups: GROUPS,
  });
}

function assemble(
  options: Required<Pick<SnapshotOptions, 'run' | 'revision' | 'completeness' | 'toy' | 'failures'>> & SnapshotOptions,
  datasets: readonly DatasetSnapshot[],
  rest: Pick<RunSnapshot, 'analysis' | 'experiment' | 'groups'>,
): RunSnapshot {
  const { run, revision, completeness, toy, failures } = options;
  const sum = (of: (dataset: DatasetSnapshot) => number) => datasets.reduce((total, dataset) => total + of(dataset), 0);
  const expected = sum((dataset) => dataset.entriesExpected ?? 0);
  const finished = failures.length > 0 ? 'incomplete' : 'complete';
  return {
    run,
    revision,
    state: options.state ?? (completeness < 1 ? 'running' : finished),
    toy,
    startedAt: '2026-11-22T09:00:00.000Z',
    edition: revision,
    elapsedMs: Math.round(21_400 * completeness),
    ...rest,
    datasets,
    totals: {
      files: sum((d) => d.files),
      filesDone: sum((d) => d.filesDone),
      tasks: sum((d) => d.tasks),
      tasksCommitted: sum((d) => d.tasksCommitted),
      tasksFailed: sum((d) => d.tasksFailed),
      entriesExpected: expected,
      entriesCommitted: sum((d) => d.entriesCommitted),
      entriesLost: sum((d) => d.entriesLost),
      bytesRead: sum((d) => d.bytesRead),
      entriesPerSecond: completeness < 1 ? 44_100 : 0,
      etaMs: completeness < 1 ? Math.round(21_400 * (1 - completeness)) : undefined,
      completeness: sum((d) => d.entriesCommitted) / expected,
    },
    failures,
  };
}

/** The dimuon spectrum: data only, 300 bins from 0.25 to 300 GeV. */
export function dimuonSnapshot(options: SnapshotOptions = {}): RunSnapshot {
  const { run = 'r-2026-11-22-dimuon', revision = 1, completeness = 1, toy = false, failures = [] } = options;
  const axis = regular(300, 0.25, 300, { name: 'mass', label: 'Dimuon mass m(µµ)', unit: 'GeV' }) as Axis & { type: 'regular' };
  const shape = (m: number) => 3 / (m + 2) ** 2.2 + 0.12 * gauss(m, 3.1, 0.4) + 0.02 * gauss(m, 9.6, 0.5) + 0.02 * gauss(m, 91, 2.6);
  const mass = dataHistogram(spread(axis, 900_000 * completeness, shape, [1e-4, 2e-4]), 3);
  const entries = 3_000_000;
  const dataset: DatasetSnapshot = {
    name: 'DoubleMuParked',
    group: 'data',
    isData: true,
    scale: 1,
    ...progress(entries, completeness, 0, 12),
    histograms: { mass, cutFlow: cutFlow(Math.round(entries * completeness), Math.round(900_000 * completeness), 1) },
  };
  return assemble({ ...options, run, revision, completeness, toy, failures }, [dataset], {
    analysis: {
      name: 'cms-dimuon',
      title: 'Dimuon spectrum, CMS open data',
      histograms: [{ name: 'mass', title: 'Dimuon mass', axes: [axis] }],
      cutFlow: ['all', 'two muons', 'opposite charge'],
      parameters: { minMet: 0 },
    },
    experiment: { name: 'CMS', status: 'Open Data', energyTeV: 8, channel: 'Two muons of opposite charge' },
    groups: [{ name: 'data', label: 'Data', color: '#000000', kind: 'data' }],
  });
}

export interface SmallDataset {
  readonly name: string;
  readonly group: string;
  readonly scale?: number;
  /** Flow cells included. */
  readonly sumw: readonly number[];
  readonly sumw2?: readonly number[];
  readonly entries?: readonly number[];
}

/** A finished run with one histogram `h`, written out by hand: for tests whose numbers are worked out on paper. */
export function smallSnapshot(axis: Axis, groups: readonly GroupDescription[], datasets: readonly SmallDataset[]): RunSnapshot {
  const kinds = new Map(groups.map(({ name, kind }) => [name, kind]));
  const full = datasets.map(({ name, group, scale = 1, sumw, sumw2 = sumw, entries = sumw }): DatasetSnapshot => {
    return { name, group, isData: kinds.get(group) === 'data', scale, ...progress(100, 1), histograms: { h: { sumw, sumw2, entries } } };
  });
  const options = { run: 'small', revision: 1, completeness: 1, toy: false, failures: [] };
  return assemble(options, full, {
    analysis: {
      name: 'small',
      title: 'Small',
      histograms: [{ name: 'h', title: 'A histogram', axes: [axis] }],
      cutFlow: [],
      parameters: {},
    },
    experiment: { name: 'ATLAS', status: 'Open Data', energyTeV: 13, luminosityFb: 10, luminosityReadFb: 10, channel: 'Z → ℓℓ' },
    groups,
  });
}
