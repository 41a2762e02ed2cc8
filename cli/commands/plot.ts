import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ConfigError } from '#shared/errors.ts';
import type { SingleHistogram } from '#shared/plot/histogram-model.ts';

interface PlotOptions {
  readonly out?: string;
  readonly log?: boolean;
}

/** `higgsflow plot FILE:HIST`: a histogram as a picture. */
export function register(program: Command): void {
  program
    .command('plot')
    .description('draw a histogram of a ROOT file as PNG')
    .argument('<file:histogram>', 'path or URL of a ROOT file, a colon, and the histogram as inspect shows it: name, dir/name or name;2')
    .option('--out <file>', 'where the picture goes (NAME.png)')
    .option('--log', 'logarithmic y axis')
    .addHelpText(
      'after',
      `
Draws histograms of one axis (TH1, TProfile) with their errors.

Examples:
  higgsflow plot out/histograms.root:data/m4l
  higgsflow plot histograms.root:raw/data_A/cutFlow --log --out cut-flow.png`,
    )
    .action(plot);
}

async function plot(what: string, { out, log = false }: PlotOptions): Promise<void> {
  const [location, path] = splitLocation(what);
  const histogram = await load(location, path);
  const [{ singleHistogramModel }, { createPngRenderer }] = await Promise.all([
    import('#shared/plot/histogram-model.ts'),
    import('#services/web/png.ts'),
  ]);
  const model = singleHistogramModel(histogram, { yScale: log ? 'log' : 'linear' });
  const target = out ?? `${path.replace(/^.*\//, '').replace(/;\d+$/, '')}.png`;
  await writeFile(target, createPngRenderer()(model));
  process.stdout.write(`${target}\n`);
}

/** At the colon behind `.root`, or at the last one: URLs have others. */
function splitLocation(text: string): [location: string, path: string] {
  const [, location, path] = /^(.*?\.root):(.+)$/.exec(text) ?? /^(.+):([^:]+)$/.exec(text) ?? [];
  if (location !== undefined && path !== undefined) return [location, path];
  throw new ConfigError(`'${text}' names no histogram`, { hint: 'Write FILE:HISTOGRAM; `higgsflow inspect FILE` lists them.' });
}

async function load(location: string, path: string): Promise<SingleHistogram> {
  const [{ openSource }, { openRootFile }, { findHistogram, readHistogram }] = await Promise.all([
    import('#shared/storage/open.ts'),
    import('#shared/root/file.ts'),
    import('#shared/root/read-histogram.ts'),
  ]);
  const source = await openSource(location);
  try {
    const file = await openRootFile(source);
    const entry = await findHistogram(file, path);
    const { title, contents, kind, valueTitle, entries } = await readHistogram(file, entry);
    const lines = [`${location.replace(/^.*\//, '')}: ${entry.path}`, `${entries.toLocaleString('en')} entries`];
    return { name: entry.path, title, lines, contents, kind, valueTitle };
  } finally {
    await source.close();
  }
}
