import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { DEFAULT_PORT } from '../run/run-options.ts';
import { portNumber, positiveInteger } from './arguments.ts';

interface StartFlags {
  readonly toy?: boolean;
  readonly threads: number;
  readonly out?: string;
  readonly port?: number;
  readonly force?: boolean;
}

/** `higgsflow start`: the main job with no questions. */
export function register(program: Command): void {
  program
    .command('start')
    .description('the Higgs plot, growing in the browser: ATLAS Open Data where it can be reached, otherwise toy samples')
    .option('--toy', 'take the toy samples in any case')
    .option('-t, --threads <n>', 'compute threads', positiveInteger, availableParallelism())
    .option('-o, --out <folder>', 'where the results go (default: out/<run>)')
    .option('-p, --port <n>', `port of the page on this machine (${DEFAULT_PORT}, or the next free one)`, portNumber)
    .option('--force', 'replace the run in --out')
    .addHelpText(
      'after',
      `
Analysis atlas-hzz-2020: H → ZZ* → 4ℓ with the four-lepton skim of 2020. On a terminal the page stays until Ctrl-C.

Examples:
  higgsflow start
  higgsflow start --toy --port 9000 --out out/first-look`,
    )
    .action(start);
}

async function start({ toy = false, threads, out, port, force = false }: StartFlags): Promise<void> {
  const { startCommand } = await import('../run/start-command.ts');
  process.exitCode = await startCommand({ toy, threads, out, port, force });
}
