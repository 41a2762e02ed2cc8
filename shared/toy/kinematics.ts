/** Four-vectors and isotropic decays, in GeV. */
import type { Random } from './random.ts';

export interface FourVector {
  readonly px: number;
  readonly py: number;
  readonly pz: number;
  readonly e: number;
}

/** From transverse momentum, pseudorapidity, azimuth and mass. */
export function fromPtEtaPhiMass(pt: number, eta: number, phi: number, mass: number): FourVector {
  const pz = pt * Math.sinh(eta);
  return { px: pt * Math.cos(phi), py: pt * Math.sin(phi), pz, e: Math.sqrt(pt * pt + pz * pz + mass * mass) };
}

/** A particle made in a collision: exponential transverse momentum of that mean, normal rapidity. */
export function producedBoson(random: Random, mass: number, meanPt: number, rapiditySigma: number): FourVector {
  const pt = random.exponential(meanPt) + random.uniform(0, 4);
  const rapidity = random.gaussian(0, rapiditySigma);
  const phi = random.uniform(-Math.PI, Math.PI);
  const transverseMass = Math.sqrt(mass * mass + pt * pt);
  return {
    px: pt * Math.cos(phi),
    py: pt * Math.sin(phi),
    pz: transverseMass * Math.sinh(rapidity),
    e: transverseMass * Math.cosh(rapidity),
  };
}

/** Decays a particle of that mass into two, isotropic in its rest frame; mass must be at least m1 + m2. */
export function decay(random: Random, parent: FourVector, mass: number, m1: number, m2: number): [FourVector, FourVector] {
  const momentum = Math.sqrt(Math.max(0, (mass ** 2 - (m1 + m2) ** 2) * (mass ** 2 - (m1 - m2) ** 2))) / (2 * mass);
  const cosine = random.uniform(-1, 1);
  const phi = random.uniform(-Math.PI, Math.PI);
  const transverse = momentum * Math.sqrt(1 - cosine * cosine);
  const [px, py, pz] = [transverse * Math.cos(phi), transverse * Math.sin(phi), momentum * cosine];
  const first = { px, py, pz, e: Math.hypot(momentum, m1) };
  const second = { px: -px, py: -py, pz: -pz, e: Math.hypot(momentum, m2) };
  return [boosted(first, parent, mass), boosted(second, parent, mass)];
}

/** From the rest frame of `frame` (of that mass) into the frame in which `frame` is given. */
function boosted(vector: FourVector, frame: FourVector, mass: number): FourVector {
  const gamma = frame.e / mass;
  const along = (vector.px * frame.px + vector.py * frame.py + vector.pz * frame.pz) / mass;
  const factor = along / (mass * (gamma + 1)) + vector.e / mass;
  return {
    px: vector.px + factor * frame.px,
    py: vector.py + factor * frame.py,
    pz: vector.pz + factor * frame.pz,
    e: gamma * vector.e + along,
  };
}
