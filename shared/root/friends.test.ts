import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { openSource } from '../storage/open.ts';
import { type Column, levelsOf } from './column-type.ts';
import { openRootFile } from './file.ts';
import { describeFile } from './inspect.ts';
import { clusterStarts } from './plan.ts';
import { readColumns } from './read-columns.ts';
import { openTree, type Tree } from './tree.ts';

const FOLDER = join(import.meta.dirname, '../../test/fixtures/friends');
const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, unknown>[];
const NAMES = ['n', 'inside.flag', 'cal.w', 'cal.scale'] as const;

/** Does something with a tree of the file that has friends. */
async function withTree<T>(name: string, work: (tree: Tree) => Promise<T>): Promise<T> {
  const source = await openSource(join(FOLDER, 'main.root'));
  try {
    return await work(await openTree(await openRootFile(source), name));
  } finally {
    await source.close();
  }
}

async function rows(tree: Tree, names: readonly string[], options: { from?: number; to?: number; batchBytes?: number } = {}) {
  const all: Record<string, unknown>[] = [];
  for await (const { from, to, columns } of readColumns(tree, names, options)) {
    for (let i = 0; i < to - from; i++) all.push(Object.fromEntries(names.map((name) => [name, entryOf(columns[name] as Column, i)])));
  }
  return all;
}

function entryOf(column: Column, i: number): unknown {
  const [level] = levelsOf(column);
  if (level?.offsets === undefined) return Number(column.values[i]);
  return Array.from(column.values.slice(level.offsets[i], level.offsets[i + 1]), Number);
}

describe('friends of a tree', () => {
  it('are read with it as ROOT reads them, from its file and from another', async () => {
    expect(await withTree('t', (tree) => rows(tree, NAMES))).toEqual(expected);
    expect(await withTree('t', (tree) => rows(tree, ['cal.scale']))).toEqual(expected.map((row) => ({ 'cal.scale': row['cal.scale'] })));
  });

  it('are read in any part and any batches', async () => {
    expect(await withTree('t', (tree) => rows(tree, NAMES, { from: 33, to: 101, batchBytes: 64 }))).toEqual(expected.slice(33, 101));
  });

  it('share the boundaries of clusters with it', async () => {
    const starts = await withTree('t', async (tree) =>
      clusterStarts(
        NAMES.map((name) => tree.branch(name)),
        tree.entries,
      ),
    );
    expect(starts).toEqual([0, 120]); // baskets of 40, 30 and 50 entries
  });

  it('that are not joined entry by entry say so when they are asked for', async () => {
    const refused = (tree: string, branch: string) => withTree(tree, async (opened) => opened.branch(branch));
    await expect(refused('t', 'short.x')).rejects.toMatchObject({
      code: 'UnsupportedError',
      message: expect.stringMatching(/119 entries, not 120/),
    });
    await expect(refused('t', 'indexed.number')).rejects.toMatchObject({
      code: 'UnsupportedError',
      message: expect.stringMatching(/BuildIndex/),
    });
    await expect(refused('lonely', 'lost.y')).rejects.toMatchObject({ code: 'StorageError' });
    await expect(refused('t', 'cal.ww')).rejects.toMatchObject({ code: 'ConfigError' });
  });

  it('in a file that cannot be found do not keep the tree from being read', async () => {
    expect(await withTree('lonely', (tree) => rows(tree, ['n'], { to: 2 }))).toEqual([{ n: 0 }, { n: 1 }]);
    const alone = await openTree(await openRootFile(bytesSource(readFileSync(join(FOLDER, 'main.root')))), 't');
    expect(() => alone.branch('cal.w')).toThrow(/'calibration.root' cannot be opened from here/);
    expect(await rows(alone, ['inside.flag'], { to: 1 })).toEqual([{ 'inside.flag': 1 }]);
  });

  it('are in the description of the file', async () => {
    const source = await openSource(join(FOLDER, 'main.root'));
    const { trees } = await describeFile(await openRootFile(source));
    await source.close();
    const friends = trees.find(({ path }) => path === 't')?.friends;
    expect(friends?.map(({ name, error }) => [name, error === undefined])).toEqual([
      ['inside', true],
      ['cal', true],
      ['short', false],
      ['indexed', false],
    ]);
    expect(friends?.[1]).toMatchObject({ treePath: 'weights', fileName: 'calibration.root' });
    expect(friends?.[1]?.branches.map(({ path, columnType }) => [path, columnType])).toEqual([
      ['cal.w', 'f64'],
      ['cal.count', 'i32'],
      ['cal.scale', 'f32[]'],
    ]);
  });
});
