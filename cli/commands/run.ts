import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { Verify } from '#shared/root/codecs/codec.ts';
import { DEFAULT_BATCH_MB, DEFAULT_PORT } from '../run/run-options.ts';
import { collect, fraction, keyValue, portNumber, positiveInteger, wholeNumber } from './arguments.ts';
import { datasetFlags } from './dataset-options.ts';
import { type RemoteFileFlags, remoteFileFlags, useRemoteFileFlags } from './remote-files.ts';
import type { RequestFlags } from './request-flags.ts';
import { formerFlags, storageFlags } from './storage-options.ts';

/** What commander hands over. */
interface RunFlags extends RemoteFileFlags, RequestFlags {
  readonly threads: number;
  readonly batchMb: number;
  readonly verify: Verify;
  readonly out?: string;
  readonly port?: number;
  readonly web: boolean;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly stay?: boolean;
}

/** `higgsflow run`: an analysis over files, on this machine. */
export function register(program: Command): void {
  const command = program
    .command('run')
    .description('run an analysis over ROOT files on this machine: plot, histograms and report')
    .option(
      '-a, --analysis <name>',
      'built-in analysis (atlas-hzz-2020, atlas-hzz-2025, cms-dimuon, cms-hzz-outreach), or your own file: ./mine.ts',
    )
    .option(
      '-d, --data <where>',
      'files, folders (but for the histograms.root of runs), globs, URLs, lists of files (*.txt); repeatable (default: the files that the catalogue lists)',
      collect,
      [],
    )
    .option(
      '-c, --catalogue <name>',
      'what the files are: a name that `higgsflow datasets` lists, FILE.json, FILE.yaml, or none (default: that of the analysis)',
    )
    .option('--config <file>', 'the analysis, or a run file (JSON, YAML); a :2012 at its end sets the year, or picks a variant of the file')
    .option('-s, --set <key=value>', 'a parameter of the analysis; repeatable', keyValue, {})
    .option('--fraction <part>', 'read the first part of each file, 0 to 1', fraction)
    .option('-t, --threads <n>', 'compute threads', positiveInteger, availableParallelism())
    .option('--chunk-entries <n>', 'cut files with more entries into chunks of about as many (1,000,000)', positiveInteger)
    .option('--batch-mb <n>', 'decompressed MB that a thread works on at a time', positiveInteger, DEFAULT_BATCH_MB)
    .addOption(
      new Option(
        '--verify <what>',
        'full: compare all checksums of what is used; data: decode no more than is needed, which leaves out those that cover a whole block (of ZLIB and LZMA)',
      )
        .choices(['full', 'data'])
        .default('full'),
    )
    .option('--backoff-limit <n>', 'how often a task that failed is tried again (4)', wholeNumber)
    .option('-o, --out <folder>', 'where the results go (default: out/<run>)')
    .option('-p, --port <n>', `port of the page on this machine (${DEFAULT_PORT}, or the next free one)`, portNumber)
    .option('--no-web', 'no page')
    .option('--stay', 'keep the page open until Ctrl-C when the run is over')
    .option(
      '--resume',
      'go on with the run in --out: nothing that is done is done again; with --analysis and --data, begin it where there is none',
    )
    .option('--force', 'replace the run in --out')
    .option('--json', 'print the report as JSON');
  formerFlags(storageFlags(remoteFileFlags(datasetFlags(command))))
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
The result is printed on stdout, progress on stderr. The folder gets plot.png (and
plot-NAME.png of each further histogram), histograms.{json,csv,root}, report.{json,md}.
Exit codes: 0 complete, 3 incomplete (some input could not be read), 1 failed, 2 wrong usage, 75 try again, 78 wrong options,
130 stopped with Ctrl-C.

Examples:
  higgsflow run --analysis atlas-hzz-2020 --data samples/atlas-2020 --out out/hzz
  higgsflow run -a cms-dimuon -d 'nano/*.root' --set minMet=20 --threads 4 --no-web
  higgsflow run -a ./mine.ts -d nano/                     your own; begin with a copy of examples/my-analysis.ts
  higgsflow run -a ./mine.ts --dataset-pattern '*SMHiggs*' --datasets datasets_s3
  higgsflow run -a atlas-hzz-2020 --fraction 0.1          a quick look, over HTTPS
  higgsflow run -a cms-dimuon -d 's3://nano/*.root' --storage-host https://s3.cern.ch --output-bucket results
  higgsflow run -a atlas-hzz-2020 --stage-in /dev/shm     over HTTPS, whole files, the next one while one computes
  higgsflow run --resume --out out/hzz                    after a stop, a crash or mended files`;

async function run(flags: RunFlags): Promise<void> {
  const [{ runCommand }, { flagsToRun }] = await Promise.all([import('../run/run-command.ts'), import('./request-flags.ts')]);
  useRemoteFileFlags(flags);
  const { port, web, resume = false, force = false, json = false, stay = false, threads, batchMb, verify, out } = flags;
  const page = web ? { port: port ?? DEFAULT_PORT } : {};
  const how = { threads, batchMb, verify, out, ...page, portIsFixed: port !== undefined, resume, force, json, stay };
  process.exitCode = await runCommand({ ...(await flagsToRun(flags)), ...how });
}
