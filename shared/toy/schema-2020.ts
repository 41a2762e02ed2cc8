/** The tree `mini` of the ATLAS Open Data of 2020: all its branches, in the order of the files; energies in MeV. */
import type { BranchSpec } from '../root/write/branch-writer.ts';
import { type ColumnFiller, parseBranches } from './columns.ts';
import { type Lepton, spoil } from './four-leptons.ts';
import type { Random } from './random.ts';
import { type FillEvent, generatorWeight, SCALE_FACTORS, type ToyRun } from './toy-event.ts';

const TABLE = `
i32 runNumber eventNumber channelNumber
f32 mcWeight scaleFactor_PILEUP scaleFactor_ELE scaleFactor_MUON scaleFactor_PHOTON scaleFactor_TAU scaleFactor_BTAG
f32 scaleFactor_LepTRIGGER scaleFactor_PhotonTRIGGER
bool trigE trigM trigP
u32 lep_n
bool[] lep_truthMatched lep_trigMatched
f32[] lep_pt lep_eta lep_phi lep_E lep_z0
i32[] lep_charge
u32[] lep_type
bool[] lep_isTightID
f32[] lep_ptcone30 lep_etcone20 lep_trackd0pvunbiased lep_tracksigd0pvunbiased
f32 met_et met_phi
u32 jet_n
f32[] jet_pt jet_eta jet_phi jet_E jet_jvt
i32[] jet_trueflav
bool[] jet_truthMatched
f32[] jet_MV2c10
u32 photon_n
bool[] photon_truthMatched photon_trigMatched
f32[] photon_pt photon_eta photon_phi photon_E
bool[] photon_isTightID
f32[] photon_ptcone30 photon_etcone20
i32[] photon_convType
u32 tau_n
f32[] tau_pt tau_eta tau_phi tau_E
bool[] tau_isTightID tau_truthMatched tau_trigMatched
i32[] tau_nTracks
f32[] tau_BDTid
f32 ditau_m
f32[] lep_pt_syst
f32 met_et_syst
f32[] jet_pt_syst photon_pt_syst tau_pt_syst
f32 XSection SumWeights
u32 largeRjet_n
f32[] largeRjet_pt largeRjet_eta largeRjet_phi largeRjet_E largeRjet_m largeRjet_truthMatched largeRjet_D2 largeRjet_tau32 largeRjet_pt_syst
i32[] tau_charge
`;

export const BRANCHES_2020: readonly BranchSpec[] = parseBranches(TABLE);

/** In the data of this skim there are no photons, taus or large jets; what is not pushed stays an empty list. */
const MEV = 1000;
const ELECTRON = 11;
const MC_RUN = 284500;
const FIRST_RUN = 297730;

type Columns = Readonly<Record<string, ColumnFiller>>;

export const fillEvent2020: FillEvent = (columns, { entry, passes, process, leptons }, run, random) => {
  if (!passes) spoil(random, leptons);
  const all = random.chance(0.0075) ? [...leptons, fifthLepton(random, leptons)] : leptons;
  fillNumbers(columns, entry, run, random);
  fillWeights(columns, run, random);
  fillTriggers(columns, all, random);
  columns['lep_n']?.push(all.length);
  for (const lepton of all) fillLepton(columns, lepton, run.isData, random);
  columns['met_et']?.push((process === 'top' ? random.uniform(10, 60) : 0) * MEV + random.exponential(25 * MEV));
  columns['met_phi']?.push(random.uniform(-Math.PI, Math.PI));
  fillJets(columns, random.poisson(process === 'top' ? 2.5 : 1.1), run.isData, random);
  for (const name of ['photon_n', 'tau_n', 'largeRjet_n', 'ditau_m', 'met_et_syst']) columns[name]?.push(0);
};

function fifthLepton(random: Random, leptons: readonly Lepton[]): Lepton {
  const softest = leptons.at(-1)?.pt ?? 8;
  const pt = random.uniform(Math.min(5, softest), softest);
  const eta = random.uniform(-2.4, 2.4);
  return {
    ...{ pt, eta, phi: random.uniform(-Math.PI, Math.PI), e: pt * Math.cosh(eta) },
    ...{ charge: random.chance(0.5) ? 1 : -1, type: ELECTRON, prompt: false },
  };
}

function fillNumbers(columns: Columns, entry: number, { isData, dsid, crossSectionPb, sumOfWeights }: ToyRun, random: Random): void {
  const runNumber = isData ? FIRST_RUN + random.integer(6000) : MC_RUN;
  columns['runNumber']?.push(runNumber);
  columns['eventNumber']?.push(isData ? random.integer(2 ** 31) : entry + 1);
  columns['channelNumber']?.push(isData ? runNumber : dsid);
  columns['XSection']?.push(isData ? 1 : crossSectionPb);
  columns['SumWeights']?.push(isData ? 1 : sumOfWeights);
}

/** In data all weights are 0, as in the real files. */
function fillWeights(columns: Columns, run: ToyRun, random: Random): void {
  const { pileup, electron, muon, trigger } = SCALE_FACTORS;
  const factor = ({ mean, sigma }: { mean: number; sigma: number }): number => (run.isData ? 0 : Math.abs(random.gaussian(mean, sigma)));
  columns['mcWeight']?.push(run.isData ? 0 : generatorWeight(random, run));
  columns['scaleFactor_PILEUP']?.push(factor(pileup));
  columns['scaleFactor_ELE']?.push(factor(electron));
  columns['scaleFactor_MUON']?.push(factor(muon));
  columns['scaleFactor_LepTRIGGER']?.push(factor(trigger));
  columns['scaleFactor_BTAG']?.push(factor({ mean: 1, sigma: 0.03 }));
  for (const name of ['PHOTON', 'TAU', 'PhotonTRIGGER']) columns[`scaleFactor_${name}`]?.push(run.isData ? 0 : 1);
}

/** Leptons above 25 GeV fire the trigger with 90 % each; the leading one does where no other did. */
function fillTriggers(columns: Columns, leptons: readonly Lepton[], random: Random): void {
  const matched = leptons.map(({ pt }) => pt > 25 && random.chance(0.6));
  if (!matched.includes(true)) matched[0] = true;
  const fired = (wanted: boolean): number => Number(leptons.some(({ type }, i) => matched[i] && (type === ELECTRON) === wanted));
  columns['trigE']?.push(fired(true));
  columns['trigM']?.push(fired(false));
  columns['trigP']?.push(0);
  for (const match of matched) columns['lep_trigMatched']?.push(Number(match));
}

function fillLepton(columns: Columns, { pt, eta, phi, e, charge, type, prompt }: Lepton, isData: boolean, random: Random): void {
  columns['lep_pt']?.push(pt * MEV);
  columns['lep_eta']?.push(eta);
  columns['lep_phi']?.push(phi);
  columns['lep_E']?.push(e * MEV);
  columns['lep_charge']?.push(charge);
  columns['lep_type']?.push(type);
  if (!isData) columns['lep_truthMatched']?.push(Number(prompt));
  columns['lep_isTightID']?.push(Number(random.chance(prompt ? 0.9 : 0.4)));
  const isolated = random.chance(prompt ? 0.8 : 0.3);
  columns['lep_ptcone30']?.push(isolated ? 0 : 1000 + random.exponential(prompt ? 800 : 6000));
  columns['lep_etcone20']?.push(random.gaussian(prompt ? 100 : 2500, prompt ? 700 : 2500));
  columns['lep_z0']?.push(random.gaussian(0, 0.08));
  columns['lep_trackd0pvunbiased']?.push(random.gaussian(0, 0.02));
  columns['lep_tracksigd0pvunbiased']?.push(Math.abs(random.gaussian(0, prompt ? 1.3 : 4)));
  columns['lep_pt_syst']?.push(isData ? 0 : pt * MEV * 0.01 * Math.abs(random.gaussian(1, 0.2)));
}

function fillJets(columns: Columns, count: number, isData: boolean, random: Random): void {
  columns['jet_n']?.push(count);
  const momenta = Array.from({ length: count }, () => 20 + random.exponential(32)).sort((a, b) => b - a);
  for (const pt of momenta) {
    const eta = Math.max(-2.5, Math.min(2.5, random.gaussian(0, 1.3)));
    columns['jet_pt']?.push(pt * MEV);
    columns['jet_eta']?.push(eta);
    columns['jet_phi']?.push(random.uniform(-Math.PI, Math.PI));
    columns['jet_E']?.push(pt * Math.cosh(eta) * 1.006 * MEV);
    columns['jet_jvt']?.push(pt > 60 ? -0.1 : random.uniform(0.6, 1));
    columns['jet_MV2c10']?.push(random.uniform(-1, 1));
    columns['jet_pt_syst']?.push(isData ? 0 : pt * 30);
    if (isData) continue;
    columns['jet_trueflav']?.push(random.chance(0.1) ? 5 : 0);
    columns['jet_truthMatched']?.push(Number(random.chance(0.8)));
  }
}
