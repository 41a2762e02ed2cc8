import type { Command } from 'commander';
import type { Rehearsal } from '../remote/rehearse.ts';
import { positiveInteger } from './arguments.ts';
import { clientOf, printJson, type RemoteFlags, remote } from './remote.ts';

interface RehearseFlags extends RemoteFlags {
  readonly tasks: number;
  readonly entries: number;
}

/** `higgsflow rehearse`: a check of an installation at any size, without data. */
export function register(program: Command): void {
  const command = program
    .command('rehearse')
    .description('send synthetic tasks through broker, workers and ledger: does it all hold, and how fast is it?')
    .option('--tasks <n>', 'how many', positiveInteger, 1000)
    .option('--entries <n>', 'entries of each', positiveInteger, 100);
  remote(command)
    .addHelpText(
      'after',
      `
The run is removed when it is complete and its histograms are exact. With AMQP_URL the broker alone is measured as well.

Examples:
  higgsflow rehearse --tasks 26920`,
    )
    .action(rehearse);
}

async function rehearse(flags: RehearseFlags): Promise<void> {
  const [{ listenForShutdown }, { rehearse }, { statusLine }] = await Promise.all([
    import('#shared/runtime/shutdown.ts'),
    import('../remote/rehearse.ts'),
    import('../remote/watch-run.ts'),
  ]);
  const shutdown = listenForShutdown(process);
  const { isTTY } = process.stderr;
  const rehearsal = await rehearse({
    ...(await clientOf(flags)),
    ...{ tasks: flags.tasks, entries: flags.entries, signal: shutdown.signal },
    onProgress: (snapshot) => {
      if (isTTY) process.stderr.write(`\r\x1b[K${statusLine(snapshot)}`);
    },
  });
  shutdown.close();
  if (isTTY) process.stderr.write('\r\x1b[K');
  if (flags.json === true) printJson(rehearsal);
  else process.stdout.write(`${textOf(rehearsal)}\n`);
  process.exitCode = rehearsal.state === 'complete' && rehearsal.exact ? 0 : 3;
}

function textOf(rehearsal: Rehearsal): string {
  const { run, state, committed, failed, tasks, exact, workers, seconds, publishSeconds, collector, floorSeconds, timesFloor } = rehearsal;
  return [
    `${run}: ${state}, ${committed} of ${tasks} tasks committed, ${failed} failed; histograms ${exact ? 'exact' : 'WRONG'}`,
    `${seconds.toFixed(1)} s with ${workers} workers: ${Math.round(rehearsal.tasksPerSecond)} tasks/s; published within ${publishSeconds.toFixed(1)} s`,
    `collector: ${collector.cpuSeconds.toFixed(1)} s of CPU, memory ${Math.round(collector.startRssMb)} MB before, ${Math.round(collector.maxRssMb)} MB at most`,
    ...(floorSeconds === undefined || timesFloor === undefined
      ? []
      : [
          `broker alone, as many messages of the same sizes: ${floorSeconds.toFixed(1)} s; the run took ${timesFloor.toFixed(1)} times that`,
        ]),
  ].join('\n');
}
