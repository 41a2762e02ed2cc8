import type { Command } from 'commander';
import { forwardScaler, openCluster } from '../cluster/open-services.ts';
import { positiveNumber } from './arguments.ts';

interface ScalingFlags {
  readonly namespace: string;
  readonly context?: string;
  readonly csv?: string;
  readonly plot?: string;
  readonly interval: number;
  readonly past?: number;
}

/** `higgsflow scaling`: workers, autoscaler and queue over time. */
export function register(program: Command): void {
  program
    .command('scaling')
    .description('record how the workers of a cluster scale, until Ctrl-C; draw what was recorded')
    .option('-n, --namespace <name>', 'namespace of the services', 'higgsflow')
    .option('--context <name>', 'context of the kubeconfig (the current one)')
    .option('--csv <file>', 'write a row each interval; with --plot: read them from there')
    .option('--plot <file.png>', 'draw the rows of --csv, and record nothing')
    .option('--interval <seconds>', 'time between two rows', positiveNumber, 10)
    .option('--past <minutes>', 'begin with what the cluster remembers of the last minutes (an hour at most)', positiveNumber)
    .addHelpText(
      'after',
      `
Columns: time, worker pods by phase, replicas of the HorizontalPodAutoscaler (current, desired, maximum) and its CPU in percent
of the request, messages in the task queues (waiting, in the hands of workers), tasks left, events a second.

Examples:
  higgsflow scaling                                     look at it
  higgsflow scaling --csv scaling.csv                   record it
  higgsflow scaling --csv scaling.csv --plot scaling.png`,
    )
    .action(scaling);
}

async function scaling(flags: ScalingFlags): Promise<void> {
  if (flags.plot !== undefined) return plot(flags.csv, flags.plot);
  const [{ listenForShutdown }, { recordScaling, scalingLine }, { devNull }] = await Promise.all([
    import('#shared/runtime/shutdown.ts'),
    import('../cluster/record-scaling.ts'),
    import('node:os'),
  ]);
  const tunnel = await forwardScaler(await openCluster(flags), flags.namespace);
  const shutdown = listenForShutdown(process);
  try {
    await recordScaling({
      url: tunnel.url,
      file: flags.csv ?? devNull,
      intervalMs: flags.interval * 1000,
      pastMs: (flags.past ?? 0) * 60_000,
      onRow: (sample) => process.stdout.write(`${scalingLine(sample)}\n`),
      signal: shutdown.signal,
    });
  } finally {
    shutdown.close();
  }
}

async function plot(csv: string | undefined, file: string): Promise<void> {
  const [{ ConfigError }, { readFile, writeFile }, { parseScalingCsv }, { drawScaling }] = await Promise.all([
    import('#shared/errors.ts'),
    import('node:fs/promises'),
    import('#shared/kubernetes/scaling-sample.ts'),
    import('#services/web/scaling-png.ts'),
  ]);
  if (csv === undefined) throw new ConfigError('--plot needs --csv, the file that was recorded');
  const text = await readFile(csv, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`it cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file: csv, cause });
  });
  const rows = parseScalingCsv(text, csv);
  if (rows.length < 2) throw new ConfigError('there is nothing to draw: it has less than two rows', { file: csv });
  await writeFile(file, drawScaling(rows));
  process.stdout.write(`${file}\n`);
}
