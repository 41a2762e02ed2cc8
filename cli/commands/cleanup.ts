import type { Command } from 'commander';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** `higgsflow cleanup RUN`: removes what a run left in broker and ledger. */
export function register(program: Command): void {
  remote(
    program
      .command('cleanup')
      .description('remove what a run left behind in ledger and broker, and its keys; shows it first')
      .argument('<run>', 'id of the run')
      .option('--yes', 'do it; without it nothing is removed'),
  )
    .addHelpText('after', '\nResult files stay. Examples:\n  higgsflow cleanup RUN\n  higgsflow cleanup RUN --yes')
    .action(async (run: string, flags: RemoteFlags & { readonly yes?: boolean }) => {
      const higgsflow = await connectTo(flags);
      const { state, totals } = await higgsflow.status(run);
      const what = { run, state, tasks: totals.tasks, files: totals.files, committed: totals.tasksCommitted, removed: flags.yes === true };
      if (flags.yes === true) {
        await higgsflow.cleanup(run);
        await cleanCluster(run, flags);
        const { forgetLocalKeys } = await import('../local-keys.ts');
        await forgetLocalKeys(run);
      }
      if (flags.json === true) return printJson(what);
      process.stdout.write(`${run} (${state}): ${totals.tasks} tasks of ${totals.files} files in the ledger, and the queue of the run\n`);
      process.stdout.write(flags.yes === true ? 'Removed.\n' : 'Nothing was removed; add --yes to do it.\n');
    });
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
