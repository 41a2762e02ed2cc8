import type { Command } from 'commander';
import type { UserCluster } from '#shared/kubernetes/kubeconfig.ts';
import { openCluster } from '../cluster/open-services.ts';
import { type MappingWords, mappingFlags } from './mapping-options.ts';

interface PrepareFlags extends MappingWords {
  readonly namespace: string;
  readonly context?: string;
  readonly image?: string;
  readonly gcsProjectId?: string;
}

/** `higgsflow prepare`: the image on all nodes, before it is needed. */
export function register(program: Command): void {
  mappingFlags(
    program
      .command('prepare')
      .description('bring the image to all nodes of one cluster or several, so that new workers start at once')
      .option('-n, --namespace <name>', 'namespace of the services', 'higgsflow')
      .option('--context <name>', 'context of the kubeconfig (the current one)')
      .option('--image <name>', 'the image (that of the workers)'),
  )
    .option('--gcs-project-id <id>', 'Google project of its clusters')
    .addHelpText(
      'after',
      `
What it makes in the cluster (a DaemonSet) is removed again. With --dataset-mapping all its clusters are prepared at the same time;
one that fails is named, the others go on, and the exit code is 1.
Examples:
  higgsflow prepare --image registry.example.org/higgsflow:1.0
  higgsflow prepare --dataset-mapping demo.json
  higgsflow prepare --dataset-mapping demo.json --cluster higgsflow-1`,
    )
    .action(prepare);
}

async function prepare(words: PrepareFlags): Promise<void> {
  const [{ listenForShutdown }, { placeOfCluster }] = await Promise.all([
    import('#shared/runtime/shutdown.ts'),
    import('../cluster/place-of-cluster.ts'),
  ]);
  const flags = await placeOfCluster(words);
  const shutdown = listenForShutdown(process);
  const { signal } = shutdown;
  try {
    const { datasetMapping } = flags;
    if (datasetMapping === undefined) return await prepareOne(await openCluster(flags), flags.namespace, flags.image, say, signal);
    const { forMappedClusters } = await import('../cluster/mapped-clusters.ts');
    const act = ({ cluster, namespace }: { readonly cluster: UserCluster; readonly namespace: string }, tell: (text: string) => void) =>
      prepareOne(cluster, namespace, flags.image, tell, signal);
    await forMappedClusters({ ...flags, datasetMapping }, act, say);
  } finally {
    shutdown.close();
  }
}

async function prepareOne(
  { api }: UserCluster,
  namespace: string,
  given: string | undefined,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [{ prePull }, { deployedImage }] = await Promise.all([
    import('#shared/kubernetes/pre-pull.ts'),
    import('#shared/kubernetes/workers.ts'),
  ]);
  const image = given ?? (await deployedImage(api, namespace));
  let shown = '';
  const onProgress = (ready: number, nodes: number) => {
    const line = `${image}: on ${ready} of ${nodes} nodes`;
    if (line !== shown) tell(line);
    shown = line;
  };
  await prePull({ api, namespace, image, onProgress, signal });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
