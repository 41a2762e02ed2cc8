/** What compute threads need to know of tasks, without the schemas: those are a tenth of a thread's memory. */

/** Places that one task names at most. */
export const MAX_PLACES = 50;

/** Characters that say why a task failed, at most. */
export const MAX_FAILURE_TEXT = 4000;

/** Number of entries that a fraction of a file is. Producer and workers must agree on it. */
export function entriesToRead(entries: number, fraction: number): number {
  return Math.floor(entries * fraction);
}
