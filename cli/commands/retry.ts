import type { Command } from 'commander';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** `higgsflow retry RUN`: failed tasks again. */
export function register(program: Command): void {
  remote(program.command('retry').description('give the failed tasks of a run new attempts').argument('<run>', 'id of the run'))
    .addHelpText('after', '\nExamples:\n  higgsflow retry RUN && higgsflow watch RUN')
    .action(async (run: string, flags: RemoteFlags) => {
      const tasks = await (await connectTo(flags)).retry(run);
      if (flags.json === true) printJson({ run, tasks });
      else process.stdout.write(`${tasks} task${tasks === 1 ? '' : 's'} of ${run} will be tried again\n`);
    });
}
