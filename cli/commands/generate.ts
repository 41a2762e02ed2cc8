import type { Command } from 'commander';
import { formatBytes, formatTable } from '../format.ts';
import { collect, positiveNumber, wholeNumber } from './arguments.ts';

interface GenerateFlags {
  readonly release: string;
  readonly out?: string;
  readonly seed?: number;
  readonly scale?: number;
  readonly codec?: string;
  readonly sample: readonly string[];
  readonly json?: boolean;
}

/** `higgsflow generate`: toy samples as ROOT files. */
export function register(program: Command): void {
  program
    .command('generate')
    .description('write toy samples: ROOT files like those of ATLAS and CMS Open Data, with invented events')
    .option('-r, --release <name>', 'which files to imitate: atlas-2020, atlas-2025 or cms-hzz-outreach', 'atlas-2020')
    .option('-o, --out <folder>', 'where to (default: samples/<release>)')
    .option('--seed <n>', 'the same seed gives the same bytes (1)', wholeNumber)
    .option('--scale <x>', 'size of the simulated samples, relative to the real ones (0.1); yields stay the same', positiveNumber)
    .option('--codec <name>', 'zlib, lz4, zstd, lzma or none (zlib)')
    .option('--sample <dataset>', 'only this one; repeatable', collect, [])
    .option('--json', 'print the list of files as JSON')
    .addHelpText(
      'after',
      `
The events are invented: everything that shows these files says "toy".

Examples:
  higgsflow generate
  higgsflow run --analysis atlas-hzz-2020 --data samples/atlas-2020
  higgsflow generate --release atlas-2025 --scale 1 --codec zstd --sample ggH125_ZZ4l
  higgsflow generate --release cms-hzz-outreach --out cms
  higgsflow run --analysis cms-hzz-outreach --data cms`,
    )
    .action(generate);
}

async function generate(flags: GenerateFlags): Promise<void> {
  const { generate } = await import('../run/toy-samples.ts');
  const { release, out, seed, scale, codec, sample, json } = flags;
  const files = await generate({ release, folder: out ?? `samples/${release}`, seed, scale, codec, samples: sample });
  if (json === true) return void process.stdout.write(`${JSON.stringify(files, undefined, 2)}\n`);
  const rows = files.map(({ dataset, entries, byteLength, path }) => [
    dataset,
    entries.toLocaleString('en-US'),
    formatBytes(byteLength),
    path,
  ]);
  process.stdout.write(`${formatTable([['dataset', 'entries', 'size', 'file'], ...rows]).join('\n')}\n`);
}
