import type { Command } from 'commander';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** `higgsflow status RUN`: the run as it is now. */
export function register(program: Command): void {
  remote(program.command('status').description('show a run as it is now').argument('<run>', 'id of the run'))
    .addHelpText('after', '\nExamples:\n  higgsflow status RUN\n  higgsflow status RUN --json | jq .totals.completeness')
    .action(async (run: string, flags: RemoteFlags) => {
      const { showRun, statusOf, uploadLine } = await import('../remote/watch-run.ts');
      const snapshot = await (await connectTo(flags)).status(run);
      if (flags.json === true) return printJson(statusOf(snapshot));
      await showRun(
        (async function* () {
          yield snapshot;
        })(),
        { write: (text) => process.stdout.write(text) },
        'text',
      );
      if (snapshot.output !== undefined) process.stdout.write(`${uploadLine(snapshot.output)}\n`);
    });
}
