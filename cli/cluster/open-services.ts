/** The services of a namespace, reached through the API server: no port has to be open but the cluster's own. */
import type { Tunnel, UserCluster } from '#shared/kubernetes/kubeconfig.ts';

/** Where on a cluster. */
export interface ClusterFlags {
  readonly namespace?: string;
  readonly context?: string;
}

const COLLECTOR_PORT = 8081;
const SCALER_PORT = 8082;

/** Ends with the command: an open tunnel would keep the process alive. */
const tunnels = new AsyncDisposableStack();

/** Opens the cluster of the kubeconfig. */
export async function openCluster({ context }: ClusterFlags): Promise<UserCluster> {
  const { openUserCluster } = await import('#shared/kubernetes/kubeconfig.ts');
  return openUserCluster({ context });
}

/** A local address of the collector in this namespace. */
export function forwardCollector(cluster: UserCluster, namespace: string): Promise<Tunnel> {
  return forward(cluster, namespace, 'collector', COLLECTOR_PORT);
}

/** A local address of the scaler in this namespace. */
export function forwardScaler(cluster: UserCluster, namespace: string): Promise<Tunnel> {
  return forward(cluster, namespace, 'scaler', SCALER_PORT);
}

async function forward(cluster: UserCluster, namespace: string, service: string, port: number): Promise<Tunnel> {
  const { StorageError } = await import('#shared/errors.ts');
  if ((await cluster.api.request(`/api/v1/namespaces/${namespace}/services/${service}`)) === undefined) {
    throw new StorageError(`there is no Service ${service} in namespace ${namespace} of ${cluster.context}`, {
      hint: 'Deploy it with `bash deploy.sh`, or give another --namespace or --context.',
      retryable: false,
    });
  }
  return tunnels.use(await cluster.forward(namespace, service, port));
}

/** Closes what `forwardCollector` and `forwardScaler` opened. */
export async function closeTunnels(): Promise<void> {
  await tunnels.disposeAsync();
}
