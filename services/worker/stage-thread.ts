/** Entry of the thread that copies the files of coming tasks into the fast folder, while others compute. */
import { parentPort, workerData } from 'node:worker_threads';
import { limitBandwidth } from '#shared/storage/bandwidth.ts';
import { stageAhead } from '#shared/storage/open.ts';
import { NO_COST } from '#shared/storage/read-cost.ts';
import { runSettings } from '#shared/storage/run-settings.ts';
import type { FromStageThread, ThreadSettings, ToStageThread } from './thread-protocol.ts';

const { readRetry, bandwidth } = workerData as ThreadSettings;
limitBandwidth(bandwidth);

parentPort?.on('message', async ({ id, task }: ToStageThread) => {
  // What fails here fails again where the task is done, and is told there.
  const cost = await fetchFile(task).catch(() => NO_COST);
  parentPort?.postMessage({ id, cost } satisfies FromStageThread);
});

async function fetchFile(task: ToStageThread['task']) {
  const { settings, locationOf } = runSettings(task);
  return stageAhead(locationOf(task.url), { retry: readRetry, settings });
}
