/** Workers as the cluster sees them: pods by phase, and the autoscaler. */
import { z } from 'zod';
import { ConfigError, MessageError } from '../errors.ts';
import type { ClusterApi } from './api.ts';

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

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  status: z.object({ phase: z.string().default('Unknown') }).default({ phase: 'Unknown' }),
});
const podList = z.object({ items: z.array(podSchema), metadata: z.object({ continue: z.string().default('') }).default({ continue: '' }) });
export type Pod = z.infer<typeof podSchema>;

const autoscalerSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.object({ minReplicas: z.int().default(1), maxReplicas: z.int() }),
  status: z
    .object({
      currentReplicas: z.int().default(0),
      desiredReplicas: z.int().default(0),
      currentMetrics: z
        .array(z.object({ resource: z.object({ current: z.object({ averageUtilization: z.number().optional() }) }).optional() }))
        .nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().default('') })).nullish(),
    })
    .default({ currentReplicas: 0, desiredReplicas: 0 }),
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
  const containers = z.array(z.looseObject({ image: z.string() })).min(1);
  const pod = z.looseObject({ spec: z.looseObject({ containers }) });
  const deployment = z.looseObject({ spec: z.looseObject({ template: pod }) });
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

function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new MessageError(`the cluster's answer about ${what} is not what it should be: ${z.prettifyError(parsed.error)}`);
}
