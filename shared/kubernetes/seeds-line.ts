import type { PodCounts } from './workers.ts';

/** What older tools called jobs: here, the tasks. */
export interface JobCounts {
  readonly total: number;
  readonly succeeded: number;
}

/** One line as scripts written for older tools read it: a Python literal, `{'pods': {'Running': 4, 'total': 4}, 'jobs': {...}}`. */
export function seedsLine(pods: PodCounts, jobs: JobCounts): string {
  const total = Object.values(pods).reduce((sum, count) => sum + count, 0);
  return `{'pods': ${literal({ ...pods, total })}, 'jobs': ${literal({ ...jobs })}}`;
}

function literal(counts: Readonly<Record<string, number>>): string {
  return `{${Object.entries(counts)
    .map(([key, count]) => `'${key}': ${count}`)
    .join(', ')}}`;
}
