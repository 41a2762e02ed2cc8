/** Σw of generated events, from where files tell it. */
import { ConfigError } from '#shared/errors.ts';
import { ExactSums } from '#shared/histogram/exact-sums.ts';
import type { RootFile } from '#shared/root/file.ts';
import { readColumns } from '#shared/root/read-columns.ts';
import { isHistogramClass, readHistogram } from '#shared/root/read-histogram.ts';
import { isTreeClass, openTree, type Tree } from '#shared/root/tree.ts';
import type { OpenedTree } from './open-file.ts';

/** What one file tells. */
export interface FileWeights {
  readonly value: number;
  /** 'file': of this file, so that files add; 'dataset': of all files, so that each says the same. */
  readonly of: 'file' | 'dataset';
  /** Where it stands, in words. */
  readonly source: string;
}

/** NanoAOD keeps a tree with an entry a run; the second name is that of early versions. */
const RUNS = { tree: 'Runs', branches: ['genEventSumw', 'genEventSumw_'] } as const;
/** Columns that repeat the dataset's Σw in every entry: ATLAS Open Data. */
const CONSTANT = ['sum_of_weights', 'sumOfWeights', 'sumWeights'] as const;
/** ATLAS ntuples keep the book-keeping of the derivation as a histogram: events, Σw, Σw². */
const BOOKKEEPER = /(^|\/)CutBookkeeper_.*_NOSYS$/;

/**
 * Σw of a file: the sum of the `weight` branch where one is named, otherwise what the file has of its own accord: the Runs tree
 * of NanoAOD, a CutBookkeeper histogram, a sumOfWeights column. Undefined where it has none of them.
 * @throws ConfigError if the branch does not exist, or a column that should be constant is not
 */
export async function weightsOf(
  { root, tree }: OpenedTree,
  weight: string | undefined,
  signal: AbortSignal,
): Promise<FileWeights | undefined> {
  if (weight !== undefined) {
    return { value: await sumOfBranch(tree, weight, signal), of: 'file', source: `sum of branch ${weight} of tree ${tree.path}` };
  }
  return (await fromRuns(root, signal)) ?? (await fromBookkeeper(root)) ?? fromColumn(tree, signal);
}

async function fromRuns(root: RootFile, signal: AbortSignal): Promise<FileWeights | undefined> {
  const has = (await root.keys()).some(({ path, key }) => path === RUNS.tree && isTreeClass(key.className));
  if (!has) return undefined;
  const runs = await openTree(root, RUNS.tree);
  const branch = RUNS.branches.find((name) => runs.branches.some(({ path }) => path === name));
  if (branch === undefined) return undefined;
  return { value: await sumOfBranch(runs, branch, signal), of: 'file', source: `sum of ${branch} in tree ${RUNS.tree}` };
}

async function fromBookkeeper(root: RootFile): Promise<FileWeights | undefined> {
  const entries = (await root.keys()).filter(({ path, key }) => BOOKKEEPER.test(path) && isHistogramClass(key.className));
  if (entries.length === 0) return undefined;
  const sum = new ExactSums(1, 'CutBookkeeper');
  for (const entry of entries) {
    // Other cycles are older states of the same histogram.
    if (entry !== (await root.find(entry.path))) continue;
    const { contents } = await readHistogram(root, entry);
    // Bins are events, Σw, Σw²; where they have labels, there is no underflow before them.
    sum.add(0, contents.sumw[contents.axes[0]?.type === 'category' ? 1 : 2] ?? 0);
  }
  return { value: sum.value(0), of: 'file', source: `bin 2 of ${entries[0]?.path}` };
}

async function fromColumn(tree: Tree, signal: AbortSignal): Promise<FileWeights | undefined> {
  const name = CONSTANT.find((wanted) => tree.branches.some(({ path }) => path === wanted));
  if (name === undefined || tree.entries === 0) return undefined;
  let first: number | undefined;
  for await (const value of numbersOf(tree, name, signal)) {
    first ??= value;
    if (value === first) continue;
    throw new ConfigError(`column ${name} is not the same in all entries: ${first}, then ${value}`, {
      file: tree.file.source.name,
      hint: 'Say by which branch events are weighted: --weight BRANCH.',
    });
  }
  return first === undefined ? undefined : { value: first, of: 'dataset', source: `column ${name} of tree ${tree.path}` };
}

async function sumOfBranch(tree: Tree, branch: string, signal: AbortSignal): Promise<number> {
  const sum = new ExactSums(1, `sum of ${branch}`);
  for await (const value of numbersOf(tree, branch, signal)) sum.add(0, value);
  return sum.value(0);
}

/** @throws ConfigError for a branch of lists or texts */
async function* numbersOf(tree: Tree, branch: string, signal: AbortSignal): AsyncGenerator<number> {
  for await (const { from, to, columns } of readColumns(tree, [branch], { signal })) {
    const column = columns[branch];
    if (column === undefined || column.values.length !== to - from || column.type.includes('[') || column.type === 'text') {
      throw new ConfigError(`branch ${branch} has no single number an entry`, { file: tree.file.source.name, object: tree.path });
    }
    for (let i = 0; i < column.values.length; i++) yield Number(column.values[i]);
  }
}
