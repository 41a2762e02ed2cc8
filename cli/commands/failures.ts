import type { Command } from 'commander';
import { groupByCause } from '../group-failures.ts';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** Files named for one cause. */
const FILES_SHOWN = 10;

/** `higgsflow failures RUN`: what failed, by cause. */
export function register(program: Command): void {
  remote(program.command('failures').description('show what failed in a run, by cause').argument('<run>', 'id of the run'))
    .addHelpText('after', '\nWhen the cause is gone, `higgsflow retry RUN` tries these tasks again.\n\nExamples:\n  higgsflow failures RUN')
    .action(async (run: string, flags: RemoteFlags) => {
      const failures = await (await connectTo(flags)).failures(run);
      const groups = groupByCause(failures, ({ text }) => text);
      if (flags.json === true) return printJson(groups);
      const lines = groups.flatMap(({ code, cause, entriesLost, failures }) => [
        `${failures.length} × ${code}: ${cause} (${entriesLost.toLocaleString('en-US')} entries lost)`,
        ...failures
          .slice(0, FILES_SHOWN)
          .map(({ dataset, file, from, to }) => `  ${dataset}  ${file}${to === undefined ? '' : ` [${from ?? 0}, ${to})`}`),
        ...(failures.length > FILES_SHOWN ? [`  and ${failures.length - FILES_SHOWN} more (--json names all)`] : []),
      ]);
      process.stdout.write(lines.length === 0 ? 'Nothing failed.\n' : `${lines.join('\n')}\n`);
    });
}
