/** A run over several clusters: its request, and what has to be there before it begins. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readLists } from '#services/producer/find-lists.ts';
import { mergeLists } from '#shared/datasets/file-list.ts';
import { ConfigError } from '#shared/errors.ts';
import { checkPool } from '#shared/kubernetes/check-pool.ts';
import { putRunSecret } from '#shared/kubernetes/run-secret.ts';
import { packAnalysis, shipAnalysis } from '#shared/kubernetes/ship-analysis.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import { type Credentials, credentialsText } from '#shared/runtime/credentials.ts';
import type { MappedCluster } from './dataset-mapping.ts';
import { eachCluster, failureText } from './each-cluster.ts';
import { openPoolCluster, type PoolPlace } from './pool-cluster.ts';

/**
 * The request with a pool for each cluster, and the lists of its entry.
 * @throws ConfigError where the request names data of its own, or a file is in two lists
 */
export async function mapRequest(request: RunRequest, clusters: readonly MappedCluster[]): Promise<RunRequest> {
  if ((request.data ?? []).length > 0 || request.listFolder !== undefined) {
    throw new ConfigError('data are named, and a dataset mapping is given', {
      hint: 'The mapping names the lists: leave out --data and --datasets.',
    });
  }
  const lists = await Promise.all(
    clusters.map(async ({ name, datasets }) => (await readLists(datasets)).map((list) => ({ ...list, pool: name }))),
  );
  // What it makes of them is of no use here, but it refuses what would be counted twice.
  mergeLists(lists.flat());
  return {
    ...request,
    lists: lists.flat().map(({ name, files, pool }) => ({ name, files: [...files], pool })),
    pools: clusters.map(({ name, dpath }) => ({ name, ...(dpath === undefined ? {} : { storage: { STAGE_IN_DIR: dpath } }) })),
  };
}

export interface PrepareOptions extends PoolPlace {
  readonly request: Pick<RunRequest, 'analysis' | 'secret' | 'steal'>;
  readonly clusters: readonly MappedCluster[];
  readonly credentials: Credentials | undefined;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Looks whether each cluster has workers of its pool, and brings them the user's own analysis and the keys: all clusters at a time.
 * @throws ConfigError naming the clusters that are not ready; where others may take over their tasks, only if none is
 */
export async function prepareClusters({ request, clusters, credentials, say, signal, ...place }: PrepareOptions): Promise<void> {
  const { analysis, secret } = request;
  const isFile = /\.[cm]?[jt]s$/.test(analysis) && !analysis.startsWith('analyses:');
  const packed = isFile ? packAnalysis(basename(analysis), await readFile(analysis, 'utf8')) : undefined;
  const outcomes = await eachCluster(
    clusters,
    async (mapped, tell) => {
      const { cluster, namespace } = await openPoolCluster(mapped, place);
      const ready = await checkPool(cluster.api, namespace, mapped.name, signal);
      if (secret !== undefined && credentials !== undefined) {
        await putRunSecret({ api: cluster.api, namespace }, secret, credentialsText(credentials));
      }
      if (packed !== undefined) await shipAnalysis(cluster, namespace, packed, { signal });
      tell(ready === 0 ? 'no worker is ready yet; its tasks wait' : `${ready} worker${ready === 1 ? '' : 's'} ready`);
    },
    say,
  );
  const failed = failureText(outcomes);
  if (failed === undefined) return;
  const isHopeless = request.steal !== true || outcomes.every((outcome) => 'error' in outcome);
  if (isHopeless)
    throw new ConfigError(failed, { hint: 'Nothing was submitted. With --steal the other clusters do the work of those that fail.' });
  say(`${failed}; the others take over their tasks (--steal).`);
}
