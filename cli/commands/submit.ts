import type { Command } from 'commander';
import type { PlannedDataset, RunRequest, RunSpec } from '../api.ts';
import { formatBytes, formatTable } from '../format.ts';
import { collect, fraction, keyValue, positiveInteger, wholeNumber } from './arguments.ts';
import { type DatasetFlags, datasetFlags, datasetRequest } from './dataset-options.ts';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

interface SubmitFlags extends RemoteFlags, DatasetFlags {
  readonly analysis?: string;
  readonly data: readonly string[];
  readonly catalogue?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly fraction?: number;
  readonly chunkEntries?: number;
  readonly run?: string;
  readonly spec?: string;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly image?: string;
  readonly cpuLimit?: string;
  readonly backoffLimit?: number;
}

/** `higgsflow submit`: a run for the workers of a cluster. */
export function register(program: Command): void {
  const command = program
    .command('submit')
    .description('hand a run to the services: finds its files, publishes its tasks, prints its id')
    .option('-a, --analysis <name>', 'built-in analysis, or your own file (the workers need one of this name in their ANALYSIS_DIR)')
    .option('-d, --data <where>', 'files, folders, globs, URLs, as this machine and the workers find them; repeatable', collect, [])
    .option('-c, --catalogue <name>', 'what the files are: atlas-2020, atlas-2025, FILE.json, or none')
    .option('-s, --set <key=value>', 'a parameter of the analysis; repeatable', keyValue, {})
    .option('--fraction <part>', 'read the first part of each file, 0 to 1', fraction)
    .option('--chunk-entries <n>', 'cut files with more entries into chunks of about as many (1,000,000)', positiveInteger)
    .option('--run <id>', 'the id of the run; submitting the same again goes on with it (default: analysis and time)')
    .option('--spec <file>', 'JSON file with the request or a whole spec, in place of the options above')
    .option('--wait', 'show progress, and end with the run: exit code 3 where it is incomplete')
    .option('--image <name>', 'with --namespace: image of the producer (that of the workers)')
    .option('--cpu-limit <cpu>', 'with --namespace: CPU limit of the producer, such as 900m')
    .option('--backoff-limit <n>', 'with --namespace: how often a producer that fails is started again (5)', wholeNumber)
    .option('--dry-run', 'print files, entries and bytes to be read by dataset; send nothing');
  remote(datasetFlags(command))
    .addHelpText(
      'after',
      `
The tasks go to the broker that AMQP_URL names; without it the collector publishes them. With --namespace a Job in the cluster
finds the files, at the paths that they have there (/data), and a file of your own is brought to the workers.

Examples:
  higgsflow submit -a atlas-hzz-2020 -d /data/samples --wait
  higgsflow submit -a cms-dimuon -d 'https://example.org/nano/{1..40}.root' --dry-run
  higgsflow submit -a ./mine.ts --dataset-pattern '*SMHiggs*' --datasets datasets_s3 --dry-run
  higgsflow submit --spec run.json
  higgsflow submit -n higgsflow -a ./mine.ts -d /data --wait`,
    )
    .action(submit);
}

async function submit(flags: SubmitFlags): Promise<void> {
  const [{ listenForShutdown }, request] = await Promise.all([import('#shared/runtime/shutdown.ts'), requestOf(flags)]);
  const higgsflow = await connectTo(flags);
  const shutdown = listenForShutdown(process);
  const { signal } = shutdown;
  try {
    if (flags.dryRun === true) {
      printPlan(await higgsflow.plan(request, { signal }), flags.json === true);
      return;
    }
    const run = flags.namespace === undefined ? await higgsflow.submit(request, { signal }) : await submitThere(flags, request, signal);
    if (flags.json === true) printJson({ run });
    else process.stdout.write(`${run}\n`);
    if (flags.wait !== true) return;
    const { showRun } = await import('../remote/watch-run.ts');
    const last = await showRun(higgsflow.watch(run, { signal }), process.stderr, 'text');
    process.exitCode = signal.aborted ? 130 : last?.state === 'complete' ? 0 : 3;
  } finally {
    shutdown.close();
  }
}

async function submitThere(flags: SubmitFlags, request: RunRequest | RunSpec, signal: AbortSignal): Promise<string> {
  const [{ openCluster }, { submitToCluster }] = await Promise.all([
    import('../cluster/open-services.ts'),
    import('../cluster/submit-to-cluster.ts'),
  ]);
  const { namespace = '', image, cpuLimit, backoffLimit } = flags;
  return submitToCluster({ cluster: await openCluster(flags), namespace, request, image, cpuLimit, backoffLimit, signal });
}

async function requestOf({
  spec,
  analysis,
  data,
  catalogue,
  set,
  fraction,
  chunkEntries,
  run,
  ...flags
}: SubmitFlags): Promise<RunRequest | RunSpec> {
  const { ConfigError } = await import('#shared/errors.ts');
  if (spec === undefined) {
    if (analysis === undefined) throw new ConfigError('no analysis is given', { hint: 'Say which: --analysis atlas-hzz-2020.' });
    return { analysis, data: [...data], catalogue, set: { ...set }, fraction, chunkEntries, run, ...datasetRequest(flags) };
  }
  const [{ readFile }, { readRunFile }] = await Promise.all([import('node:fs/promises'), import('#services/producer/run-file.ts')]);
  const text = await readFile(spec, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`it cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file: spec, cause });
  });
  return readRunFile(text, spec);
}

function printPlan(plan: readonly PlannedDataset[], json: boolean): void {
  if (json) {
    printJson(plan);
    return;
  }
  const sum = (of: (each: PlannedDataset) => number) => plan.reduce((total, each) => total + of(each), 0);
  const row = (dataset: string, of: (pick: (each: PlannedDataset) => number) => number) => [
    dataset,
    ...[of((each) => each.files), of((each) => each.tasks), of((each) => each.entries)].map((n) => n.toLocaleString('en-US')),
    formatBytes(of((each) => each.bytesToRead)),
    of((each) => each.unreadable) === 0 ? '' : `${of((each) => each.unreadable)} cannot be opened`,
  ];
  const rows = plan.map((each) => row(each.dataset, (pick) => pick(each)));
  process.stdout.write(`${formatTable([['dataset', 'files', 'tasks', 'entries', 'to read', ''], ...rows, row('all', sum)]).join('\n')}\n`);
}
