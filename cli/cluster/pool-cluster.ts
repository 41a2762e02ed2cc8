/** From a cluster's name in a dataset mapping to the cluster itself. */
import { ConfigError } from '#shared/errors.ts';
import type { UserCluster } from '#shared/kubernetes/kubeconfig.ts';
import type { MappedCluster } from './dataset-mapping.ts';
import { likelyContexts } from './providers.ts';

/** A cluster that can be asked. */
export interface PoolCluster {
  readonly cluster: UserCluster;
  readonly namespace: string;
}

export interface PoolPlace {
  /** Of clusters that name none. */
  readonly namespace?: string | undefined;
  readonly gcsProjectId?: string | undefined;
  readonly gcsRegion?: string | undefined;
}

const DEFAULT_NAMESPACE = 'higgsflow';

/** @throws ConfigError if the kubeconfig has no context for it, or several that may be meant */
export async function openPoolCluster({ name, context, namespace }: MappedCluster, place: PoolPlace): Promise<PoolCluster> {
  const { listContexts, openUserCluster } = await import('#shared/kubernetes/kubeconfig.ts');
  const cluster = await openUserCluster({ context: context ?? contextOf(name, await listContexts(), place) });
  return { cluster, namespace: namespace ?? place.namespace ?? cluster.namespace ?? DEFAULT_NAMESPACE };
}

/** The context of the kubeconfig that is meant by the name of a cluster. @throws ConfigError if there is none, or several */
export function contextOf(name: string, contexts: readonly string[], { gcsProjectId, gcsRegion }: PoolPlace = {}): string {
  const full = `gke_${gcsProjectId}_${gcsRegion}_${name}`;
  if (contexts.includes(full)) return full;
  const [first, ...others] = likelyContexts(name, contexts);
  if (first !== undefined && others.length === 0) return first;
  const hint = first === undefined ? `It has ${contexts.join(', ') || 'none'}.` : `It may be ${[first, ...others].join(' or ')}.`;
  throw new ConfigError(`the kubeconfig has no context that is clearly cluster ${name}`, {
    hint: `${hint} Name it in the mapping: "context": "..."`,
  });
}
