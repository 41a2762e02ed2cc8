import { StorageError } from '#shared/errors.ts';
import { type MappingFlags, readMapping } from './dataset-mapping.ts';
import { eachCluster, failureText } from './each-cluster.ts';
import { openPoolCluster, type PoolCluster, type PoolPlace } from './pool-cluster.ts';

/**
 * Acts on all clusters that the flags choose from a dataset mapping, at the same time.
 * @throws StorageError naming those that failed, when the others are done
 */
export async function forMappedClusters(
  flags: MappingFlags & PoolPlace,
  act: (place: PoolCluster, tell: (text: string) => void) => Promise<void>,
  say: (text: string) => void,
): Promise<void> {
  const { clusters, notes } = await readMapping(flags);
  for (const note of notes) say(note);
  const outcomes = await eachCluster(clusters, async (mapped, tell) => act(await openPoolCluster(mapped, flags), tell), say);
  const failed = failureText(outcomes);
  if (failed !== undefined) throw new StorageError(failed, { retryable: false });
}
