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
    if (offsets === first.offsets) continue;
    const differs = first.offsets.findIndex((offset, i) => offset !== offsets[i]);
    if (differs === -1 && offsets.length === first.offsets.length) continue;
    throw new AnalysisError(`lists differ in length in entry ${Math.max(0, differs - 1)} of the batch`, {
      object: `${firstName}, ${name}`,
    });
  }
}
