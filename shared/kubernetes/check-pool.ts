import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { count, listOf } from '../schema.ts';
import type { ClusterApi } from './api.ts';
import { parseAnswer } from './parse-answer.ts';

const variable = v.looseObject({ name: v.string(), value: v.optional(v.string()) });
const container = v.looseObject({ image: v.string(), env: v.optional(v.array(variable), []) });
const workersSchema = v.looseObject({
  spec: v.looseObject({ template: v.looseObject({ spec: v.looseObject({ containers: listOf(container) }) }) }),
  status: v.optional(v.looseObject({ readyReplicas: v.optional(count, 0) }), {}),
});

/**
 * How many workers of this pool are ready in a namespace.
 * @throws ConfigError if none are deployed there, or those of another pool
 */
export async function checkPool(api: ClusterApi, namespace: string, pool: string, signal?: AbortSignal): Promise<number> {
  const answer = await api.request(`/apis/apps/v1/namespaces/${namespace}/deployments/worker`, { signal });
  const hint = `Bring them there: bash deploy.sh --workers-only --pool ${pool} ... (docs/kubernetes.md, "Several clusters").`;
  if (answer === undefined) throw new ConfigError(`there are no workers in namespace ${namespace}`, { hint });
  const { spec, status } = parseAnswer(workersSchema, answer, 'the workers');
  const own = spec.template.spec.containers[0]?.env.find(({ name }) => name === 'POOL')?.value ?? 'default';
  if (own !== pool) throw new ConfigError(`the workers in namespace ${namespace} are of pool ${own}`, { hint });
  return status.readyReplicas;
}
