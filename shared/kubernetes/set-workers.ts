/** What the workers are: their image, and the CPU of each. */
import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { sleep } from '../runtime/retry.ts';
import { count, listOf } from '../schema.ts';
import type { ClusterApi } from './api.ts';
import { pathOf } from './objects.ts';
import { parseAnswer } from './parse-answer.ts';

export interface WorkerChoice {
  readonly api: ClusterApi;
  readonly namespace: string;
  readonly image?: string | undefined;
  /** Request and limit, as Kubernetes writes it: `900m`, `2`. A worker has a compute thread for each core of it, one at least. */
  readonly cpu?: string | undefined;
  /** Told when pods are replaced. */
  readonly onChange: (text: string) => void;
  readonly signal: AbortSignal;
}

const quantities = v.record(v.string(), v.string());
const container = v.looseObject({
  name: v.string(),
  image: v.string(),
  resources: v.optional(v.object({ requests: v.optional(quantities, {}), limits: v.optional(quantities, {}) })),
});
const deployment = v.looseObject({
  metadata: v.looseObject({ generation: count }),
  spec: v.looseObject({
    replicas: v.optional(count, 1),
    template: v.looseObject({ spec: v.looseObject({ containers: listOf(container) }) }),
  }),
  status: v.looseObject({
    observedGeneration: v.optional(count, 0),
    replicas: v.optional(count, 0),
    updatedReplicas: v.optional(count, 0),
    availableReplicas: v.optional(count, 0),
  }),
});

const PATIENCE_MS = 300_000;

/**
 * Changes the workers of the namespace, for all runs in it, and resolves when they are there; does nothing where they are so
 * already. Tasks in hand are ended, or given back.
 * @throws ConfigError if higgsflow is not deployed there, or such workers do not come up
 */
export async function setWorkers({ api, namespace, image, cpu, onChange, signal }: WorkerChoice): Promise<void> {
  const path = pathOf('apps/v1', 'Deployment', namespace, 'worker');
  const read = async () => {
    const answer = await api.request(path, { signal });
    if (answer === undefined) {
      throw new ConfigError(`higgsflow is not deployed in namespace ${namespace}`, { hint: 'Deploy it: bash deploy.sh --no-run.' });
    }
    return parseAnswer(deployment, answer, 'the workers');
  };
  const { name, image: imageNow, resources } = (await read()).spec.template.spec.containers[0]!;
  const sameCpu =
    cpu === undefined ||
    (millicores(resources?.limits['cpu']) === millicores(cpu) && millicores(resources?.requests['cpu']) === millicores(cpu));
  if (sameCpu && (image === undefined || image === imageNow)) return;
  const change = {
    name,
    ...(image === undefined ? {} : { image }),
    ...(cpu === undefined ? {} : { resources: { requests: { cpu }, limits: { cpu } } }),
  };
  const body = { spec: { template: { spec: { containers: [change] } } } };
  await api.request(path, { method: 'PATCH', body, contentType: 'application/strategic-merge-patch+json', signal });
  onChange(
    `workers are replaced: ${[image, cpu === undefined ? undefined : `CPU ${cpu}`].filter((part) => part !== undefined).join(', ')}`,
  );
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { metadata, spec, status } = await read();
    const { observedGeneration, updatedReplicas, replicas, availableReplicas } = status;
    if (
      observedGeneration >= metadata.generation &&
      updatedReplicas >= spec.replicas &&
      replicas === updatedReplicas &&
      availableReplicas > 0
    )
      return;
    if (performance.now() > deadline) {
      throw new ConfigError(`such workers do not come up in namespace ${namespace}`, {
        hint: `Why, says \`kubectl -n ${namespace} get pods\`; back: \`kubectl -n ${namespace} rollout undo deployment/worker\`.`,
      });
    }
    await sleep(1000, signal);
  }
}

/** `900m` and `0.9` are the same. */
function millicores(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000;
}
