import { ConfigError } from '../errors.ts';
import type { ColumnFiller } from './columns.ts';
import { channelOf, fourLeptons, type Lepton, type ToyProcess } from './four-leptons.ts';
import type { Random } from './random.ts';
import type { Mixture, ToySample } from './samples.ts';

/** A sample as it is generated: at a scale, with the numbers of its dataset. */
export interface ToyRun {
  readonly sample: ToySample;
  readonly isData: boolean;
  readonly dsid: number;
  /** Entries and how many of them pass, at this scale. */
  readonly entries: number;
  readonly passing: number;
  /** Mean of the generator weight. */
  readonly meanWeight: number;
  readonly crossSectionPb: number;
  readonly sumOfWeights: number;
}

/** One event before it is written into columns. */
export interface ToyEvent {
  readonly entry: number;
  readonly passes: boolean;
  readonly process: ToyProcess;
  readonly leptons: readonly Lepton[];
}

/** Writes one event into the columns of a schema. */
export type FillEvent = (columns: Readonly<Record<string, ColumnFiller>>, event: ToyEvent, run: ToyRun, random: Random) => void;

/** What a release's analysis asks of events that pass, besides two pairs of one flavour and opposite charge. */
export interface PassingEvents {
  /** The n-th lepton has at least minPt[n]. */
  readonly minPt: readonly number[];
  readonly accept?: (leptons: readonly Lepton[]) => boolean;
}

const TRIES = 100_000;

/**
 * Makes entry number `entry`. Those that pass are spread evenly, so that each part of a file has its share of them.
 * @throws ConfigError for a process that never passes
 */
export function makeEvent(random: Random, run: ToyRun, entry: number, passing: PassingEvents): ToyEvent {
  const { sample, entries } = run;
  const passes = Math.floor(((entry + 1) * run.passing) / entries) > Math.floor((entry * run.passing) / entries);
  const process = pick(random, passes ? sample.processes : (sample.failing ?? sample.processes));
  if (!passes) return { entry, passes, process, leptons: fourLeptons(random, process) };
  const { channels } = sample;
  for (let i = 0; i < TRIES; i++) {
    const leptons = fourLeptons(random, process, passing.minPt);
    if ((channels?.includes(channelOf(leptons)) ?? true) && (passing.accept?.(leptons) ?? true)) return { entry, passes, process, leptons };
  }
  throw new ConfigError('no event of this sample passes the cuts', { object: sample.dataset });
}

function pick(random: Random, mixture: Mixture): ToyProcess {
  const shares = Object.entries(mixture) as [ToyProcess, number][];
  let left = random.next() * shares.reduce((sum, [, share]) => sum + share, 0);
  for (const [process, share] of shares) {
    left -= share;
    if (left < 0) return process;
  }
  // Rounding may leave nothing for the last one.
  return shares.at(-1)?.[0] ?? 'zz';
}

/** A generator weight of the sample's mean, sign and spread. */
export function generatorWeight(random: Random, { sample, meanWeight }: ToyRun): number {
  const { negative = 0, spread = 0 } = sample;
  const sign = random.chance(negative) ? -1 : 1;
  return (sign * meanWeight * random.gaussian(1, spread)) / (1 - 2 * negative);
}

/** The four scale factors that analyses use, and the mean of their product. */
export const SCALE_FACTORS = {
  pileup: { mean: 1, sigma: 0.15 },
  electron: { mean: 0.97, sigma: 0.02 },
  muon: { mean: 0.99, sigma: 0.01 },
  trigger: { mean: 0.998, sigma: 0.005 },
} as const;

export const MEAN_SCALE_FACTOR = Object.values(SCALE_FACTORS).reduce((product, { mean }) => product * mean, 1);
