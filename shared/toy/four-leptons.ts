/** Events with four leptons from each process: toy physics, good enough that the mass plot looks like the real one. */
import { decay, type FourVector, fromPtEtaPhiMass, producedBoson } from './kinematics.ts';
import type { Random } from './random.ts';

/** A lepton as measured; GeV. */
export interface Lepton {
  readonly pt: number;
  readonly eta: number;
  readonly phi: number;
  readonly e: number;
  charge: number;
  /** 11 electron, 13 muon. */
  type: number;
  /** From a Z or W decay, not a jet. */
  readonly prompt: boolean;
}

/** Flavours of four leptons. */
export type Channel = '4mu' | '4e' | '2e2mu';

/** Where four leptons come from. `zee` and `zmumu` are a Z with two jets that look like leptons. */
export type ToyProcess = 'ggH' | 'VBF' | 'VH' | 'zz' | 'zee' | 'zmumu' | 'top';

const ELECTRON = 11;
const MUON = 13;
const MASSES: Readonly<Record<number, number>> = { [ELECTRON]: 0.000511, [MUON]: 0.1056584 };
const Z = { mass: 91.1876, width: 2.4952 };
const HIGGS = { mass: 125, width: 0.004 };
const HIGGS_MEAN_PT = { ggH: 28, VBF: 60, VH: 65 } as const;
const MIN_PT = 7;
const MAX_ETA = 2.5;
/** Parts of ZZ* in mass, after acceptance: Z -> 4 leptons, one Z off its mass shell, two real Z. */
const ZZ_PARTS = { singleZ: 0.27, offShell: 0.17 };
/** Part of the leptons that radiate a photon that is not found, and how much of their momentum they lose. */
const RADIATION = { chance: 0.25, meanLoss: 0.045 };
const TRIES = 100_000;

interface Candidate {
  readonly vector: FourVector;
  readonly charge: number;
  readonly type: number;
  readonly prompt: boolean;
}

/**
 * Four leptons with pt falling, two pairs of one flavour and opposite charge, inside the detector's acceptance; the n-th
 * has at least minPt[n]. Momenta are smeared, so that H(125) is about 2 GeV wide.
 */
export function fourLeptons(random: Random, process: ToyProcess, minPt: readonly number[] = []): Lepton[] {
  let leptons: Lepton[] = [];
  for (let i = 0; i < TRIES; i++) {
    leptons = candidates(random, process)
      .map((candidate) => measured(random, candidate))
      .sort((a, b) => b.pt - a.pt);
    if (leptons.every(({ pt, eta }, n) => pt > Math.max(MIN_PT, minPt[n] ?? 0) && Math.abs(eta) < MAX_ETA)) break;
  }
  return leptons;
}

function candidates(random: Random, process: ToyProcess): Candidate[] {
  switch (process) {
    case 'zz':
      return zz(random);
    case 'zee':
      return [...zPair(random, ELECTRON), ...fakePair(random, 7.5)];
    case 'zmumu':
      return [...zPair(random, MUON), ...fakePair(random, 6.5)];
    case 'top':
      return [...fakePair(random, 35, 15, true), ...fakePair(random, 10)];
    default:
      return higgs(random, HIGGS_MEAN_PT[process]);
  }
}

function higgs(random: Random, meanPt: number): Candidate[] {
  const mass = random.breitWigner(HIGGS.mass, HIGGS.width, 124.9, 125.1);
  const m1 = random.breitWigner(Z.mass, Z.width, 50, 108);
  let m2 = 0;
  do m2 = random.gaussian(29, 8);
  while (m2 < 8 || m1 + m2 > mass - 0.5);
  return twoPairs(random, mass, m1, m2, meanPt, 1);
}

function zz(random: Random): Candidate[] {
  const part = random.next();
  if (part < ZZ_PARTS.singleZ) {
    const mass = random.breitWigner(Z.mass, Z.width, 75, 108);
    const m1 = mass * random.uniform(0.4, 0.8);
    return twoPairs(random, mass, m1, random.uniform(4, 0.95 * (mass - m1)), 22, 1.2);
  }
  if (part < ZZ_PARTS.singleZ + ZZ_PARTS.offShell) {
    const mass = random.uniform(100, 184);
    const m1 = random.breitWigner(Z.mass, Z.width, 50, Math.min(mass - 14, 108));
    return twoPairs(random, mass, m1, random.uniform(12, Math.min(mass - m1 - 1, 80)), 22, 1.2);
  }
  const m1 = random.breitWigner(Z.mass, Z.width, 70, 110);
  const m2 = random.breitWigner(Z.mass, Z.width, 70, 110);
  // The threshold rises over some GeV, then a long tail.
  return twoPairs(random, m1 + m2 + 1 + random.exponential(8) + random.exponential(60), m1, m2, 25, 1.1);
}

function twoPairs(random: Random, mass: number, m1: number, m2: number, meanPt: number, rapiditySigma: number): Candidate[] {
  const parent = producedBoson(random, mass, meanPt, rapiditySigma);
  const [first, second] = decay(random, parent, mass, m1, m2);
  return [...leptonPair(random, first, m1, flavour(random)), ...leptonPair(random, second, m2, flavour(random))];
}

function zPair(random: Random, type: number): Candidate[] {
  const mass = random.breitWigner(Z.mass, Z.width, 50, 130);
  return leptonPair(random, producedBoson(random, mass, 20, 1.1), mass, type);
}

function leptonPair(random: Random, parent: FourVector, mass: number, type: number): Candidate[] {
  const own = MASSES[type] ?? 0;
  const [a, b] = decay(random, parent, mass, own, own);
  const charge = random.chance(0.5) ? 1 : -1;
  return [
    { vector: a, charge, type, prompt: true },
    { vector: b, charge: -charge, type, prompt: true },
  ];
}

/** Two leptons that have nothing to do with each other, but happen to make a pair. */
function fakePair(random: Random, meanPt: number, lowest = MIN_PT, prompt = false): Candidate[] {
  const type = flavour(random);
  const charge = random.chance(0.5) ? 1 : -1;
  return [charge, -charge].map((each) => {
    const pt = lowest - 1 + random.exponential(meanPt);
    const vector = fromPtEtaPhiMass(pt, random.gaussian(0, 1.3), random.uniform(-Math.PI, Math.PI), MASSES[type] ?? 0);
    return { vector, charge: each, type, prompt };
  });
}

function flavour(random: Random): number {
  return random.chance(0.5) ? ELECTRON : MUON;
}

/** Smears the momentum: electrons better at high, muons better at low energy; some have radiated before. */
function measured(random: Random, { vector, charge, type, prompt }: Candidate): Lepton {
  const truePt = Math.hypot(vector.px, vector.py);
  const relative = type === ELECTRON ? Math.hypot(0.012, 0.13 / Math.sqrt(truePt)) : 0.02 + 0.0002 * truePt;
  const kept = random.chance(RADIATION.chance) ? Math.exp(-random.exponential(RADIATION.meanLoss)) : 1;
  const pt = truePt * kept * Math.max(0.3, random.gaussian(1, relative));
  const eta = Math.asinh(vector.pz / truePt);
  const phi = Math.atan2(vector.py, vector.px);
  return { pt, eta, phi, e: Math.hypot(pt * Math.cosh(eta), MASSES[type] ?? 0), charge, type, prompt };
}

/** Changes the softest lepton so that the flavour cut, the charge cut or both refuse the event: in the shares seen in real data. */
export function spoil(random: Random, leptons: readonly Lepton[]): void {
  const softest = leptons.at(-1);
  if (softest === undefined) return;
  const way = random.next();
  if (way < 0.67) softest.type = softest.type === ELECTRON ? MUON : ELECTRON;
  if (way > 0.39) softest.charge = -softest.charge;
}

/** The channel of two pairs. */
export function channelOf(leptons: readonly Lepton[]): Channel {
  const electrons = leptons.filter(({ type }) => type === ELECTRON).length;
  return electrons === 0 ? '4mu' : electrons === leptons.length ? '4e' : '2e2mu';
}
