import { type Command, Option } from 'commander';
import type { WatchFormat } from '../remote/watch-run.ts';
import { connectTo, type RemoteFlags, remote } from './remote.ts';

/** `higgsflow watch RUN`: progress until the run ends. */
export function register(program: Command): void {
  const command = program
    .command('watch')
    .description('show a run while it goes on: tasks, rate, time left, datasets')
    .argument('<run>', 'id of the run, as submit prints it')
    .addOption(
      new Option('--format <name>', 'seeds: lines for scripts written for older tools').choices(['text', 'seeds']).default('text'),
    );
  remote(command)
    .addHelpText(
      'after',
      `
On a terminal the view is redrawn; elsewhere it is a line for each change. Ends with the run: exit code 0 complete, 3 not.

Examples:
  higgsflow watch atlas-hzz-2020-20261122-091500
  higgsflow watch RUN --json | jq .tasks`,
    )
    .action(watch);
}

async function watch(run: string, flags: RemoteFlags & { readonly format: WatchFormat }): Promise<void> {
  const [{ listenForShutdown }, { showRun }] = await Promise.all([import('#shared/runtime/shutdown.ts'), import('../remote/watch-run.ts')]);
  const higgsflow = await connectTo(flags);
  const shutdown = listenForShutdown(process);
  const format = flags.json === true ? 'json' : flags.format;
  const over = new AbortController();
  const workers = await workersOf(flags, AbortSignal.any([over.signal, shutdown.signal]));
  const last = await showRun(higgsflow.watch(run, { signal: shutdown.signal }), process.stdout, format, workers);
  over.abort();
  shutdown.close();
  process.exitCode = shutdown.signal.aborted ? 130 : last?.state === 'complete' ? 0 : 3;
}

async function workersOf(flags: RemoteFlags, signal: AbortSignal) {
  if (flags.namespace === undefined) return undefined;
  const [{ openCluster }, { followWorkers }] = await Promise.all([
    import('../cluster/open-services.ts'),
    import('../cluster/follow-workers.ts'),
  ]);
  return followWorkers(await openCluster(flags), flags.namespace, signal);
}
