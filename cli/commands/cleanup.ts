import type { Command } from 'commander';
import { isPipelineError } from '#shared/errors.ts';
import type { RunSnapshot } from '../api.ts';
import { type MappingWords, mappingFlags } from './mapping-options.ts';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

interface CleanupFlags extends RemoteFlags, MappingWords {
  readonly yes?: boolean;
}

/** `higgsflow cleanup RUN`: removes what a run left in broker and ledger. */
export function register(program: Command): void {
  const command = remote(
    program
      .command('cleanup')
      .description('remove what a run left behind in ledger and broker, and its keys; shows it first')
      .argument('<run>', 'id of the run')
      .option('--yes', 'do it; without it nothing is removed'),
  );
  mappingFlags(command)
    .addHelpText(
      'after',
      `
Result files stay. With --dataset-mapping what the run left in the other clusters (keys) goes, too: in all at the same time; one
that fails is named, the others go on, and the exit code is 1.
Examples:
  higgsflow cleanup RUN
  higgsflow cleanup RUN --yes
  higgsflow cleanup RUN -n higgsflow --dataset-mapping demo.json --yes`,
    )
    .action(async (run: string, words: CleanupFlags) => {
      const { placeOfCluster } = await import('../cluster/place-of-cluster.ts');
      const flags = await placeOfCluster(words);
      const higgsflow = await connectTo(flags);
      const removed = flags.yes === true;
      const known = await higgsflow.status(run).catch((error: unknown) => {
        // Planning may have failed, after keys and Job were there.
        if (removed && isPipelineError(error, 'MessageError')) return undefined;
        throw error;
      });
      if (removed) {
        if (known !== undefined) await higgsflow.cleanup(run);
        await cleanCluster(run, flags);
        const { forgetLocalKeys } = await import('../local-keys.ts');
        await forgetLocalKeys(run);
        await cleanOthers(run, flags);
      }
      if (flags.json === true) return printJson({ run, ...(known && countsOf(known)), removed });
      process.stdout.write(`${known === undefined ? `${run}: not in the ledger; its keys and Job, if there were any` : lineOf(known)}\n`);
      process.stdout.write(removed ? 'Removed.\n' : 'Nothing was removed; add --yes to do it.\n');
    });
}

function countsOf({ state, totals: { tasks, files, tasksCommitted: committed } }: RunSnapshot) {
  return { state, tasks, files, committed };
}

function lineOf({ run, state, totals: { tasks, files } }: RunSnapshot): string {
  return `${run} (${state}): ${tasks} tasks of ${files} files in the ledger, and the queue of the run`;
}

/** What a run left in the clusters of a dataset mapping. */
async function cleanOthers(run: string, flags: CleanupFlags): Promise<void> {
  const { datasetMapping } = flags;
  if (datasetMapping === undefined) return;
  const [{ forMappedClusters }, { removeRunSecret }] = await Promise.all([
    import('../cluster/mapped-clusters.ts'),
    import('#shared/kubernetes/run-secret.ts'),
  ]);
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  await forMappedClusters(
    { ...flags, datasetMapping },
    async ({ cluster: { api }, namespace }, tell) => {
      await removeRunSecret({ api, namespace }, run);
      tell('nothing of the run is left');
    },
    say,
  );
}

/** On a cluster, a run has a Job and a ConfigMap as well, and keys perhaps. */
async function cleanCluster(run: string, flags: RemoteFlags): Promise<void> {
  if (flags.namespace === undefined) return;
  const [{ openCluster }, { removeProducerJob }, { removeRunSecret }] = await Promise.all([
    import('../cluster/open-services.ts'),
    import('#shared/kubernetes/producer-job.ts'),
    import('#shared/kubernetes/run-secret.ts'),
  ]);
  const { api } = await openCluster(flags);
  await removeProducerJob(api, flags.namespace, run);
  await removeRunSecret({ api, namespace: flags.namespace }, run);
}
