import type { Command } from 'commander';
import { openCluster } from '../cluster/open-services.ts';

interface PrepareFlags {
  readonly namespace: string;
  readonly context?: string;
  readonly image?: string;
}

/** `higgsflow prepare`: the image on all nodes, before it is needed. */
export function register(program: Command): void {
  program
    .command('prepare')
    .description('bring the image to all nodes of a cluster, so that new workers start at once')
    .option('-n, --namespace <name>', 'namespace of the services', 'higgsflow')
    .option('--context <name>', 'context of the kubeconfig (the current one)')
    .option('--image <name>', 'the image (that of the workers)')
    .addHelpText(
      'after',
      '\nWhat it makes in the cluster (a DaemonSet) is removed again. Example:\n  higgsflow prepare --image registry.example.org/higgsflow:1.0',
    )
    .action(prepare);
}

async function prepare(flags: PrepareFlags): Promise<void> {
  const [{ listenForShutdown }, { prePull }, { deployedImage }] = await Promise.all([
    import('#shared/runtime/shutdown.ts'),
    import('#shared/kubernetes/pre-pull.ts'),
    import('#shared/kubernetes/workers.ts'),
  ]);
  const { namespace } = flags;
  const { api } = await openCluster(flags);
  const image = flags.image ?? (await deployedImage(api, namespace));
  const shutdown = listenForShutdown(process);
  let shown = '';
  const onProgress = (ready: number, nodes: number) => {
    const line = `${image}: on ${ready} of ${nodes} nodes\n`;
    if (line !== shown) process.stderr.write(line);
    shown = line;
  };
  try {
    await prePull({ api, namespace, image, onProgress, signal: shutdown.signal });
  } finally {
    shutdown.close();
  }
}
