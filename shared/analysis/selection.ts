/** Cuts that several analyses share, over lists of leptons that start at index `first` of a column. */

/**
 * True if lepton i of the `count` leptons has more transverse momentum than `minima[i]`, for every i: file order, unit of
 * `pt`. A minimum of 0 is no cut; any other asks that there be such a lepton.
 */
export function passesPt(pt: Float32Array, first: number, count: number, minima: readonly number[]): boolean {
  for (let i = 0; i < minima.length; i++) {
    // In range: i < count is asked first.
    if (minima[i]! > 0 && !(i < count && pt[first + i]! > minima[i]!)) return false;
  }
  return true;
}

/** True if the first four are four electrons (type 11), two of each, or four muons (13). The caller has seen four. */
export function isFourLeptonFlavour(type: Int32Array | Uint32Array, first: number): boolean {
  const sum = sumOfFour(type, first);
  return sum === 44 || sum === 48 || sum === 52;
}

/** Sum of the four values from `first` on. The caller has seen four. */
export function sumOfFour(values: Int32Array | Uint32Array, first: number): number {
  return values[first]! + values[first + 1]! + values[first + 2]! + values[first + 3]!;
}

/** True if any of the flags from `first` to `end - 1` is set. */
export function anyTrue(flags: Uint8Array, first: number, end: number): boolean {
  for (let i = first; i < end; i++) if (flags[i] !== 0) return true;
  return false;
}
