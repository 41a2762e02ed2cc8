/** Near misses for error messages: what a mistyped name was probably meant to be. Pure. */

/**
 * The candidates closest to `name`, best first: those that differ only in case, contain each other, or need few edits
 * (insert, delete, replace, swap neighbours). Empty where nothing is close.
 */
export function nearest(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = name.toLowerCase();
  const scored: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const distance = distanceTo(wanted, candidate.toLowerCase());
    if (distance <= Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))) scored.push({ candidate, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, limit).map(({ candidate }) => candidate);
}

/** "Did you mean `a` or `b`?", or the list of all `candidates` where none is near, cut after twelve; '' without candidates. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const all = [...new Set(candidates)];
  const near = nearest(name, all);
  if (near.length > 0) return `Did you mean ${near.map((text) => `\`${text}\``).join(' or ')}?`;
  if (all.length === 0) return '';
  return `There are ${all.slice(0, 12).join(', ')}${all.length > 12 ? ` and ${all.length - 12} more` : ''}.`;
}

/** Names longer than this are compared only by equality and containment, so that hostile input stays cheap. */
const LONGEST = 200;

function distanceTo(wanted: string, candidate: string): number {
  if (wanted === candidate) return 0;
  if (wanted.length > LONGEST || candidate.length > LONGEST) return Number.POSITIVE_INFINITY;
  const contained = wanted.length >= 3 && candidate.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate));
  return contained ? 1 : edits(wanted, candidate);
}

/** Edits that turn `a` into `b`, a swap of neighbours counting as one (optimal string alignment). */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
