/** What is generated for each dataset of the built-in catalogues. */
import type { Channel, ToyProcess } from './four-leptons.ts';

/** Releases of which toy samples can be made: the names of the catalogues. */
export const TOY_RELEASES = ['atlas-2020', 'atlas-2025', 'cms-hzz-outreach'] as const;

export type ToyRelease = (typeof TOY_RELEASES)[number];

/** Processes with their shares, which need not add up to 1. */
export type Mixture = Readonly<Partial<Record<ToyProcess, number>>>;

export interface ToySample {
  /** Name in the catalogue, which also says where the file goes. */
  readonly dataset: string;
  /** Entries at scale 1, and how many of them pass the analysis. */
  readonly entries: number;
  readonly passing: number;
  readonly processes: Mixture;
  /** Processes of the entries that fail, where they are others. */
  readonly failing?: Mixture;
  /** Weighted events after all cuts at the catalogue's luminosity; simulation only. */
  readonly yield?: number;
  /** Part of the weights that is negative. */
  readonly negative?: number;
  /** Relative spread of the weights. */
  readonly spread?: number;
  /** 2025: factors that the file carries. */
  readonly crossSectionPb?: number;
  /** Flavours of the entries that pass; all where not given. */
  readonly channels?: readonly Channel[];
  /** Which of the dataset's files it is (0). */
  readonly file?: number;
}

/** Shares of the processes in data: the yields of the simulation. */
const DATA_2020: Mixture = { zz: 264.85, ggH: 8.64, VBF: 0.77, VH: 0.22, zee: 43.1, zmumu: 52, top: 28.1 };
const FAILING: Mixture = { zee: 0.5, zmumu: 0.25, top: 0.15, zz: 0.1 };

/**
 * Entries, passing data and yields are those that the published notebook prints. How many simulated entries pass is not
 * published: that is chosen, and the weights follow from it.
 */
const ATLAS_2020: readonly ToySample[] = [
  { dataset: 'data_A', entries: 39, passing: 27, processes: DATA_2020, failing: FAILING },
  { dataset: 'data_B', entries: 156, passing: 86, processes: DATA_2020, failing: FAILING },
  { dataset: 'data_C', entries: 237, passing: 146, processes: DATA_2020, failing: FAILING },
  { dataset: 'data_D', entries: 400, passing: 248, processes: DATA_2020, failing: FAILING },
  { dataset: 'Zee', entries: 898, passing: 175, processes: { zee: 1 }, yield: 43.141792, spread: 0.1 },
  { dataset: 'Zmumu', entries: 684, passing: 205, processes: { zmumu: 1 }, yield: 51.99949, spread: 0.1 },
  { dataset: 'ttbar_lep', entries: 1031, passing: 309, processes: { top: 1 }, yield: 28.132816 },
  { dataset: 'llll', entries: 554279, passing: 470000, processes: { zz: 1 }, yield: 264.85263, negative: 0.05, spread: 0.3 },
  { dataset: 'ggH125_ZZ4lep', entries: 164716, passing: 141600, processes: { ggH: 1 }, yield: 8.639792, negative: 0.005, spread: 0.08 },
  { dataset: 'VBFH125_ZZ4lep', entries: 191126, passing: 164300, processes: { VBF: 1 }, yield: 0.7747851, spread: 0.05 },
  { dataset: 'WH125_ZZ4lep', entries: 15379, passing: 12300, processes: { VH: 1 }, yield: 0.2175638, spread: 0.05 },
  { dataset: 'ZH125_ZZ4lep', entries: 14485, passing: 11600, processes: { VH: 1 }, yield: 0.0015058718, spread: 0.05 },
];

const DATA_2025: Mixture = { zz: 1050, ggH: 18.9, VBF: 1.7, VH: 0.6, zee: 90, zmumu: 90, top: 30 };
const FAILING_2025: Mixture = { zee: 0.45, zmumu: 0.45, top: 0.1 };

/** A few samples of the release. Entries and passing are published; yields are estimates from the published plot. */
const ATLAS_2025: readonly ToySample[] = [
  { dataset: 'data15_D', entries: 3424, passing: 2, processes: DATA_2025, failing: FAILING_2025 },
  { dataset: 'data16_A', entries: 29275, passing: 19, processes: DATA_2025, failing: FAILING_2025 },
  { dataset: 'data16_L', entries: 235693, passing: 262, processes: DATA_2025, failing: FAILING_2025 },
  { dataset: 'ttbar_nonallhad', entries: 13763, passing: 5, processes: { top: 1 }, yield: 8, crossSectionPb: 729.77 },
  { dataset: 'Zee_BFilter', entries: 9901, passing: 17, processes: { zee: 1 }, yield: 10, crossSectionPb: 2221.3 },
  { dataset: 'llll', entries: 11260, passing: 6365, processes: { zz: 1 }, yield: 1050, crossSectionPb: 1.2975, spread: 0.2 },
  { dataset: 'ggH125_ZZ4l', entries: 419943, passing: 178067, processes: { ggH: 1 }, yield: 18.9, crossSectionPb: 28.3, spread: 0.08 },
  { dataset: 'VBFH125_ZZ4lep', entries: 86084, passing: 41208, processes: { VBF: 1 }, yield: 1.7, crossSectionPb: 3.83, spread: 0.05 },
];

/** Yields of the simulation. */
const DATA_CMS: Mixture = { zz: 66.3, ggH: 7.04, VBF: 0.56, VH: 0.4 };
const MUON_STREAM: readonly Channel[] = ['4mu', '2e2mu'];
const ELECTRON_STREAM: readonly Channel[] = ['4e'];

/**
 * Reduced NanoAOD of 2012. Passing entries are the published ones of the example on AOD; of those that fail there are far fewer than
 * in the real files. Events have no weights, so that samples cannot be made smaller.
 */
const CMS_OUTREACH: readonly ToySample[] = [
  { dataset: 'DoubleMuParked', entries: 4400, passing: 27, processes: DATA_CMS, failing: FAILING, channels: MUON_STREAM },
  { dataset: 'DoubleMuParked', entries: 7180, passing: 43, processes: DATA_CMS, failing: FAILING, channels: MUON_STREAM, file: 1 },
  { dataset: 'DoubleElectron', entries: 4400, passing: 5, processes: DATA_CMS, failing: FAILING, channels: ELECTRON_STREAM },
  { dataset: 'DoubleElectron', entries: 7180, passing: 7, processes: DATA_CMS, failing: FAILING, channels: ELECTRON_STREAM, file: 1 },
  { dataset: 'ZZTo4mu', entries: 50_000, passing: 32_706, processes: { zz: 1 }, channels: ['4mu'] },
  { dataset: 'ZZTo4e', entries: 40_000, passing: 15_210, processes: { zz: 1 }, channels: ['4e'] },
  { dataset: 'ZZTo2e2mu', entries: 40_000, passing: 13_869, processes: { zz: 1 }, channels: ['2e2mu'] },
  { dataset: 'SMHiggsToZZTo4L', entries: 50_000, passing: 31_882, processes: { ggH: 0.88, VBF: 0.07, VH: 0.05 } },
];

const SAMPLES: Readonly<Record<ToyRelease, readonly ToySample[]>> = {
  'atlas-2020': ATLAS_2020,
  'atlas-2025': ATLAS_2025,
  'cms-hzz-outreach': CMS_OUTREACH,
};

/** The samples of a release, in the order of its catalogue. */
export function toySamples(release: ToyRelease): readonly ToySample[] {
  return SAMPLES[release];
}
