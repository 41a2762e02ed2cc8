/** Keys of runs in one Secret, an entry a run, that the pods which read files mount as a folder. Nothing but that Secret is open to them. */
import type { ClusterApi } from './api.ts';
import { applyObject, PART_OF, pathOf } from './objects.ts';
import { listPods } from './workers.ts';

const SECRET = 'run-credentials';
const READERS = 'app.kubernetes.io/name in (worker, web)';

export interface RunSecretPlace {
  readonly api: ClusterApi;
  readonly namespace: string;
  /** Pods that are listed at a time. */
  readonly pageSize?: number | undefined;
}

/**
 * Adds the credentials of a run, or replaces them. Pods that run already see them within seconds: the kubelet looks at the
 * volumes of a pod at once when something about it changes, else every minute or so.
 */
export async function putRunSecret({ api, namespace, pageSize }: RunSecretPlace, name: string, text: string): Promise<void> {
  const data = { [name]: Buffer.from(text).toString('base64') };
  // Each entry has an owner of its own, so that those of other runs stay.
  await applyObject(
    api,
    namespace,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, labels: PART_OF }, type: 'Opaque', data },
    `run-${name}`,
  );
  const body = { metadata: { annotations: { 'higgsflow.io/credentials': `${name} ${new Date().toISOString()}` } } };
  const pods = await listPods(api, namespace, READERS, { pageSize });
  for (const { metadata } of pods) {
    if (metadata.deletionTimestamp !== undefined) continue;
    await api.request(pathOf('v1', 'Pod', namespace, metadata.name), { method: 'PATCH', body, contentType: MERGE });
  }
}

const MERGE = 'application/merge-patch+json';

/** Takes the credentials of a run away again; nothing happens where there are none. */
export async function removeRunSecret({ api, namespace }: RunSecretPlace, name: string): Promise<void> {
  await api.request(pathOf('v1', 'Secret', namespace, SECRET), { method: 'PATCH', body: { data: { [name]: null } }, contentType: MERGE });
}
