/** The tree `Events` of CMS Open Data of 2012 in reduced NanoAOD: muons and electrons as counted leaves; GeV and cm. */
import type { BranchSpec } from '../root/write/branch-writer.ts';
import { type ColumnFiller, parseBranches } from './columns.ts';
import { type Lepton, spoil } from './four-leptons.ts';
import type { Random } from './random.ts';
import type { FillEvent, PassingEvents } from './toy-event.ts';

const TABLE = `
i32 run
u32 luminosityBlock
u64 event
i32 PV_npvs
f32 PV_x PV_y PV_z
u32 nMuon
f32[nMuon] Muon_pt Muon_eta Muon_phi Muon_mass
i32[nMuon] Muon_charge
f32[nMuon] Muon_pfRelIso03_all Muon_pfRelIso04_all Muon_dxy Muon_dxyErr Muon_dz Muon_dzErr
u32 nElectron
f32[nElectron] Electron_pt Electron_eta Electron_phi Electron_mass
i32[nElectron] Electron_charge
f32[nElectron] Electron_pfRelIso03_all Electron_dxy Electron_dxyErr Electron_dz Electron_dzErr
f32 MET_pt MET_phi
`;

export const BRANCHES_OUTREACH: readonly BranchSpec[] = parseBranches(TABLE);

const ELECTRON = 11;
const MUON_MASS = 0.1056584;
const ELECTRON_MASS = 0.000511;
const Z_MASS = 91.1876;
/** Events that pass are this far, relatively, from each cut: numbers are rounded to 32 bits in the file. */
const MARGIN = 1.002;
const MAX_ETA_MUON = 2.4;
const FIRST_RUN = 193_000;

/** Cuts of the analysis, two Z candidates and muons inside of their detector, and the range of its plot: published numbers are for that. */
export const PASSING_OUTREACH: PassingEvents = { minPt: [], accept: (leptons) => leptons.every(isInside) && hasZPairs(leptons) };

function isInside({ type, eta }: Lepton): boolean {
  return type === ELECTRON || Math.abs(eta) * MARGIN < MAX_ETA_MUON;
}

/** Of all ways to make two neutral pairs of one flavour each, the one with the pair nearest to the Z. */
function hasZPairs(leptons: readonly Lepton[]): boolean {
  const [first, ...others] = leptons;
  if (first === undefined) return false;
  const pairings = others.filter((other) => isPair(first, other)).map((partner) => pairing([first, partner], others));
  const best = pairings.sort((a, b) => Math.abs(a.za - Z_MASS) - Math.abs(b.za - Z_MASS))[0];
  if (best === undefined) return false;
  const { za, zb, leading, second, mass } = best;
  const between = (value: number, lo: number, hi: number) => value > lo * MARGIN && value * MARGIN < hi;
  return between(za, 40, 120) && between(zb, 12, 120) && leading > 20 * MARGIN && second > 10 * MARGIN && between(mass, 70, 181);
}

function isPair(a: Lepton, b: Lepton): boolean {
  return a.type === b.type && a.charge === -b.charge;
}

function pairing(pair: readonly [Lepton, Lepton], others: readonly Lepton[]) {
  const rest = others.filter((lepton) => !pair.includes(lepton));
  const [one, other] = [massOf(pair), massOf(rest)];
  const isFirst = Math.abs(one - Z_MASS) <= Math.abs(other - Z_MASS);
  const [leading = 0, second = 0] = (isFirst ? pair : rest).map(({ pt }) => pt).sort((a, b) => b - a);
  return { za: isFirst ? one : other, zb: isFirst ? other : one, leading, second, mass: massOf([...pair, ...rest]) };
}

function massOf(leptons: readonly Lepton[]): number {
  const sum = (of: (lepton: Lepton) => number) => leptons.reduce((total, lepton) => total + of(lepton), 0);
  const [e, px] = [sum((lepton) => lepton.e), sum(({ pt, phi }) => pt * Math.cos(phi))];
  const [py, pz] = [sum(({ pt, phi }) => pt * Math.sin(phi)), sum(({ pt, eta }) => pt * Math.sinh(eta))];
  return Math.sqrt(Math.max(0, e * e - px * px - py * py - pz * pz));
}

export const fillEventOutreach: FillEvent = (columns, { entry, passes, leptons }, run, random) => {
  if (!passes) spoil(random, leptons);
  // Most events of a stream have two leptons.
  const kept = passes ? leptons : leptons.slice(0, random.chance(0.9) ? 2 : 4);
  columns['run']?.push(run.isData ? FIRST_RUN + random.integer(6000) : 1);
  columns['luminosityBlock']?.push(1 + random.integer(1000));
  columns['event']?.push(entry + 1);
  columns['PV_npvs']?.push(1 + random.poisson(14));
  for (const name of ['PV_x', 'PV_y']) columns[name]?.push(random.gaussian(0.07, 0.003));
  columns['PV_z']?.push(random.gaussian(0, 4));
  columns['MET_pt']?.push(random.exponential(20));
  columns['MET_phi']?.push(random.uniform(-Math.PI, Math.PI));
  for (const name of ['Muon', 'Electron']) {
    const own = kept.filter(({ type }) => (type === ELECTRON) === (name === 'Electron'));
    columns[`n${name}`]?.push(own.length);
    for (const lepton of own) fillLepton(columns, name, lepton, random);
  }
};

/** Isolated and from the vertex, as leptons of two Z are. */
function fillLepton(columns: Readonly<Record<string, ColumnFiller>>, name: string, { pt, eta, phi, charge, type }: Lepton, random: Random) {
  const error = 0.002 + random.exponential(0.001);
  const values = {
    ...{ pt, eta, phi, charge, mass: type === ELECTRON ? ELECTRON_MASS : MUON_MASS },
    ...{ pfRelIso03_all: random.uniform(0, 0.3), pfRelIso04_all: random.uniform(0, 0.35) },
    ...{ dxy: random.uniform(-2, 2) * error, dxyErr: error, dz: random.uniform(-2, 2) * error, dzErr: error },
  };
  for (const [end, value] of Object.entries(values)) columns[`${name}_${end}`]?.push(value);
}
