/**
 * Invariant masses. All arithmetic is in float64 on the stored values, component by component and in file order, so that
 * results are those of the same formula in numpy or C++ but for the last digits.
 */
import { MOMENTA, type Reals, setMomenta } from './momentum.ts';

/**
 * Mass of the four objects from index `first` on, from transverse momentum, pseudorapidity, azimuth and energy; in the
 * unit of `pt` and `energy`. Rounding below zero gives 0.
 */
export function fourObjectMass(pt: Reals, eta: Reals, phi: Reals, energy: Reals, first: number): number {
  let e = 0;
  let x = 0;
  let y = 0;
  let z = 0;
  setMomenta(pt, eta, phi, first, 4);
  for (let i = 0; i < 4; i++) {
    // In range: the caller has seen four objects from `first` on, and MOMENTA has three components of each.
    e += energy[first + i]!;
    x += MOMENTA[3 * i]!;
    y += MOMENTA[3 * i + 1]!;
    z += MOMENTA[3 * i + 2]!;
  }
  return Math.sqrt(Math.max(e * e - x * x - y * y - z * z, 0));
}

/**
 * Mass of the two objects at `first` and `first + 1`, from transverse momentum, pseudorapidity, azimuth and mass; in the
 * unit of `pt` and `mass`. Rounding below zero gives 0.
 */
export function pairMass(pt: Reals, eta: Reals, phi: Reals, mass: Reals, first: number): number {
  let e = 0;
  let x = 0;
  let y = 0;
  let z = 0;
  setMomenta(pt, eta, phi, first, 2);
  for (let i = 0; i < 2; i++) {
    // In range: the caller has seen two objects from `first` on, and MOMENTA has three components of each.
    const px = MOMENTA[3 * i]!;
    const py = MOMENTA[3 * i + 1]!;
    const pz = MOMENTA[3 * i + 2]!;
    x += px;
    y += py;
    z += pz;
    e += Math.sqrt(px * px + py * py + pz * pz + mass[first + i]! * mass[first + i]!);
  }
  return Math.sqrt(Math.max(e * e - x * x - y * y - z * z, 0));
}
