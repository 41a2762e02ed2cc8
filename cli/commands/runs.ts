import type { Command } from 'commander';
import { formatTable } from '../format.ts';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** `higgsflow runs`: all runs that the collector knows. */
export function register(program: Command): void {
  remote(program.command('runs').description('list the runs, the latest first'))
    .addHelpText('after', '\nExamples:\n  higgsflow runs')
    .action(async (flags: RemoteFlags) => {
      const runs = await (await connectTo(flags)).runs();
      if (flags.json === true) return printJson(runs);
      const rows = runs.map(({ run, state, analysis, startedAt }) => [run, state, analysis, startedAt]);
      process.stdout.write(`${formatTable([['run', 'state', 'analysis', 'started'], ...rows]).join('\n')}\n`);
      for (const { error } of runs) if (error !== undefined) process.stderr.write(`${error}\n`);
    });
}
