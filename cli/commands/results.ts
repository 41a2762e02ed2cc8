import { join } from 'node:path';
import type { Command } from 'commander';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';

/** `higgsflow results RUN`: plot, histograms and report as files. */
export function register(program: Command): void {
  const command = program
    .command('results')
    .description('write plot, histograms and report of a run, as it is now, into a folder')
    .argument('<run>', 'id of the run')
    .option('-o, --out <folder>', 'where to (default: out/<run>)');
  remote(command)
    .addHelpText('after', '\nExamples:\n  higgsflow results RUN --out out/hzz')
    .action(async (run: string, flags: RemoteFlags & { readonly out?: string }) => {
      const { exitCodeOf, summaryOf, unwrittenText } = await import('../run/summary.ts');
      const folder = flags.out ?? join('out', run);
      const report = await (await connectTo(flags)).results(run, folder);
      if (flags.json === true) printJson(report);
      else process.stdout.write(summaryOf(report, folder));
      process.stderr.write(unwrittenText(report));
      process.exitCode = exitCodeOf(report);
    });
}
