import { nearMisses } from './near-misses.ts';

/**
 * The hint of an "unknown name" error: "Did you mean `a` or `b`?", or what there is where nothing is near (cut after
 * twelve names); '' without names.
 */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const all = [...new Set(names)];
  const near = nearMisses(wanted, all);
  if (near.length > 0) return `Did you mean ${near.map((text) => `\`${text}\``).join(' or ')}?`;
  if (all.length === 0) return '';
  return `There are ${all.slice(0, 12).join(', ')}${all.length > 12 ? ` and ${all.length - 12} more` : ''}.`;
}
