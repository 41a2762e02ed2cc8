import type { Command } from 'commander';
import { ConfigError } from '#shared/errors.ts';
import { type Column, levelsOf, textAt } from '#shared/root/column-type.ts';
import type { Branch, Tree } from '#shared/root/tree.ts';
import { openNamedFile } from '../open-named-file.ts';
import { wholeNumber } from './arguments.ts';

interface DumpOptions {
  readonly from?: number;
  readonly to?: number;
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
    .option('--from <entry>', 'first entry (0)', wholeNumber)
    .option('--to <entry>', 'entry to stop in front of (the end)', wholeNumber)
    .option('--json', 'print JSON: an array with one value or list an entry; 64-bit integers as text where a number cannot hold them')
    .option('--digest', 'print CRC-32, SHA-256, sum, minimum and maximum as JSON, to compare with another program')
    .addHelpText(
      'after',
      `
Examples:
  higgsflow dump data_A.4lep.root mini lep_pt --to 5
  higgsflow dump data_A.4lep.root mini lep_pt --digest
  higgsflow dump objects.root events muonp4.fP.fX --json     a member of objects: inspect lists them`,
    )
    .action(dump);
}

async function dump(location: string, treeName: string, branchName: string, options: DumpOptions): Promise<void> {
  const [{ openRootFile }, { openTree }, { digestBranch }] = await Promise.all([
    import('#shared/root/file.ts'),
    import('#shared/root/tree.ts'),
    import('#shared/root/digest.ts'),
  ]);
  const source = await openNamedFile(location);
  try {
    const tree = await openTree(await openRootFile(source), treeName);
    const branch = tree.branch(branchName);
    const range = entryRange(options, tree, location);
    if (options.digest === true) process.stdout.write(`${JSON.stringify(await digestBranch(tree, branch, range))}\n`);
    else await printValues(tree, branch, range, options.json === true);
  } finally {
    await source.close();
  }
}

function entryRange(options: DumpOptions, tree: Tree, file: string): { from: number; to: number } {
  const from = Math.min(options.from ?? 0, tree.entries);
  const to = Math.min(options.to ?? tree.entries, tree.entries);
  const has = { file, object: tree.path, hint: `The tree has ${tree.entries} entries.` };
  if (options.from !== undefined && from >= tree.entries) throw new ConfigError(`there is no entry ${options.from}`, has);
  if (to < from) throw new ConfigError(`there is nothing from entry ${from} to entry ${to}`, has);
  return { from, to };
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

/** An entry's value: of a number or text itself, of lists and arrays nested arrays. */
function entryValue(column: Column, entry: number): unknown {
  const { type, values, offsets } = column;
  const isText = type.startsWith('text');
  const steps = isText ? (column.levels ?? []) : levelsOf(column);
  const valueAt = (index: number) => {
    if (isText) return textAt({ values: values as Uint8Array, offsets: offsets as Int32Array }, index);
    return type.startsWith('bool') ? values[index] !== 0 : values[index];
  };
  const itemAt = (index: number, depth: number): unknown => {
    const step = steps[depth];
    if (step === undefined) return valueAt(index);
    const [from, to] =
      step.offsets === undefined ? [index * step.size, (index + 1) * step.size] : [step.offsets[index], step.offsets[index + 1]];
    return Array.from({ length: (to as number) - (from as number) }, (_, i) => itemAt((from as number) + i, depth + 1));
  };
  return itemAt(entry, 0);
}

/** JSON has no NaN, no infinities and no 64-bit integers: these become text, unless a number holds them exactly. */
function exactNumbers(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
