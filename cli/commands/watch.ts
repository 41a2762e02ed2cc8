import { type Command, Option } from 'commander';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import type { PoolPlace } from '../cluster/pool-cluster.ts';
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
    .option('--cluster <name>', 'the workers of this cluster (a pool of the run), and its line of the table alone')
    .option('--gcs-region <region>', 'Google region of the cluster')
    .option('--gcs-project-id <id>', 'Google project of the cluster')
    .addHelpText(
      'after',
      `
On a terminal the view is redrawn; elsewhere it is a line for each change. Ends with the run: exit code 0 complete, 3 not.

Examples:
  higgsflow watch atlas-hzz-2020-20261122-091500
  higgsflow watch RUN --json | jq .tasks
  higgsflow watch RUN -n higgsflow --cluster higgsflow-1`,
    )
    .action(watch);
}

interface WatchFlags extends RemoteFlags, PoolPlace {
  readonly namespace?: string;
  readonly format: WatchFormat;
  readonly cluster?: string;
}

async function watch(run: string, flags: WatchFlags): Promise<void> {
  const [{ INTERRUPTED, listenForShutdown }, { showRun }] = await Promise.all([
    import('#shared/runtime/shutdown.ts'),
    import('../remote/watch-run.ts'),
  ]);
  const higgsflow = await connectTo(flags);
  const shutdown = listenForShutdown(process);
  const format = flags.json === true ? 'json' : flags.format;
  const over = new AbortController();
  const workers = await workersOf(flags, AbortSignal.any([over.signal, shutdown.signal]));
  const last = await showRun(ofCluster(higgsflow.watch(run, { signal: shutdown.signal }), flags.cluster), process.stdout, format, workers);
  over.abort();
  shutdown.close();
  process.exitCode = shutdown.signal.aborted ? INTERRUPTED : last?.state === 'complete' ? 0 : 3;
}

/** With one pool alone, where one is asked for. */
async function* ofCluster(snapshots: AsyncIterable<RunSnapshot>, cluster: string | undefined): AsyncGenerator<RunSnapshot> {
  for await (const snapshot of snapshots) {
    const pools = snapshot.pools?.filter(({ name }) => name === cluster);
    yield cluster === undefined || pools === undefined ? snapshot : { ...snapshot, pools };
  }
}

async function workersOf(flags: WatchFlags, signal: AbortSignal) {
  const [{ openCluster }, { followPods, followWorkers }] = await Promise.all([
    import('../cluster/open-services.ts'),
    import('../cluster/follow-workers.ts'),
  ]);
  const { cluster } = flags;
  if (cluster !== undefined) {
    const { openPoolCluster } = await import('../cluster/pool-cluster.ts');
    const place = await openPoolCluster({ index: 0, name: cluster, datasets: [] }, flags);
    return followPods(place, signal);
  }
  if (flags.namespace === undefined) return undefined;
  return followWorkers(await openCluster(flags), flags.namespace, signal);
}
