import type { Command } from 'commander';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** `higgsflow cancel RUN`: ends a run. */
export function register(program: Command): void {
  remote(program.command('cancel').description('end a run; what is committed stays').argument('<run>', 'id of the run'))
    .addHelpText('after', '\nExamples:\n  higgsflow cancel RUN')
    .action(async (run: string, flags: RemoteFlags) => {
      const higgsflow = await connectTo(flags);
      await higgsflow.cancel(run);
      const { state } = await higgsflow.status(run);
      if (flags.json === true) printJson({ run, state });
      else process.stdout.write(`${run}: ${state}\n`);
    });
}
