/** Workers as the cluster sees them: pods by phase, and the autoscaler. */
import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { count, listOf } from '../schema.ts';
import type { ClusterApi } from './api.ts';
import { parseAnswer } from './parse-answer.ts';

/** Pods by phase. A pod that was told to go is `Terminating`, whatever its phase. */
export type PodCounts = Readonly<Record<string, number>>;

export interface Autoscaler {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** What `max` goes back to when there is work again. */
  readonly configuredMax: number;
  /** Mean CPU of the workers in percent of their request; undefined while there are no measurements. */
  readonly cpuPercent: number | undefined;
  /** Why it does not scale, where it cannot. */
  readonly problem: string | undefined;
}

/** Set on the autoscaler by deploy.sh. */
export const MAX_REPLICAS_ANNOTATION = 'higgsflow.io/max-replicas';

const podSchema = v.object({
  metadata: v.object({
    name: v.string(),
    deletionTimestamp: v.optional(v.string()),
    labels: v.optional(v.record(v.string(), v.string()), {}),
  }),
  status: v.optional(v.object({ phase: v.optional(v.string(), 'Unknown') }), {}),
});
const podList = v.object({
  items: v.array(podSchema),
  metadata: v.optional(v.object({ continue: v.optional(v.string(), '') }), {}),
});
export type Pod = v.InferOutput<typeof podSchema>;

const metric = v.object({
  resource: v.optional(v.object({ current: v.object({ averageUtilization: v.optional(v.number()) }) })),
});
const autoscalerSchema = v.object({
  metadata: v.object({ annotations: v.optional(v.record(v.string(), v.string())) }),
  spec: v.object({ minReplicas: v.optional(count, 1), maxReplicas: count }),
  status: v.optional(
    v.object({
      currentReplicas: v.optional(count, 0),
      desiredReplicas: v.optional(count, 0),
      currentMetrics: v.nullish(v.array(metric)),
      conditions: v.nullish(v.array(v.object({ type: v.string(), status: v.string(), message: v.optional(v.string(), '') }))),
    }),
    {},
  ),
});

export interface ListOptions {
  /** Pods in one answer. */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** All pods of the namespace with this label. */
export async function listPods(
  api: ClusterApi,
  namespace: string,
  selector: string,
  { pageSize = 5000, signal }: ListOptions = {},
): Promise<Pod[]> {
  const path = `/api/v1/namespaces/${namespace}/pods?limit=${pageSize}&labelSelector=${encodeURIComponent(selector)}`;
  const pods: Pod[] = [];
  for (let from = ''; ; ) {
    const answer = await api.request(from === '' ? path : `${path}&continue=${encodeURIComponent(from)}`, { signal });
    const { items, metadata } = parseAnswer(podList, answer ?? { items: [] }, 'pods');
    pods.push(...items);
    if (metadata.continue === '') return pods;
    from = metadata.continue;
  }
}

export function countByPhase(pods: readonly Pod[]): PodCounts {
  const counts: Record<string, number> = {};
  for (const { metadata, status } of pods) {
    const phase = metadata.deletionTimestamp === undefined ? status.phase : 'Terminating';
    counts[phase] = (counts[phase] ?? 0) + 1;
  }
  return counts;
}

/** The image that the workers run. @throws ConfigError where higgsflow is not deployed */
export async function deployedImage(api: ClusterApi, namespace: string): Promise<string> {
  const answer = await api.request(`/apis/apps/v1/namespaces/${namespace}/deployments/worker`);
  if (answer === undefined) {
    throw new ConfigError(`higgsflow is not deployed in namespace ${namespace}`, { hint: 'Give --image, or deploy it: bash deploy.sh.' });
  }
  const containers = listOf(v.looseObject({ image: v.string() }));
  const pod = v.looseObject({ spec: v.looseObject({ containers }) });
  const deployment = v.looseObject({ spec: v.looseObject({ template: pod }) });
  return parseAnswer(deployment, answer, 'the workers').spec.template.spec.containers[0]!.image;
}

/** The autoscaler of this name; undefined where there is none. */
export async function readAutoscaler(
  api: ClusterApi,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<Autoscaler | undefined> {
  const answer = await api.request(autoscalerPath(namespace, name), { signal });
  if (answer === undefined) return undefined;
  const { metadata, spec, status } = parseAnswer(autoscalerSchema, answer, `autoscaler ${name}`);
  const active = status.conditions?.find(({ type }) => type === 'ScalingActive');
  return {
    current: status.currentReplicas,
    desired: status.desiredReplicas,
    min: spec.minReplicas,
    max: spec.maxReplicas,
    configuredMax: Number(metadata.annotations?.[MAX_REPLICAS_ANNOTATION] ?? spec.maxReplicas),
    cpuPercent: status.currentMetrics?.[0]?.resource?.current.averageUtilization,
    problem: active?.status === 'False' ? active.message : undefined,
  };
}

/** Sets how many workers there may be. */
export async function setMaxReplicas(
  api: ClusterApi,
  namespace: string,
  name: string,
  maxReplicas: number,
  signal?: AbortSignal,
): Promise<void> {
  const contentType = 'application/merge-patch+json';
  await api.request(autoscalerPath(namespace, name), { method: 'PATCH', body: { spec: { maxReplicas } }, contentType, signal });
}

function autoscalerPath(namespace: string, name: string): string {
  return `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${name}`;
}
