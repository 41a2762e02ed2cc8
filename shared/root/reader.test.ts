import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { readBatches } from './batches.ts';
import { type BranchDigest, digestBranch } from './digest.ts';
import { openRootFile } from './file.ts';
import { describeFile } from './inspect.ts';
import { clusterStarts } from './plan.ts';
import { openTree, type Tree } from './tree.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');

interface Expected {
  readonly file: string;
  readonly tree: string;
  readonly path: string;
  readonly digest: BranchDigest;
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Expected[];
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.root'));

async function fixtureTree(file: string, tree: string): Promise<Tree> {
  return openTree(await openRootFile(bytesSource(readFileSync(join(FIXTURES, file)), file)), tree);
}

describe('files made by ROOT', () => {
  it.each(files)('%s is read as uproot reads it, every branch', async (file) => {
    const wanted = expected.filter((line) => line.file === file);
    expect(wanted.length).toBeGreaterThan(0);
    for (const { tree, path, digest } of wanted) {
      const own = await fixtureTree(file, tree);
      expect({ path, ...(await digestBranch(own, own.branch(path))) }).toMatchObject({ path, ...digest });
    }
  });

  it('hold nothing that is left out of the comparison', async () => {
    for (const file of files) {
      const { trees } = await describeFile(await openRootFile(bytesSource(readFileSync(join(FIXTURES, file)), file)));
      const paths = trees.flatMap(({ path, cycle, branches }) => branches.map((branch) => `${path};${cycle}/${branch.path}`));
      expect(paths.sort()).toEqual(
        expected
          .filter((line) => line.file === file)
          .map((line) => `${line.tree}/${line.path}`)
          .sort(),
      );
    }
  });
});

describe('any range of entries in batches of any size', () => {
  const cases = [
    ['types_lz4.root', 'types', ['i32', 'fixed_f64', 'counted_i16', 'vector_float']],
    ['not_aligned.root', 't', ['a', 'b', 'c']],
    ['offset_map.root', 'map', ['x']],
    ['embedded.root', 'embedded', ['number', 'vector']],
  ] as const;

  it.each(cases)('%s gives the same values', async (file, name, branches) => {
    const tree = await fixtureTree(file, name);
    const whole = await collect(tree, branches, 0, tree.entries, 2 ** 30);
    await fc.assert(
      fc.asyncProperty(fc.nat(tree.entries), fc.nat(tree.entries), fc.integer({ min: 1, max: 20_000 }), async (a, b, batchBytes) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        expect(await collect(tree, branches, from, to, batchBytes)).toEqual(whole.slice(from, to));
      }),
      { numRuns: 40 },
    );
  });
});

/** Values of each entry, as plain arrays. */
async function collect(tree: Tree, branches: readonly string[], from: number, to: number, batchBytes: number): Promise<unknown[]> {
  const rows: unknown[] = [];
  let reached = from;
  for await (const batch of readBatches(tree, branches, { from, to, batchBytes })) {
    expect(batch.from).toBe(reached);
    reached = batch.to;
    for (let i = 0; i < batch.to - batch.from; i++) {
      rows.push(
        branches.map((name) => {
          const { values, offsets, size = 1 } = batch.columns[name] ?? { values: [] };
          return offsets === undefined ? [...values.slice(i * size, (i + 1) * size)] : [...values.slice(offsets[i], offsets[i + 1])];
        }),
      );
    }
  }
  expect(reached).toBe(to);
  return rows;
}

describe('reading', () => {
  it('fetches the bytes of the asked branches only', async () => {
    const source = bytesSource(readFileSync(join(FIXTURES, 'types_none.root')));
    const tree = await openTree(await openRootFile(source), 'types');
    const before = source.asked.length;
    const branch = tree.branch('fixed_f64');
    await digestBranch(tree, branch);
    const asked = source.asked.slice(before).reduce((sum, { length }) => sum + length, 0);
    expect(asked).toBe(branch.baskets.reduce((sum, basket) => sum + basket.bytes, 0));
  });

  it('keeps batches to clusters where they fit the budget', async () => {
    const tree = await fixtureTree('types_zlib.root', 'types');
    const branches = ['i32', 'vector_float'].map((name) => tree.branch(name));
    expect(clusterStarts(branches, tree.entries)).toEqual([0, 30, 60, 90]);
    const edges: number[] = [];
    for await (const { to } of readBatches(tree, ['i32', 'vector_float'], { batchBytes: 1500 })) edges.push(to);
    expect(edges).toEqual([30, 60, 90]);
  });

  it('takes the newest cycle unless one is named', async () => {
    expect((await fixtureTree('directories.root', 't')).entries).toBe(11);
    expect((await fixtureTree('directories.root', 't;1')).entries).toBe(10);
    expect((await fixtureTree('directories.root', 'deep/er/t')).entries).toBe(11);
  });

  it.each([
    ['directories.root', 'tt', "there is no 'tt'. Its trees: "],
    ['directories.root', 'note', 'it is a TNamed, not a TTree'],
  ])('%s:%s says what is wrong', async (file, tree, message) => {
    await expect(fixtureTree(file, tree)).rejects.toThrow(message);
  });

  it('suggests a branch', async () => {
    const tree = await fixtureTree('types_zlib.root', 'types');
    expect(() => tree.branch('vector_flaot')).toThrow('`vector_float`');
  });

  it('refuses what is no ROOT file, and one that is cut short', async () => {
    await expect(openRootFile(bytesSource(new TextEncoder().encode('<!doctype html>'.padEnd(100))))).rejects.toMatchObject({
      code: 'RootFormatError',
    });
    const bytes = readFileSync(join(FIXTURES, 'types_zlib.root'));
    await expect(openRootFile(bytesSource(bytes.subarray(0, bytes.length - 1), 'half.root'))).rejects.toThrow(
      /half.root: the file is cut short/,
    );
  });
});
