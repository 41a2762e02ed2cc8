/**
 * Luminosity that is counted in as entries are committed. It is kept in whole inverse barns (1 fb-1 is 10^15 of them), and the
 * share of a chunk is the difference of two roundings: chunks of a file add up to the file exactly, in any order.
 */

/** 1 fb-1 in inverse barns. */
const PER_FB = 1e15;

/** Of the entries [from, to) of a file, in inverse barns. A file without entries stands for its whole luminosity. */
export function luminosityShare(luminosityFb: number, { from, to, entries }: { from: number; to: number; entries: number }): bigint {
  const whole = BigInt(Math.round(luminosityFb * PER_FB));
  if (entries === 0) return whole;
  const upTo = (entry: number) => (whole * BigInt(entry)) / BigInt(entries);
  return upTo(to) - upTo(from);
}

/** Inverse barns in fb-1. */
export function inFb(inverseBarns: bigint): number {
  return Number(inverseBarns) / PER_FB;
}
