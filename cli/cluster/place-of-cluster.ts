/** What --cluster means where there is no dataset mapping. */
import type { ClusterFlags } from './open-services.ts';
import type { PoolPlace } from './pool-cluster.ts';

interface Words extends ClusterFlags, PoolPlace {
  readonly namespace?: string;
  readonly cluster?: string;
  readonly datasetMapping?: string;
}

/** The same flags, with the context of that cluster. @throws ConfigError if --context names another one, or there is no such cluster */
export async function placeOfCluster<F extends Words>(flags: F): Promise<F> {
  const { cluster, context, datasetMapping } = flags;
  if (cluster === undefined || datasetMapping !== undefined) return flags;
  const [{ ConfigError }, { listContexts }, { contextOf }] = await Promise.all([
    import('#shared/errors.ts'),
    import('#shared/kubernetes/kubeconfig.ts'),
    import('./pool-cluster.ts'),
  ]);
  const found = contextOf(cluster, await listContexts(), flags);
  if (context !== undefined && context !== found)
    throw new ConfigError(`--context is ${context}, and --cluster is ${found}`, { hint: 'One of them is enough.' });
  return { ...flags, context: found, namespace: flags.namespace ?? 'higgsflow' };
}
