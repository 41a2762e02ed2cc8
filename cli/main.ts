/** The command line. Each command is one file; what it needs is loaded when it runs. */
import { createRequire } from 'node:module';
import { Command, CommanderError, Help, type Option } from 'commander';
import { ConfigError, isPipelineError, type PipelineError } from '#shared/errors.ts';
import { INTERRUPTED, StoppedError } from '#shared/runtime/shutdown.ts';
import { QUOTE_PATTERNS } from '#shared/storage/quote-patterns.ts';
import { closeTunnels } from './cluster/open-services.ts';
import { register as registerCancel } from './commands/cancel.ts';
import { register as registerCleanup } from './commands/cleanup.ts';
import { register as registerClusters } from './commands/clusters.ts';
import { register as registerDatasets } from './commands/datasets.ts';
import { register as registerDump } from './commands/dump.ts';
import { register as registerFailures } from './commands/failures.ts';
import { register as registerGenerate } from './commands/generate.ts';
import { register as registerInspect } from './commands/inspect.ts';
import { register as registerPlot } from './commands/plot.ts';
import { register as registerPrepare } from './commands/prepare.ts';
import { register as registerRehearse } from './commands/rehearse.ts';
import { register as registerResults } from './commands/results.ts';
import { register as registerRetry } from './commands/retry.ts';
import { register as registerRun } from './commands/run.ts';
import { register as registerRuns } from './commands/runs.ts';
import { register as registerScaling } from './commands/scaling.ts';
import { register as registerStart } from './commands/start.ts';
import { register as registerStatus } from './commands/status.ts';
import { register as registerSubmit } from './commands/submit.ts';
import { register as registerWatch } from './commands/watch.ts';

const FAILED = 1;
const USAGE = 2;
const TRY_AGAIN = 75;
const WRONG_CONFIG = 78;

const OVERVIEW = `
First steps:
  higgsflow start                                   the Higgs plot, in the browser, with no questions
  higgsflow inspect FILE.root                       what is in a file
  higgsflow run --analysis atlas-hzz-2020 --data samples/atlas-2020
  higgsflow run --help                              all about running an analysis
  higgsflow submit --help                           a run on many machines: then watch, results, failures`;

/** In the order of the help text: on this machine, on services, files. */
const COMMANDS = [
  ...[registerStart, registerRun],
  ...[registerSubmit, registerWatch, registerStatus, registerResults, registerFailures, registerRetry, registerCancel],
  ...[registerRuns, registerCleanup, registerRehearse, registerScaling, registerPrepare, registerClusters],
  ...[registerDatasets, registerGenerate, registerInspect, registerDump, registerPlot],
];

function program(): Command {
  const { version, description } = createRequire(import.meta.url)('../package.json') as { version: string; description: string };
  const program = new Command('higgsflow').description(description).version(version).showSuggestionAfterError().exitOverride();
  program.configureHelp({ optionDescription: withoutEmptyDefault }).hook('preAction', assertFolder);
  for (const register of COMMANDS) register(program);
  // Subcommands are made before they could inherit it.
  for (const command of program.commands) command.exitOverride();
  return program.addHelpText('after', OVERVIEW);
}

/** Of an option that may be repeated: that there is none by itself needs no words. */
function withoutEmptyDefault(option: Option): string {
  return new Help().optionDescription(option).replace(/ \(default: (\[\]|\{\})\)$/, '');
}

/** @throws ConfigError if the folder that we run in was removed: nothing works there */
function assertFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new ConfigError('the folder that this runs in is not there any more', { hint: 'Go to another one: cd.', cause });
  }
}

function exitCodeOf(error: PipelineError): number {
  if (error.code === 'ConfigError') return WRONG_CONFIG;
  return error.code === 'StorageError' && error.retryable ? TRY_AGAIN : FAILED;
}

/** Tells an error in words; what is not ours is a bug and shows where it happened. */
function fail(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.excessArguments' && process.argv.some((word) => /^(-d|--data\b)/.test(word)))
      process.stderr.write(`${QUOTE_PATTERNS}\n`);
    return error.exitCode === 0 ? 0 : USAGE;
  }
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof StoppedError) {
    process.stderr.write(`higgsflow: ${text}\n`);
    return INTERRUPTED;
  }
  if (isPipelineError(error)) process.stderr.write(`higgsflow: ${text}\n`);
  else process.stderr.write(`higgsflow: unexpected error, please report it: ${error instanceof Error ? error.stack : text}\n`);
  return isPipelineError(error) ? exitCodeOf(error) : FAILED;
}

// A closed pipe (`higgsflow dump ... | head`) is the reader's way to say that it has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = fail(error);
} finally {
  await closeTunnels();
}
