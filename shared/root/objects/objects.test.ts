import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../test/bytes-source.ts';
import { type Column, type TextColumn, textAt } from '../column-type.ts';
import { type BranchDigest, digestBranch } from '../digest.ts';
import { openRootFile } from '../file.ts';
import { readColumns } from '../read-columns.ts';
import { openTree, type Tree } from '../tree.ts';

const FOLDER = join(import.meta.dirname, '../../../test/fixtures/objects');
const BYTES = readFileSync(join(FOLDER, 'objects.root'));

interface Expected {
  readonly path: string;
  readonly type: string;
  /** 1: in `memberwise` only. */
  readonly trees: number;
  readonly digest: Pick<BranchDigest, 'entries' | 'dtype' | 'count' | 'content' | 'offsets'>;
}

const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Expected[];

async function openFixture(tree: string): Promise<Tree> {
  return openTree(await openRootFile(bytesSource(BYTES, 'objects.root')), tree);
}

async function readOne(tree: Tree, name: string, options = {}): Promise<Column[]> {
  const columns: Column[] = [];
  for await (const batch of readColumns(tree, [name], options)) columns.push(batch.columns[name] as Column);
  return columns;
}

describe.each(['memberwise', 'objectwise'])('strings, collections and objects stored %s', (name) => {
  it('have several baskets', async () => {
    const tree = await openFixture(name);
    expect(tree.branch('smalls').baskets.length).toBeGreaterThan(3);
  });

  const own = expected.filter(({ trees }) => trees === 2 || name === 'memberwise');

  it.each(own.map((column) => [column.path, column] as const))('%s is as it was filled', async (path, { type, digest }) => {
    const tree = await openFixture(name);
    const branch = tree.branch(path);
    expect(branch.unsupported).toBeUndefined();
    expect(branch.columnType).toBe(type);
    expect(await digestBranch(tree, branch)).toMatchObject(digest);
    expect(await digestBranch(tree, branch, { batchBytes: 100 })).toMatchObject(digest);
  });
});

describe('columns of texts and objects', () => {
  it('keep the bytes of texts that are no UTF-8, and of long ones', async () => {
    const tree = await openFixture('memberwise');
    for (const name of ['s', 'c', 'event.label.fString']) {
      const [column] = (await readOne(tree, name)) as unknown as [TextColumn];
      expect(textAt(column, 1)).toBe('entry 1 \u00b5');
      expect(textAt(column, 4)).toBe('');
      expect(textAt(column, 3)).toHaveLength(303);
      expect(textAt(column, 5)).toBe('not \ufffd UTF-8');
      expect([...column.values.subarray(column.offsets[5], column.offsets[6])]).toContain(0xff);
    }
  });

  it('of one branch are read at once, with those of others', async () => {
    const source = bytesSource(BYTES, 'objects.root');
    const tree = await openTree(await openRootFile(source), 'memberwise');
    const stored = (name: string) => tree.branch(name).baskets.reduce((sum, { bytes }) => sum + bytes, 0);
    source.asked.length = 0;
    const names = ['hits.s', 'vv', 'hits.id', 'p4.fP.fX', 'hits.e'];
    for await (const { columns } of readColumns(tree, names)) {
      expect(Object.keys(columns).sort()).toEqual([...names].sort());
      expect(columns['hits.id']).toMatchObject({ type: 'i32[]' });
    }
    const asked = source.asked.reduce((sum, { length }) => sum + length, 0);
    expect(asked).toBe(stored('hits.id') + stored('vv') + stored('p4.fP.fX'));
  });

  it('may begin anywhere', async () => {
    const tree = await openFixture('memberwise');
    const [whole] = (await readOne(tree, 'vvs')) as unknown as [TextColumn & { levels: readonly { offsets: Int32Array }[] }];
    for (const [from, to] of [
      [0, 1],
      [7, 15],
      [23, 24],
      [5, 5],
    ] as const) {
      const parts = (await readOne(tree, 'vvs', { from, to, batchBytes: 64 })) as unknown as (typeof whole)[];
      const texts = parts.flatMap((part) => Array.from({ length: part.offsets.length - 1 }, (_, i) => textAt(part, i)));
      const [outer, inner] = whole.levels.map(({ offsets }) => offsets) as [Int32Array, Int32Array];
      const [first, last] = [inner[outer[from]!]!, inner[outer[to]!]!];
      expect(texts).toEqual(Array.from({ length: last - first }, (_, i) => textAt(whole, first + i)));
    }
  });

  it('say what they are, where the whole object is asked for', async () => {
    const tree = await openFixture('memberwise');
    await expect(readOne(tree, 'hits')).rejects.toMatchObject({ code: 'UnsupportedError', object: 'memberwise/hits' });
    await expect(readOne(tree, 'hits')).rejects.toThrow('.id, .e, .v, .s');
    expect(tree.branch('hits').columnType).toBeUndefined();
    expect(tree.branch('deep').children).toHaveLength(27);
  });
});
