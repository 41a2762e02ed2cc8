import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { newRunId } from '#services/producer/build-spec.ts';
import { withLists } from '#services/producer/gather-inputs.ts';
import { ConfigError } from '#shared/errors.ts';
import type { UserCluster } from '#shared/kubernetes/kubeconfig.ts';
import { runProducerJob } from '#shared/kubernetes/producer-job.ts';
import { putRunSecret } from '#shared/kubernetes/run-secret.ts';
import { setWorkers } from '#shared/kubernetes/set-workers.ts';
import { packAnalysis, shipAnalysis } from '#shared/kubernetes/ship-analysis.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { type Credentials, credentialsText } from '#shared/runtime/credentials.ts';

export interface ClusterSubmitOptions {
  readonly cluster: UserCluster;
  readonly namespace: string;
  readonly request: RunRequest | RunSpec;
  /** Of the producer, and of the workers. */
  readonly image?: string | undefined;
  readonly cpuLimit?: string | undefined;
  readonly backoffLimit?: number | undefined;
  /** Keys of the run, under the name that the request has for them. */
  readonly credentials?: Credentials | undefined;
  /** Objects that the cluster is asked for at a time. */
  readonly pageSize?: number | undefined;
  /** What the user should know. */
  readonly onNote: (text: string) => void;
  readonly signal: AbortSignal;
}

const TEMPLATE = new URL('../../k8s/producer/job.yaml', import.meta.url);

/** Hands a run to the producer in the cluster, which finds the files there; returns its id when all is published. A user's own analysis goes along. */
export async function submitToCluster(options: ClusterSubmitOptions): Promise<string> {
  const { cluster, namespace, request, credentials, pageSize, onNote, ...rest } = options;
  const { api } = cluster;
  const template = cluster.parseYaml(await readFile(TEMPLATE, 'utf8'));
  const { image, cpuLimit: cpu, signal } = rest;
  if (image !== undefined || cpu !== undefined) await setWorkers({ api, namespace, image, cpu, onChange: onNote, signal });
  if (request.secret !== undefined && credentials !== undefined) {
    await putRunSecret({ api, namespace, pageSize }, request.secret, credentialsText(credentials));
  }
  const analysis = await clusterAnalysis(cluster, namespace, request.analysis, pageSize);
  const run = request.run ?? newRunId(basename(request.analysis).replace(/\.[cm]?[jt]s$/, ''), new Date());
  // Lists are files of this machine.
  const whole = 'datasets' in request ? request : await withLists(request);
  const spec = JSON.stringify({ ...whole, run, analysis });
  await runProducerJob({ api, namespace, template, run, request: spec, ...rest });
  return run;
}

async function clusterAnalysis(cluster: UserCluster, namespace: string, analysis: string, pageSize: number | undefined): Promise<string> {
  if (!/\.[cm]?[jt]s$/.test(analysis) || analysis.startsWith('analyses:')) return analysis;
  const source = await readFile(analysis, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`it cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file: analysis, cause });
  });
  return shipAnalysis(cluster, namespace, packAnalysis(basename(analysis), source), { pageSize });
}
