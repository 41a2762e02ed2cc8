import { basename, dirname, extname } from 'node:path';
import type { Command } from 'commander';
import { ConfigError } from '#shared/errors.ts';
import type { PlotModel } from '#shared/plot/plot-model.ts';
import type { ScaleType } from '#shared/plot/ticks.ts';
import { openNamedFile } from '../open-named-file.ts';

interface PlotOptions {
  readonly out?: string;
  readonly log?: boolean;
}

/** `higgsflow plot FILE:HIST`: a histogram or graph as a picture. */
export function register(program: Command): void {
  program
    .command('plot')
    .description('draw a histogram, profile or graph of a ROOT file as PNG')
    .argument('<file:histogram>', 'path or URL of a ROOT file, a colon, and the histogram as inspect shows it: name, dir/name or name;2')
    .option('--out <file>', 'where the picture goes (NAME.png)')
    .option('--log', 'logarithmic y axis; of a histogram of two axes, logarithmic colours')
    .addHelpText(
      'after',
      `
Draws histograms and profiles of one axis (TH1, TProfile) and graphs (TGraph) with their errors, and histograms and profiles of
two axes (TH2, TProfile2D) as colours.

Examples:
  higgsflow plot out/histograms.root:group/data/m4l
  higgsflow plot out/histograms.root:raw/data_A/cutFlow --log --out cut-flow.png`,
    )
    .action(plot);
}

async function plot(what: string, { out, log = false }: PlotOptions): Promise<void> {
  if (out !== undefined && !['', '.png'].includes(extname(out).toLowerCase()))
    throw new ConfigError('pictures are written as PNG only', { file: out, hint: 'Name it NAME.png.' });
  const [location, path] = splitLocation(what);
  const model = await loadModel(location, path, log ? 'log' : 'linear');
  const [{ createPngRenderer }, { writeFiles }] = await Promise.all([
    import('#services/web/png.ts'),
    import('#shared/results/write-files.ts'),
  ]);
  const target = out ?? `${path.replace(/^.*\//, '').replace(/;\d+$/, '')}.png`;
  await writeFiles(dirname(target), { [basename(target)]: createPngRenderer()(model) });
  process.stdout.write(`${target}\n`);
}

/** At the colon behind `.root`, or at the last one: URLs have others. */
function splitLocation(text: string): [location: string, path: string] {
  const [, location, path] = /^(.*?\.root):(.+)$/.exec(text) ?? /^(.+):([^:]+)$/.exec(text) ?? [];
  if (location !== undefined && path !== undefined) return [location, path];
  throw new ConfigError(`'${text}' names no histogram`, { hint: 'Write FILE:HISTOGRAM; `higgsflow inspect FILE` lists them.' });
}

async function loadModel(location: string, path: string, scale: ScaleType): Promise<PlotModel> {
  const [{ openRootFile }, { findHistogram, isGraphClass, readGraph, readHistogram }, { isToyFile }] = await Promise.all([
    import('#shared/root/file.ts'),
    import('#shared/root/read-histogram.ts'),
    import('#shared/toy/toy-mark.ts'),
  ]);
  const [{ singleHistogramModel }, { graphModel, planeModel }] = await Promise.all([
    import('#shared/plot/histogram-model.ts'),
    import('#shared/plot/graph-model.ts'),
  ]);
  const source = await openNamedFile(location);
  try {
    const file = await openRootFile(source);
    const entry = await findHistogram(file, path);
    const toy = isToyFile(await file.keys());
    const place = `${location.replace(/^.*\//, '')}: ${entry.path}`;
    if (isGraphClass(entry.key.className)) {
      const { title, x, y, errors } = await readGraph(file, entry);
      return graphModel({ name: entry.path, title, lines: [place, `${x.length} points`], toy, x, y, errors }, { yScale: scale });
    }
    const { title, contents, kind, valueTitle, entries } = await readHistogram(file, entry);
    const lines = [place, `${entries.toLocaleString('en')} entries`];
    const histogram = { name: entry.path, title, lines, toy, contents, kind, valueTitle };
    return contents.axes.length > 1 ? planeModel(histogram, { zScale: scale }) : singleHistogramModel(histogram, { yScale: scale });
  } finally {
    await source.close();
  }
}
