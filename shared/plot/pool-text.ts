/** What is to be said of the pools of a run. */

import { countText } from './plot-text.ts';
import type { PoolSnapshot, RunSnapshot } from './snapshot.ts';

/** A line for each pool whose tasks wait for workers that are not there; none once the run is over. */
export function poolProblems({ state, pools = [] }: RunSnapshot): string[] {
  if (state !== 'running') return [];
  const stuck = pools.filter(({ workers, tasksWaiting }) => workers === 0 && tasksWaiting > 0);
  return stuck.map(({ name, tasksWaiting }) => {
    const tasks = tasksWaiting === 1 ? '1 task waits' : `${countText(tasksWaiting)} tasks wait`;
    return `${tasks} for pool ${name}, which has no workers`;
  });
}

/** "3 (w-1, w-2, w-3)"; long lists are cut. */
export function poolWorkersText({ workers, workerNames }: PoolSnapshot, most = 3): string {
  if (workers === 0) return 'none';
  const more = workers > most ? ` and ${countText(workers - most)} more` : '';
  return `${countText(workers)} (${workerNames.slice(0, most).join(', ')}${more})`;
}
