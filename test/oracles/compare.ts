/**
 * Compares our reader with another program's digests, branch by branch; exit code 1 on a difference.
 *
 *     python test/oracles/digests.py FILE... > digests.jsonl
 *     node test/oracles/compare.ts digests.jsonl [folder that relative file names belong to]
 *
 * Every branch must have the same digest, or raise UnsupportedError here. A branch that only we read is counted, not judged.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPipelineError } from '#shared/errors.ts';
import { type BranchDigest, digestBranch } from '#shared/root/digest.ts';
import { openRootFile } from '#shared/root/file.ts';
import { openTree, type Tree } from '#shared/root/tree.ts';
import { openFileSource } from '#shared/storage/file.ts';

interface Line {
  readonly file: string;
  readonly tree?: string;
  readonly branch?: string;
  readonly path?: string;
  readonly typename?: string;
  readonly digest?: Pick<BranchDigest, 'entries' | 'dtype' | 'count' | 'content' | 'offsets'>;
  readonly error?: string;
}

const [digests = '', folder = '.'] = process.argv.slice(2);
const lines = readFileSync(digests, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);

const counts = new Map<string, number>();
const details: string[] = [];

function count(outcome: string, line: Line, detail = ''): void {
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (detail !== '') details.push(`${outcome}: ${line.file}:${line.tree}/${line.path} [${line.typename ?? '?'}] ${detail}`);
}

for (const file of new Set(lines.map((line) => line.file))) {
  const own = lines.filter((line) => line.file === file);
  const source = await openFileSource(join(folder, file));
  try {
    const root = await openRootFile(source);
    for (const name of new Set(own.map((line) => line.tree).filter((tree) => tree !== undefined))) {
      const tree = await openTree(root, name);
      const first = new Map(
        own
          .filter((line) => line.tree === name)
          .reverse()
          .map((line) => [line.path, line]),
      ); // ROOT reads the first of one name
      for (const line of first.values()) await compareBranch(tree, line);
    }
  } catch (error) {
    for (const line of own) count(isPipelineError(error) ? error.code : 'CRASH', line, (error as Error).message);
  } finally {
    await source.close();
  }
}

async function compareBranch(tree: Tree, line: Line): Promise<void> {
  try {
    const named = [...tree.all()].filter((branch) => branch.path === line.path);
    const branch = named[0] ?? tree.branch(line.branch ?? '');
    const { entries, dtype, count: values, content, offsets } = await digestBranch(tree, branch);
    if (line.digest === undefined) count('only here', line);
    else if (JSON.stringify({ entries, dtype, count: values, content, offsets }) === JSON.stringify(line.digest)) count('equal', line);
    else count('DIFFERENT', line, JSON.stringify([{ entries, dtype, values, content, offsets }, line.digest]).slice(0, 400));
  } catch (error) {
    if (!isPipelineError(error)) count('CRASH', line, (error as Error).stack ?? '');
    else if (error.code === 'UnsupportedError')
      count(line.digest === undefined ? 'neither reads' : 'unsupported here', line, line.digest === undefined ? '' : error.message);
    else count(error.code, line, error.message);
  }
}

for (const detail of details) console.log(detail);
console.log(Object.fromEntries(counts));
process.exitCode = counts.has('DIFFERENT') || counts.has('CRASH') ? 1 : 0;
