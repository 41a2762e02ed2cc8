/**
 * Candidates of H → ZZ* → 4ℓ out of lists of leptons: the leading good ones, their pairs, and cuts on the pairs. Works on one
 * candidate at a time, kept in arrays of this module, so that no event needs memory of its own.
 */
import { MOMENTA, type Reals, setMomenta } from './momentum.ts';

const Z_MASS_GEV = 91.1876;

/** Columns of one kind of lepton; in GeV and cm. Entry `n` has the leptons `offsets[n]` to `offsets[n + 1]`. */
export interface Leptons {
  readonly offsets: Int32Array;
  readonly pt: Reals;
  readonly eta: Reals;
  readonly phi: Reals;
  readonly mass: Reals;
  readonly charge: Int32Array;
  readonly isolation: Reals;
  readonly dxy: Reals;
  readonly dz: Reals;
  readonly dxyErr: Reals;
  readonly dzErr: Reals;
}

/** What makes a lepton a good one, besides isolation and impact parameters. */
export interface LeptonCuts {
  readonly minPtGeV: number;
  readonly maxEta: number;
}

/** How far a candidate came. */
export const REACHED = { nothing: 0, fourLeptons: 1, chargeZero: 2, pairs: 3, all: 4 } as const;

const LEAD = new Int32Array(4);
const PT = new Float64Array(4);
const CHARGE = new Int32Array(4);
/** E, px, py, pz of the four. */
const P = new Float64Array(16);

/** The three ways to make two pairs of four; of two and two there is the first only. */
const PAIRINGS = [
  [0, 1, 2, 3],
  [0, 2, 1, 3],
  [0, 3, 1, 2],
] as const;

/**
 * Takes the `count` good leptons with most transverse momentum of an entry into the places from `place` on. False if there are
 * fewer.
 */
export function takeLeading(leptons: Leptons, entry: number, cuts: LeptonCuts, count: number, place: number): boolean {
  const { offsets, pt } = leptons;
  let found = 0;
  // Offsets have entries + 1 numbers; places are 0 to 3.
  for (let i = offsets[entry]!; i < offsets[entry + 1]!; i++) {
    if (!isGood(leptons, i, cuts)) continue;
    let at = Math.min(found, count);
    for (; at > 0 && pt[i]! > pt[LEAD[place + at - 1]!]!; at--) if (at < count) LEAD[place + at] = LEAD[place + at - 1]!;
    if (at < count) LEAD[place + at] = i;
    found++;
  }
  if (found < count) return false;
  for (let at = place; at < place + count; at++) setLepton(leptons, LEAD[at]!, at);
  return true;
}

/** Isolated, of this momentum, in this range, and from the vertex: 3D impact parameter below 4 of its errors. */
function isGood({ pt, eta, isolation, dxy, dz, dxyErr, dzErr }: Leptons, i: number, { minPtGeV, maxEta }: LeptonCuts): boolean {
  // In range: the columns are aligned.
  if (!(pt[i]! > minPtGeV && Math.abs(eta[i]!) < maxEta && isolation[i]! < 0.4)) return false;
  if (!(Math.abs(dxy[i]!) < 0.5 && Math.abs(dz[i]!) < 1)) return false;
  return Math.hypot(dxy[i]!, dz[i]!) < 4 * Math.hypot(dxyErr[i]!, dzErr[i]!);
}

function setLepton({ pt, eta, phi, mass, charge }: Leptons, i: number, place: number): void {
  setMomenta(pt, eta, phi, i, 1);
  const [x, y, z, m] = [MOMENTA[0]!, MOMENTA[1]!, MOMENTA[2]!, mass[i]!];
  P[4 * place] = Math.sqrt(x * x + y * y + z * z + m * m);
  P[4 * place + 1] = x;
  P[4 * place + 2] = y;
  P[4 * place + 3] = z;
  PT[place] = pt[i]!;
  CHARGE[place] = charge[i]!;
}

/**
 * How far the four in their places come: charge 0; neutral pairs, of which the one nearest to the Z has leptons above 20 and 10
 * GeV and 40 to 120 GeV, the other 12 to 120 GeV; mass above `minMassGeV`. Of several pairings the one with the pair
 * nearest to the Z counts.
 * @param sameKind the four are of one kind; otherwise the first two and the last two are
 */
export function judgeFour(sameKind: boolean, minMassGeV: number): number {
  if (CHARGE[0]! + CHARGE[1]! + CHARGE[2]! + CHARGE[3]! !== 0) return REACHED.fourLeptons;
  let nearest = Number.POSITIVE_INFINITY;
  let passes = false;
  for (let i = 0; i < (sameKind ? 3 : 1); i++) {
    const [a, b, c, d] = PAIRINGS[i]!;
    if (CHARGE[a]! + CHARGE[b]! !== 0) continue;
    const [first, second] = [pairMass(a, b), pairMass(c, d)];
    const [toFirst, toSecond] = [Math.abs(first - Z_MASS_GEV), Math.abs(second - Z_MASS_GEV)];
    if (Math.min(toFirst, toSecond) >= nearest) continue;
    nearest = Math.min(toFirst, toSecond);
    passes = toFirst <= toSecond ? arePair(first, second, PT[a]!, PT[b]!) : arePair(second, first, PT[c]!, PT[d]!);
  }
  if (!passes) return REACHED.chargeZero;
  return fourMass() > minMassGeV ? REACHED.all : REACHED.pairs;
}

function arePair(za: number, zb: number, pt: number, otherPt: number): boolean {
  return za > 40 && za < 120 && zb > 12 && zb < 120 && Math.max(pt, otherPt) > 20 && Math.min(pt, otherPt) > 10;
}

function pairMass(a: number, b: number): number {
  let square = 0;
  // P has four numbers for each of four places.
  for (let k = 0; k < 4; k++) square += (k === 0 ? 1 : -1) * (P[4 * a + k]! + P[4 * b + k]!) ** 2;
  return Math.sqrt(Math.max(square, 0));
}

/** Invariant mass of the four, in GeV. */
export function fourMass(): number {
  let square = 0;
  for (let k = 0; k < 4; k++) square += (k === 0 ? 1 : -1) * (P[k]! + P[4 + k]! + P[8 + k]! + P[12 + k]!) ** 2;
  return Math.sqrt(Math.max(square, 0));
}
