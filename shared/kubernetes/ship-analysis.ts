/** A user's own analysis, brought to workers without another image: as a file in a ConfigMap that they mount. */
import { createHash } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { sleep } from '../runtime/retry.ts';
import type { UserCluster } from './kubeconfig.ts';
import { applyObject, PART_OF } from './objects.ts';
import { type ListOptions, listPods } from './workers.ts';

const CONFIG_MAP = 'analyses';
const FOLDER = '/app/analyses';
/** A ConfigMap holds 1 MiB in all. */
const MAX_BYTES = 900_000;
const READERS = 'app.kubernetes.io/name in (worker, collector)';
const PATIENCE_MS = 150_000;

export interface ShippedAnalysis {
  /** With a hash of its content: a changed file is another analysis. */
  readonly name: string;
  readonly text: string;
}

/** The file as it has to be on the workers: there, the project is found by its own name only. */
export function packAnalysis(fileName: string, source: string): ShippedAnalysis {
  const text = source.replaceAll(/\b(from|import\()(\s*)(['"])(?:\.\.\/)+shared\//g, '$1$2$3#shared/');
  if (Buffer.byteLength(text) > MAX_BYTES) throw new ConfigError('the analysis is too long for a ConfigMap (900 kB)', { file: fileName });
  const [, stem = 'analysis', extension = '.ts'] = /^(.*?)(\.[cm]?[jt]s)$/.exec(fileName) ?? [];
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return { name: `${stem.replaceAll(/[^\w-]/g, '-').slice(0, 40)}-${hash}${extension}`, text };
}

/**
 * Resolves when all workers and the collector have the file; returns what a run request calls it.
 * @throws ConfigError if they do not get it within minutes
 */
export async function shipAnalysis(
  cluster: UserCluster,
  namespace: string,
  { name, text }: ShippedAnalysis,
  options: ListOptions = {},
): Promise<string> {
  const { api } = cluster;
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG_MAP, labels: PART_OF }, data: { [name]: text } };
  // Each file has an owner of its own, so that files of other runs stay.
  await applyObject(api, namespace, map, `analysis-${name.replace(/\.[^.]*$/, '')}`);
  const pods = (await listPods(api, namespace, READERS, options)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  // A pod sees a changed ConfigMap within a minute or two; at once when something about the pod changes.
  const body = { metadata: { annotations: { 'higgsflow.io/analysis': name } } };
  for (const { metadata } of pods) {
    const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}`;
    await api.request(path, { method: 'PATCH', body, contentType: 'application/merge-patch+json' });
  }
  const deadline = performance.now() + PATIENCE_MS;
  for (const { metadata, status } of pods) {
    if (status.phase !== 'Running') continue;
    while (!(await cluster.succeeds(namespace, metadata.name, ['test', '-e', `${FOLDER}/${name}`]))) {
      if (performance.now() > deadline) throw new ConfigError(`the pod ${metadata.name} does not get the analysis ${name}`);
      await sleep(1000);
    }
  }
  return `analyses:${name}`;
}
