/**
 * Names close to `wanted`, nearest first, for "did you mean" lines: same letters in another case, a few typing mistakes, or
 * one name being part of the other.
 */
export function nearMisses(wanted: string, names: Iterable<string>, limit = 3): string[] {
  const target = wanted.toLowerCase();
  const allowed = Math.max(1, Math.floor(target.length / 3));
  const scored: { name: string; score: number }[] = [];
  for (const name of new Set(names)) {
    if (Math.max(name.length, wanted.length) > LONGEST) continue;
    const candidate = name.toLowerCase();
    const part = target.length > 2 && candidate.length > 2 && (candidate.includes(target) || target.includes(candidate));
    const score = part ? Math.min(allowed, Math.abs(candidate.length - target.length)) : editDistance(target, candidate, allowed);
    if (score <= allowed) scored.push({ name, score });
  }
  return scored
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Longer names are not compared, so that hostile input stays cheap. */
const LONGEST = 200;

/** Levenshtein distance, or anything above `limit` once it must be larger. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    if (Math.min(...current) > limit) return limit + 1;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
