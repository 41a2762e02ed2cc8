import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import type { ClusterApi } from './api.ts';

const variable = z.looseObject({ name: z.string(), value: z.string().optional() });
const container = z.looseObject({ image: z.string(), env: z.array(variable).default([]) });
const workersSchema = z.looseObject({
  spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({ containers: z.array(container).min(1) }) }) }),
  status: z.looseObject({ readyReplicas: z.int().default(0) }).default({ readyReplicas: 0 }),
});

/**
 * How many workers of this pool are ready in a namespace.
 * @throws ConfigError if none are deployed there, or those of another pool
 */
export async function checkPool(api: ClusterApi, namespace: string, pool: string, signal?: AbortSignal): Promise<number> {
  const answer = await api.request(`/apis/apps/v1/namespaces/${namespace}/deployments/worker`, { signal });
  const hint = `Bring them there: bash deploy.sh --workers-only --pool ${pool} ... (docs/kubernetes.md, "Several clusters").`;
  if (answer === undefined) throw new ConfigError(`there are no workers in namespace ${namespace}`, { hint });
  const { spec, status } = workersSchema.parse(answer);
  const own = spec.template.spec.containers[0]?.env.find(({ name }) => name === 'POOL')?.value ?? 'default';
  if (own !== pool) throw new ConfigError(`the workers in namespace ${namespace} are of pool ${own}`, { hint });
  return status.readyReplicas;
}
