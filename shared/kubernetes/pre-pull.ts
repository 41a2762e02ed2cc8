/** Brings an image to all nodes before it is needed, so that a scale-up does not wait for downloads. */
import * as v from 'valibot';
import { sleep } from '../runtime/retry.ts';
import { count } from '../schema.ts';
import type { ClusterApi } from './api.ts';
import { applyObject, deleteObject, type KubernetesObject, PART_OF, pathOf } from './objects.ts';
import { parseAnswer } from './parse-answer.ts';

const NAME = 'prepull';
const statusSchema = v.looseObject({
  status: v.looseObject({ desiredNumberScheduled: v.optional(count, 0), numberReady: v.optional(count, 0) }),
});

export interface PrePullOptions {
  readonly api: ClusterApi;
  readonly namespace: string;
  readonly image: string;
  readonly onProgress: (ready: number, nodes: number) => void;
  readonly signal: AbortSignal;
}

/** Resolves to the number of nodes when each of them has the image. What it makes in the cluster is removed in any case. */
export async function prePull({ api, namespace, image, onProgress, signal }: PrePullOptions): Promise<number> {
  await applyObject(api, namespace, prePullDaemonSet(image));
  try {
    for (;;) {
      const answer = await api.request(pathOf('apps/v1', 'DaemonSet', namespace, NAME), { signal });
      const { desiredNumberScheduled: nodes, numberReady: ready } = parseAnswer(statusSchema, answer, 'its nodes').status;
      onProgress(ready, nodes);
      if (nodes > 0 && ready === nodes) return nodes;
      await sleep(1000, signal);
    }
  } finally {
    await deleteObject(api, namespace, 'apps/v1', 'DaemonSet', NAME);
  }
}

/** A pod on each node that waits: it runs as soon as the node has the image. */
export function prePullDaemonSet(image: string): KubernetesObject {
  const labels = { 'app.kubernetes.io/name': NAME, ...PART_OF };
  const container = {
    name: NAME,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', '86400'],
    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { cpu: '50m', memory: '32Mi' } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const pod = {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: NAME, labels },
    spec: { selector: { matchLabels: { 'app.kubernetes.io/name': NAME } }, template: { metadata: { labels }, spec: pod } },
  };
}
