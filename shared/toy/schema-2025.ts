/**
 * The tree `analysis` of the ATLAS Open Data of 2025, in GeV: the branches that the four-lepton analysis reads, and those
 * that say which event it is.
 */
import type { BranchSpec } from '../root/write/branch-writer.ts';
import { parseBranches } from './columns.ts';
import { type Lepton, spoil } from './four-leptons.ts';
import type { Random } from './random.ts';
import { type FillEvent, generatorWeight, SCALE_FACTORS, type ToyRun } from './toy-event.ts';

const TABLE = `
i32 runNumber eventNumber channelNumber
f32 mcWeight xsec filteff kfac
f64 sum_of_weights
f32 ScaleFactor_PILEUP ScaleFactor_ELE ScaleFactor_MUON ScaleFactor_LepTRIGGER
bool trigE trigM
i32 lep_n
f32[] lep_pt lep_eta lep_phi lep_e
i32[] lep_charge lep_type
bool[] lep_isTrigMatched lep_isLooseID lep_isMediumID lep_isLooseIso
`;

export const BRANCHES_2025: readonly BranchSpec[] = parseBranches(TABLE);

/** Least transverse momenta of events that pass. */
export const MIN_PT_2025: readonly number[] = [20, 15, 10];

const ELECTRON = 11;
const MC_RUN = 284500;
const FIRST_RUN = 276262;

export const fillEvent2025: FillEvent = (columns, { entry, passes, leptons }, run, random) => {
  const quality = qualities(random, leptons, passes);
  const { isData } = run;
  columns['runNumber']?.push(isData ? FIRST_RUN + random.integer(30_000) : MC_RUN);
  columns['eventNumber']?.push(isData ? random.integer(2 ** 31) : entry + 1);
  columns['channelNumber']?.push(isData ? 0 : run.dsid);
  for (const [name, value] of Object.entries(weights(random, run))) columns[name]?.push(value);
  columns['trigE']?.push(Number(leptons.some(({ type }, i) => quality.matched === i && type === ELECTRON)));
  columns['trigM']?.push(Number(leptons.some(({ type }, i) => quality.matched === i && type !== ELECTRON)));
  columns['lep_n']?.push(leptons.length);
  for (const [i, { pt, eta, phi, e, charge, type }] of leptons.entries()) {
    columns['lep_pt']?.push(pt);
    columns['lep_eta']?.push(eta);
    columns['lep_phi']?.push(phi);
    columns['lep_e']?.push(e);
    columns['lep_charge']?.push(charge);
    columns['lep_type']?.push(type);
    columns['lep_isTrigMatched']?.push(Number(quality.matched === i));
    columns['lep_isLooseID']?.push(Number(quality.identified[i]));
    columns['lep_isMediumID']?.push(Number(quality.identified[i]));
    columns['lep_isLooseIso']?.push(Number(quality.isolated[i]));
  }
};

interface Qualities {
  /** Which lepton fired the trigger; -1 for none. */
  readonly matched: number;
  readonly identified: readonly boolean[];
  readonly isolated: readonly boolean[];
}

/** An event that fails has a bad lepton in most cases, otherwise no trigger, the wrong flavours or charges. */
function qualities(random: Random, leptons: readonly Lepton[], passes: boolean): Qualities {
  const good = leptons.map(() => true);
  if (passes) return { matched: 0, identified: good, isolated: good };
  const way = random.next();
  if (way < 0.05) return { matched: -1, identified: good, isolated: good };
  if (way < 0.15) {
    spoil(random, leptons);
    return { matched: 0, identified: good, isolated: good };
  }
  const last = leptons.length - 1;
  const identified = leptons.map((_, i) => i < 2 || random.chance(0.5));
  const isolated = leptons.map((_, i) => i < last && (i < 2 || random.chance(0.5)));
  return { matched: 0, identified, isolated };
}

function weights(random: Random, run: ToyRun): Record<string, number> {
  const { pileup, electron, muon, trigger } = SCALE_FACTORS;
  const { isData, crossSectionPb, sumOfWeights } = run;
  const factor = ({ mean, sigma }: { mean: number; sigma: number }): number => (isData ? 1 : Math.abs(random.gaussian(mean, sigma)));
  return {
    ...{ mcWeight: isData ? 1 : generatorWeight(random, run), xsec: isData ? 1 : crossSectionPb, filteff: 1, kfac: 1 },
    ...{ sum_of_weights: isData ? 1 : sumOfWeights, ScaleFactor_PILEUP: factor(pileup), ScaleFactor_ELE: factor(electron) },
    ...{ ScaleFactor_MUON: factor(muon), ScaleFactor_LepTRIGGER: factor(trigger) },
  };
}
