/** The programs that make clusters: which command for what. Pure, but for their answers. */
import { ConfigError } from '#shared/errors.ts';
import type { MappedCluster } from './dataset-mapping.ts';

export type ProviderName = 'gke' | 'kind' | 'k3d';

/** A program with its arguments. */
export type CommandLine = readonly [program: string, ...arguments_: string[]];

export interface Provider {
  readonly name: ProviderName;
  readonly program: string;
  /** Where to get the program. */
  readonly hint: string;
  /** Prints the names of all clusters. */
  readonly list: CommandLine;
  /** Names in what `list` printed. */
  readonly namesIn: (output: string) => string[];
  readonly create: (cluster: MappedCluster) => CommandLine;
  readonly delete: (name: string) => CommandLine;
  /** Context of the kubeconfig that the program makes. */
  readonly context: (name: string) => string;
  /** Makes the context, where `create` does not. */
  readonly credentials?: ((name: string) => CommandLine) | undefined;
}

export interface ProviderFlags {
  readonly provider: ProviderName;
  readonly gcsProjectId?: string;
  readonly gcsRegion?: string;
}

const DEFAULT_FLAVOR = 'e2-standard-4';
const DEFAULT_NODES = 1;
/** Memory; any other folder is on a local disk. */
const IN_MEMORY = /^\/dev\/shm(\/|$)/;

/** @throws ConfigError where a project or region is missing */
export function openProvider({ provider, gcsProjectId, gcsRegion }: ProviderFlags): Provider {
  if (provider === 'kind') return KIND;
  if (provider === 'k3d') return K3D;
  if (gcsProjectId === undefined || gcsRegion === undefined) {
    throw new ConfigError('Google needs a project and a region', { hint: 'Give --gcs-project-id and --gcs-region europe-west4.' });
  }
  return gke(gcsProjectId, gcsRegion);
}

const lines = (output: string) => output.split(/\s*\n/).filter((line) => line !== '');

function gke(project: string, region: string): Provider {
  const where = [`--project=${project}`, `--region=${region}`];
  return {
    name: 'gke',
    program: 'gcloud',
    hint: 'It is part of the Google Cloud CLI: https://cloud.google.com/sdk/docs/install.',
    list: ['gcloud', 'container', 'clusters', 'list', ...where, '--format=value(name)'],
    namesIn: lines,
    create: ({ name, flavor = DEFAULT_FLAVOR, nodes = DEFAULT_NODES, dpath }) =>
      [
        ...['gcloud', 'container', 'clusters', 'create', name, ...where],
        ...[`--machine-type=${flavor}`, `--num-nodes=${nodes}`, '--labels=made-by=higgsflow'],
        ...(dpath !== undefined && IN_MEMORY.test(dpath) ? [] : ['--ephemeral-storage-local-ssd=count=1']),
        '--quiet',
      ] as unknown as CommandLine,
    delete: (name) => ['gcloud', 'container', 'clusters', 'delete', name, ...where, '--quiet'],
    context: (name) => `gke_${project}_${region}_${name}`,
    credentials: (name) => ['gcloud', 'container', 'clusters', 'get-credentials', name, ...where],
  };
}

const KIND: Provider = {
  name: 'kind',
  program: 'kind',
  hint: 'Get it from https://kind.sigs.k8s.io; it needs Docker.',
  list: ['kind', 'get', 'clusters'],
  namesIn: (output) => lines(output).filter((line) => !line.startsWith('No kind clusters')),
  create: ({ name }) => ['kind', 'create', 'cluster', '--name', name, '--wait', '5m'],
  delete: (name) => ['kind', 'delete', 'cluster', '--name', name],
  context: (name) => `kind-${name}`,
};

const K3D: Provider = {
  name: 'k3d',
  program: 'k3d',
  hint: 'Get it from https://k3d.io; it needs Docker.',
  list: ['k3d', 'cluster', 'list', '--no-headers'],
  namesIn: (output) => lines(output).map((line) => line.split(/\s+/)[0] ?? ''),
  // The server is a node, too.
  create: ({ name, nodes = DEFAULT_NODES }) =>
    [
      ...['k3d', 'cluster', 'create', name],
      ...(nodes > 1 ? ['--agents', String(nodes - 1)] : []),
      ...['--wait', '--timeout', '300s', '--kubeconfig-switch-context=false'],
    ] as unknown as CommandLine,
  delete: (name) => ['k3d', 'cluster', 'delete', name],
  context: (name) => `k3d-${name}`,
};

/** Contexts that a cluster of this name may have, whoever made it. */
export function likelyContexts(name: string, contexts: readonly string[]): string[] {
  const exact = contexts.filter((context) => [name, `kind-${name}`, `k3d-${name}`].includes(context));
  return exact.length > 0 ? exact : contexts.filter((context) => context.startsWith('gke_') && context.split('_').at(-1) === name);
}
