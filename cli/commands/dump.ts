import type { Command } from 'commander';
import { ConfigError } from '#shared/errors.ts';
import type { Column } from '#shared/root/column-type.ts';
import type { Branch, Tree } from '#shared/root/tree.ts';

interface DumpOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
  readonly digest?: boolean;
}

/** `higgsflow dump FILE TREE BRANCH`: the values of a branch. */
export function register(program: Command): void {
  program
    .command('dump')
    .description('print the values of a branch, or a digest of them')
    .argument('<file>', 'path or URL of a ROOT file')
    .argument('<tree>', 'tree or RNTuple, as inspect shows it: name, dir/name or name;2')
    .argument('<branch>', 'branch or field, as inspect shows it')
    .option('--from <entry>', 'first entry (0)')
    .option('--to <entry>', 'entry to stop in front of (the end)')
    .option('--json', 'print JSON: an array with one value or list an entry; 64-bit integers as text where a number cannot hold them')
    .option('--digest', 'print CRC-32, SHA-256, sum, minimum and maximum as JSON, to compare with another program')
    .addHelpText(
      'after',
      `
Examples:
  higgsflow dump data_A.4lep.root mini lep_pt --to 5
  higgsflow dump data_A.4lep.root mini lep_pt --digest`,
    )
    .action(dump);
}

async function dump(location: string, treeName: string, branchName: string, options: DumpOptions): Promise<void> {
  const [{ openSource }, { openRootFile }, { openTree }, { digestBranch }] = await Promise.all([
    import('#shared/storage/open.ts'),
    import('#shared/root/file.ts'),
    import('#shared/root/tree.ts'),
    import('#shared/root/digest.ts'),
  ]);
  const source = await openSource(location);
  try {
    const tree = await openTree(await openRootFile(source), treeName);
    const branch = tree.branch(branchName);
    const range = entryRange(options, tree);
    if (options.digest === true) process.stdout.write(`${JSON.stringify(await digestBranch(tree, branch, range))}\n`);
    else await printValues(tree, branch, range, options.json === true);
  } finally {
    await source.close();
  }
}

function entryRange(options: DumpOptions, tree: Tree): { from: number; to: number } {
  const entry = (text: string | undefined, otherwise: number, name: string) => {
    const value = text === undefined ? otherwise : Number(text);
    if (!Number.isInteger(value) || value < 0) throw new ConfigError(`--${name} takes an entry number, not '${text}'`);
    return Math.min(value, tree.entries);
  };
  const from = entry(options.from, 0, 'from');
  return { from, to: Math.max(from, entry(options.to, tree.entries, 'to')) };
}

async function printValues(tree: Tree, branch: Branch, range: { from: number; to: number }, json: boolean): Promise<void> {
  const { readColumns } = await import('#shared/root/read-columns.ts');
  let first = true;
  for await (const { from, to, columns } of readColumns(tree, [branch.path], range)) {
    const column = columns[branch.path] as Column;
    const rows: string[] = [];
    for (let i = 0; i < to - from; i++) {
      const text = JSON.stringify(entryValue(column, i), exactNumbers);
      rows.push(json ? `${first && i === 0 ? '[' : ','}${text}\n` : `${from + i}\t${text}\n`);
    }
    first = false;
    if (!process.stdout.write(rows.join(''))) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
  if (json) process.stdout.write(first ? '[]\n' : ']\n');
}

function entryValue({ type, values, offsets, size }: Column, entry: number): unknown {
  const value = (index: number) => (type.startsWith('bool') ? values[index] !== 0 : values[index]);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => value(from + i));
  if (offsets !== undefined) return range(offsets[entry] as number, offsets[entry + 1] as number);
  return size === undefined ? value(entry) : range(entry * size, (entry + 1) * size);
}

/** JSON has no NaN, no infinities and no 64-bit integers: these become text, unless a number holds them exactly. */
function exactNumbers(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
