import type { Command } from 'commander';
import type { BranchDescription, FileDescription, GraphDescription, HistogramDescription } from '#shared/root/inspect.ts';
import { formatBytes, formatTable } from '../format.ts';
import { openNamedFile } from '../open-named-file.ts';

/** `higgsflow inspect FILE`: what a ROOT file holds. */
export function register(program: Command): void {
  program
    .command('inspect')
    .description('show what a ROOT file holds: keys, trees, branches with their types, codec and size, histograms')
    .argument('<file>', 'path or URL of a ROOT file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Branches marked with ! are not read; the reason stands beside them.

Examples:
  higgsflow inspect data_A.4lep.root
  higgsflow inspect https://example.org/sample.root --json | jq '.trees[0].branches[].path'`,
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const description = await describe(file);
      process.stdout.write(options.json === true ? `${JSON.stringify(description, undefined, 2)}\n` : render(description));
    });
}

async function describe(location: string): Promise<FileDescription> {
  const [{ openRootFile }, { describeFile }] = await Promise.all([import('#shared/root/file.ts'), import('#shared/root/inspect.ts')]);
  const source = await openNamedFile(location);
  try {
    return await describeFile(await openRootFile(source));
  } finally {
    await source.close();
  }
}

function render({ file, bytes, rootVersion, recovered, keys, trees, histograms, graphs }: FileDescription): string {
  const lines = [`${file}   ${formatBytes(bytes)}, written by ROOT ${rootVersion}`];
  if (recovered) lines.push('! It was not closed: what stands here was found by searching, and is as it was last saved. The rest is lost.');
  lines.push('', 'Keys');
  lines.push(...formatTable(keys.map((key) => [`  ${key.path};${key.cycle}`, key.className, formatBytes(key.bytes), key.title])));
  for (const tree of trees) {
    lines.push('', `Tree ${tree.path};${tree.cycle}   ${tree.entries.toLocaleString('en')} entries, ${tree.branches.length} branches`);
    if (tree.error !== undefined) lines.push(`  ! ${tree.error}`);
    const head = ['  branch', 'C++ type', 'column', 'codec', 'baskets', 'stored', 'in memory'];
    if (tree.branches.length > 0) lines.push(...formatTable([head, ...tree.branches.map(branchRow)]));
    for (const friend of tree.friends) {
      const place = friend.fileName === '' ? friend.treePath : `${friend.treePath} of ${friend.fileName}`;
      lines.push('', `  Friend ${friend.name} (${place})`);
      if (friend.error !== undefined) lines.push(`  ! ${friend.error}`);
      else lines.push(...formatTable([head, ...friend.branches.map(branchRow)]));
    }
  }
  if (histograms.length > 0) {
    const head = ['  histogram', 'class', 'bins', 'entries', 'title'];
    lines.push('', 'Histograms', ...formatTable([head, ...histograms.map(histogramRow)]));
  }
  if (graphs.length > 0) lines.push('', 'Graphs', ...formatTable([['  graph', 'class', 'points', 'title'], ...graphs.map(graphRow)]));
  return `${lines.join('\n')}\n`;
}

function histogramRow({ path, cycle, className, axes, entries, title, error }: HistogramDescription): string[] {
  const bins = axes.map((axis) => `${axis.bins} from ${axis.lo} to ${axis.hi}`).join(' × ');
  return [`${error === undefined ? ' ' : '!'} ${path};${cycle}`, className, error ?? bins, entries.toLocaleString('en'), title];
}

function graphRow({ path, cycle, className, points, title, error }: GraphDescription): string[] {
  return [`${error === undefined ? ' ' : '!'} ${path};${cycle}`, className, error ?? String(points), title];
}

function branchRow(branch: BranchDescription): string[] {
  const { path, cppType, columnType, reason, codec, baskets, compressedBytes, uncompressedBytes } = branch;
  const mark = columnType === undefined ? '!' : ' ';
  const type = columnType ?? reason ?? '';
  return [
    `${mark} ${path}`,
    cppType,
    type,
    codec ?? (baskets > 0 ? 'embedded' : ''),
    String(baskets),
    formatBytes(compressedBytes),
    formatBytes(uncompressedBytes),
  ];
}
