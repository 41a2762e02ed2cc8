/** A run on a cluster: its request in a ConfigMap, and the Job that plans it there, where the files are. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { sleep } from '../runtime/retry.ts';
import { listOf } from '../schema.ts';
import type { ClusterApi } from './api.ts';
import { applyObject, deleteObject, type KubernetesObject, PART_OF, pathOf } from './objects.ts';
import { parseAnswer } from './parse-answer.ts';

export interface ProducerJobOptions {
  readonly api: ClusterApi;
  readonly namespace: string;
  /** k8s/producer/job.yaml, parsed. */
  readonly template: KubernetesObject;
  readonly run: string;
  /** The run request as JSON. */
  readonly request: string;
  /** Undefined: that of the collector. */
  readonly image?: string | undefined;
  readonly cpuLimit?: string | undefined;
  readonly backoffLimit?: number | undefined;
  readonly signal: AbortSignal;
}

/** On what belongs to a producer's Job; deploy.sh sets it, too. */
const JOB_LABEL = 'higgsflow.io/job';

const mounts = v.optional(v.array(v.looseObject({ name: v.string() })), []);
const container = v.looseObject({ image: v.string(), volumeMounts: mounts, resources: v.optional(v.looseObject({})) });
const podSpec = v.looseObject({
  containers: listOf(container),
  volumes: mounts,
});
const owner = v.looseObject({ spec: v.looseObject({ template: v.looseObject({ spec: podSpec }) }) });

/**
 * Starts (or starts again) the producer of a run; resolves when it has published all tasks. The data volume and the image are
 * those of the workers.
 * @throws ConfigError if higgsflow is not deployed in this namespace, or the producer fails
 */
export async function runProducerJob(options: ProducerJobOptions): Promise<void> {
  const { api, namespace, run, request, signal } = options;
  const worker = await api.request(pathOf('apps/v1', 'Deployment', namespace, 'worker'));
  if (worker === undefined) {
    throw new ConfigError(`higgsflow is not deployed in namespace ${namespace}`, { hint: 'Deploy it: bash deploy.sh --no-run.' });
  }
  const name = jobName(run);
  const labels = { 'app.kubernetes.io/name': 'producer', ...PART_OF, [JOB_LABEL]: name };
  await applyObject(api, namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, ...requestData(request) });
  // A Job cannot be changed; the producer of a run that exists goes on from where it is.
  await deleteObject(api, namespace, 'batch/v1', 'Job', name);
  while ((await api.request(pathOf('batch/v1', 'Job', namespace, name))) !== undefined) await sleep(500, signal);
  await applyObject(api, namespace, producerJob(options, parseAnswer(owner, worker, 'the workers'), name));
  await jobEnd(api, namespace, name, signal);
}

/** A ConfigMap holds 1 MiB, in base64. Ten thousands of files in lists are more, and a tenth of it when compressed. */
const PLAIN_BYTES = 500_000;
const MOST_BYTES = 700_000;

function requestData(request: string): object {
  if (Buffer.byteLength(request) <= PLAIN_BYTES) return { data: { [SPEC_FILE]: request } };
  const packed = gzipSync(request);
  if (packed.length <= MOST_BYTES) return { binaryData: { [SPEC_FILE]: packed.toString('base64') } };
  throw new ConfigError(`the request is too long for a ConfigMap: ${packed.length} bytes, compressed`, {
    hint: 'Give patterns in place of single files, or submit without --namespace: kubectl port-forward service/collector 8081.',
  });
}

const SPEC_FILE = 'spec.json';

const condition = v.looseObject({ type: v.string(), status: v.string(), message: v.optional(v.string(), '') });
const jobStatus = v.looseObject({
  status: v.optional(v.looseObject({ conditions: v.optional(v.array(condition), []) }), {}),
});

async function jobEnd(api: ClusterApi, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await api.request(pathOf('batch/v1', 'Job', namespace, name), { signal });
    const { conditions } = parseAnswer(jobStatus, answer, `Job ${name}`).status;
    const is = (type: string) => conditions.find((each) => each.type === type && each.status === 'True');
    if (is('Complete') !== undefined) return;
    const failed = is('Failed');
    if (failed !== undefined) {
      const hint = `Its log says why: kubectl -n ${namespace} logs job/${name}`;
      throw new ConfigError(`the producer in the cluster failed: ${failed.message}`, { hint });
    }
    await sleep(1000, signal);
  }
}

/** Removes what a run left in the cluster: its Job, and its request. */
export async function removeProducerJob(api: ClusterApi, namespace: string, run: string): Promise<void> {
  const name = jobName(run);
  await deleteObject(api, namespace, 'batch/v1', 'Job', name);
  const selector = encodeURIComponent(`${JOB_LABEL}=${name}`);
  await api.request(`${pathOf('v1', 'ConfigMap', namespace)}?labelSelector=${selector}`, { method: 'DELETE' });
}

/** Names in a cluster: small letters, digits, dashes, at most 63 of them; other runs get other names. */
export function jobName(run: string): string {
  const readable = run.toLowerCase().replaceAll(/[._]/g, '-').slice(0, 40);
  return `producer-${readable}-${createHash('sha256').update(run).digest('hex').slice(0, 8)}`;
}

/** The template with this run's names, the image of the deployment, and the data volume where the workers have one. */
function producerJob(options: ProducerJobOptions, worker: v.InferOutput<typeof owner>, name: string): KubernetesObject {
  const job = v.parse(owner, structuredClone(options.template));
  const pod = job.spec.template.spec;
  const workerPod = worker.spec.template.spec;
  const container = pod.containers[0]!;
  container.image = options.image ?? workerPod.containers[0]!.image;
  if (options.cpuLimit !== undefined) {
    const limits = (container.resources?.['limits'] ?? {}) as object;
    container.resources = { ...container.resources, limits: { ...limits, cpu: options.cpuLimit } };
  }
  pod.volumes = [
    ...pod.volumes.map((volume) => (volume.name === 'spec' ? { name: 'spec', configMap: { name } } : volume)),
    ...workerPod.volumes.filter((volume) => volume.name === 'data'),
  ];
  container.volumeMounts.push(...workerPod.containers[0]!.volumeMounts.filter((mount) => mount.name === 'data'));
  const { labels = {} } = options.template.metadata;
  const metadata = { name, labels, annotations: { 'higgsflow.io/run': options.run } };
  const backoff = options.backoffLimit === undefined ? {} : { backoffLimit: options.backoffLimit };
  return { ...options.template, metadata, spec: { ...job.spec, ...backoff } };
}
