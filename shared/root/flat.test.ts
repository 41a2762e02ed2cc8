import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { type FlatDigest, flatDigest } from '../../test/oracles/our-branch.ts';
import { type Column, levelsOf } from './column-type.ts';
import { openRootFile } from './file.ts';
import { readColumns } from './read-columns.ts';
import { openTree, type Tree } from './tree.ts';

const FOLDER = join(import.meta.dirname, '../../test/fixtures/flat');

interface Expected extends FlatDigest {
  readonly tree: string;
  readonly path: string;
  readonly type: string;
}

const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Expected[];
const file = openRootFile(bytesSource(readFileSync(join(FOLDER, 'flat.root')), 'flat.root'));
const open = async (name: string): Promise<Tree> => openTree(await file, name);

/** The lists of a column, one an entry. */
async function lists(tree: Tree, name: string, from = 0, to = tree.entries): Promise<number[][]> {
  const all: number[][] = [];
  for await (const batch of readColumns(tree, [name], { from, to, batchBytes: 256 })) {
    const column = batch.columns[name] as Column;
    const [level] = levelsOf(column);
    for (let i = 0; i < batch.to - batch.from; i++)
      all.push(Array.from(column.values.slice(level?.offsets?.[i] ?? i, level?.offsets?.[i + 1] ?? i + 1), Number));
  }
  return all;
}

async function valuesOf(tree: Tree, name: string, from: number, to: number): Promise<number[]> {
  const all: number[] = [];
  for await (const { columns } of readColumns(tree, [name], { from, to, batchBytes: 100 }))
    all.push(...Array.from(columns[name]?.values ?? [], Number));
  return all;
}

describe('leaf lists, packed numbers, lists of arrays and members of split objects', () => {
  it.each(expected.map((line) => [`${line.tree}:${line.path}`, line] as const))('%s is what ROOT reads', async (_, line) => {
    const tree = await open(line.tree);
    const branch = tree.branch(line.path);
    expect(branch.columnType).toBe(line.type);
    expect(await flatDigest(tree, branch)).toEqual({ values: line.values, lengths: line.lengths });
  });

  it('arrays that another member counts are read, packed ones as well', async () => {
    const tree = await open('split');
    const entries = Array.from({ length: 40 }, (_, i) => i);
    const list = (length: number, value: (k: number) => number) => Array.from({ length }, (_, k) => value(k));
    expect(await lists(tree, 'event.weights')).toEqual(entries.map((i) => list(i % 3, (k) => i + k / 4)));
    expect(await lists(tree, 'event.best.trail')).toEqual(entries.map((i) => list(i % 4, (k) => k / 8)));
    expect(await lists(tree, 'event.best.steps')).toEqual(entries.map((i) => list(i % 4, (k) => i - k)));
  });

  it('branches of split collections have the number of their items', async () => {
    const tree = await open('split');
    const lengths = (await lists(tree, 'event.hits.n')).map((items) => [items.length]);
    expect(await lists(tree, 'event./event.hits')).toEqual(lengths);
    expect(new Set(lengths.flat())).toEqual(new Set([0, 1, 2, 3]));
  });

  it('the bits of objects that others refer to are read past the number of the process', async () => {
    const bits = (await lists(await open('split'), 'event.hits.fBits')).flat();
    const isReferenced = bits.map((value) => (value & 0x10) !== 0);
    expect(isReferenced).toContain(true);
    expect(isReferenced).toContain(false);
  });

  it('lists of arrays whose offsets are not stored are as they were written', async () => {
    const tree = await open('map');
    expect(tree.branch('rows').columnType).toBe('f32[][3]');
    const rows = Array.from({ length: 50 }, (_, i) => Array.from({ length: 3 * ((3 * i) % 5) }, (_, k) => i + k / 16));
    for (const [from, to] of [
      [0, 50],
      [13, 37],
    ] as const)
      expect(await valuesOf(tree, 'rows', from, to)).toEqual(rows.slice(from, to).flat());
  });

  it('lists of Double32_t are read', async () => {
    const wanted = Array.from({ length: 40 }, (_, i) => Array.from({ length: i % 4 }, () => i / 8));
    expect(await lists(await open('split'), 'event.doubles')).toEqual(wanted);
  });

  it('what of them is not read says why', async () => {
    const tree = await open('split');
    expect(tree.branch('event.hits.trail').unsupported).toMatch(/an array that n counts is not read/);
    expect(tree.branch('event.best').unsupported).toMatch(/split into its members/);
    expect((await open('leaves')).branch('mixed').unsupported).toMatch(/it holds several values, which are columns: .i, .xyz/);
  });
});
