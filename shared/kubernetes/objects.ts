/** Objects of a cluster: applied, and deleted again. */
import type { ClusterApi } from './api.ts';

/** An object as the API takes it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Everything that is made carries it. */
export const PART_OF = { 'app.kubernetes.io/part-of': 'higgsflow' } as const;

const PLURALS: Readonly<Record<string, string>> = {
  Job: 'jobs',
  ConfigMap: 'configmaps',
  DaemonSet: 'daemonsets',
  Deployment: 'deployments',
};

/** Path of an object, or of all objects of its kind where no name is given. */
export function pathOf(apiVersion: string, kind: string, namespace: string, name?: string): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}/namespaces/${namespace}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}${name === undefined ? '' : `/${name}`}`;
}

/** Server-side apply: makes the object, or changes the fields that are given; those of other managers stay. */
export async function applyObject(api: ClusterApi, namespace: string, object: KubernetesObject, manager = 'higgsflow-cli'): Promise<void> {
  const path = `${pathOf(object.apiVersion, object.kind, namespace, object.metadata.name)}?fieldManager=${manager}&force=true`;
  await api.request(path, { method: 'PATCH', body: object, contentType: 'application/apply-patch+yaml' });
}

/** Deletes the object and what belongs to it; nothing happens where there is none. */
export async function deleteObject(api: ClusterApi, namespace: string, apiVersion: string, kind: string, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  await api.request(pathOf(apiVersion, kind, namespace, name), { method: 'DELETE', body });
}
