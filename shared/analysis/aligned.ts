import { AnalysisError } from '../errors.ts';

interface Jagged {
  readonly offsets: Int32Array;
}

/**
 * Makes sure that lists which belong together (pt, eta, phi of the same leptons) have the same lengths in every entry, so
 * that one index is right for all.
 * @throws AnalysisError that names the columns and the first entry (of the batch) where they differ
 */
export function requireAligned(columns: Readonly<Record<string, Jagged>>): void {
  const [[firstName, first] = ['', undefined], ...others] = Object.entries(columns);
  if (first === undefined) return;
  for (const [name, { offsets }] of others) {
    const differs = offsets === first.offsets ? -1 : firstDifference(first.offsets, offsets);
    if (differs === -1) continue;
    throw new AnalysisError(`lists differ in length in entry ${Math.max(0, differs - 1)} of the batch`, {
      object: `${firstName}, ${name}`,
    });
  }
}

/** Index of the first difference, or -1. */
function firstDifference(a: Int32Array, b: Int32Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : length;
}
