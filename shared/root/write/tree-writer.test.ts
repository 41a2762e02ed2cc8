import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../test/bytes-source.ts';
import { readBranchesWithJsroot } from '../../../test/jsroot.ts';
import { ALL_BRANCHES, allColumns, COUNTED_BRANCHES, countedColumns, type WrittenTree, writeTree } from '../../../test/written-file.ts';
import { readBatches } from '../batches.ts';
import { openRootFile } from '../file.ts';
import { openTree, type Tree } from '../tree.ts';
import { CODEC_NAMES } from './compress.ts';

async function openWritten(options: WrittenTree): Promise<Tree> {
  return openTree(await openRootFile(bytesSource(await writeTree(options))), 't');
}

/** All values of branches, as the reader gives them. */
async function readAll(
  tree: Tree,
  names = tree.branches.map((branch) => branch.path),
): Promise<Record<string, { values: unknown[]; counts: number[] }>> {
  const result = Object.fromEntries(names.map((name) => [name, { values: [] as unknown[], counts: [] as number[] }]));
  for await (const { columns } of readBatches(tree, names)) {
    for (const [name, { values, offsets }] of Object.entries(columns)) {
      result[name]?.values.push(...values);
      if (offsets !== undefined) result[name]?.counts.push(...counts(offsets));
    }
  }
  return result;
}

function counts(offsets: Int32Array): number[] {
  return [...offsets.subarray(1)].map((end, i) => end - (offsets[i] ?? 0));
}

function expectedOf(entries: number) {
  const columns = Object.entries(allColumns(entries));
  return Object.fromEntries(
    columns.map(([name, { values, offsets }]) => [name, { values: [...values], counts: offsets === undefined ? [] : counts(offsets) }]),
  );
}

describe('a tree that we wrote', () => {
  it.each(CODEC_NAMES)('is read back by our reader, every type, with codec %s', async (codec) => {
    const entries = codec === 'lzma' ? 400 : 1000; // LZMA is slow
    const tree = await openWritten({ codec, entries, clusterEntries: 300 });
    expect(await readAll(tree)).toEqual(expectedOf(entries));
  });

  it('is read by jsroot, every type but 64-bit integers past 2^53', async () => {
    const bytes = await writeTree({ codec: 'zlib', entries: 500, clusterEntries: 150 });
    const branches = ALL_BRANCHES.filter(({ type }) => !/[iu]64/.test(type)).map(({ name }) => name);
    const found = await readBranchesWithJsroot(bytes.buffer, 't', branches);
    const expected = expectedOf(500);
    for (const name of branches) expect(found[name], name).toEqual(expected[name]?.values);
  });

  it('may have counted leaves of every type, which our reader and jsroot read', async () => {
    const columns = countedColumns(700);
    const options = { codec: 'zlib', entries: 700, clusterEntries: 200, basketBytes: 3000, branches: COUNTED_BRANCHES, columns } as const;
    const tree = await openWritten(options);
    const lists = COUNTED_BRANCHES.filter(({ counter }) => counter !== undefined).map(({ name }) => name);
    for (const name of lists) expect(tree.branch(name).counter).toBe('n');
    const read = await readAll(tree, ['n', ...lists]);
    for (const name of lists) expect(read[name]?.values, name).toEqual([...(columns[name]?.values ?? [])]);
    expect(read['n']?.values).toEqual(read['counted_f32']?.counts);
    const small = lists.filter((name) => !/[iu]64/.test(name));
    const found = await readBranchesWithJsroot((await writeTree(options)).buffer, 't', small);
    for (const name of small) expect(found[name], name).toEqual([...(columns[name]?.values ?? [])].map(Number));
  });

  it('has baskets that end at each cluster and grow after the first', async () => {
    const tree = await openWritten({ codec: 'zlib', entries: 9000, clusterEntries: 4000, basketBytes: 4000 });
    for (const name of ['vector_f32', 'leaf_f64']) {
      const firsts = tree.branch(name).baskets.map((basket) => basket.firstEntry);
      expect(firsts.filter((first) => first > 0 && first < 4000).length, name).toBeGreaterThan(5);
      expect(firsts.filter((first) => first >= 4000)).toEqual([4000, 8000]);
    }
  });

  it('has its baskets in the file in the order of entries', async () => {
    const tree = await openWritten({ codec: 'none', entries: 5000, clusterEntries: 2000, basketBytes: 4000 });
    const baskets = tree.branches.flatMap((branch) =>
      branch.baskets.map((basket, i) => ({ ...basket, end: branch.baskets[i + 1]?.firstEntry ?? 5000 })),
    );
    const ends = baskets.sort((a, b) => a.seek - b.seek).map((basket) => basket.end);
    expect(ends.length).toBeGreaterThan(100);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
  });

  it('does not depend on how its entries were handed over', async () => {
    const whole = await writeTree({ codec: 'lz4', entries: 2500, clusterEntries: 600 });
    const parts = await writeTree({ codec: 'lz4', entries: 2500, clusterEntries: 600, batch: 171 });
    expect(Buffer.compare(whole, parts)).toBe(0);
  });

  it('may have no entries', async () => {
    const tree = await openWritten({ codec: 'zstd', entries: 0, clusterEntries: 10 });
    expect(tree.entries).toBe(0);
    expect(tree.branches).toHaveLength(ALL_BRANCHES.length);
  });

  it('may have baskets of more than 16 MB, in several blocks', async () => {
    const values = Float32Array.from({ length: 5_000_000 }, (_, i) => i % 1000);
    const one = { branches: [{ name: 'x', type: 'f32' }], columns: { x: { values } } } as const;
    const tree = await openWritten({ codec: 'zlib', entries: values.length, clusterEntries: values.length, basketBytes: 3e7, ...one });
    expect(tree.branch('x').baskets).toHaveLength(1);
    let read = 0;
    for await (const { from, to, columns } of readBatches(tree, ['x'])) {
      expect(from).toBe(read);
      const found = columns['x']?.values as Float32Array;
      expect(found.findIndex((value, i) => value !== (from + i) % 1000)).toBe(-1);
      read = to;
    }
    expect(read).toBe(values.length);
  });

  it.each([
    [
      'has two branches of one name',
      {
        branches: [
          { name: 'x', type: 'f32' },
          { name: 'x', type: 'i32' },
        ],
      },
      'same name',
    ],
    ['has a branch without a column', { branches: [{ name: 'x', type: 'f32' }], columns: {} }, 'no column'],
    [
      'has a column that is too short',
      { branches: [{ name: 'x', type: 'f32' }], columns: { x: { values: new Float32Array(1) } } },
      'does not hold 2',
    ],
    [
      'has a list column without offsets',
      { branches: [{ name: 'x', type: 'f32[]' }], columns: { x: { values: new Float32Array(9) } } },
      'does not hold 2',
    ],
    ['has clusters of nothing', { clusterEntries: 0 }, 'cluster'],
    ['counts by a branch that is not there', { branches: [{ name: 'x', type: 'f32[]', counter: 'n' }] }, '`n` is no branch before it'],
    [
      'counts by a branch that comes later',
      {
        branches: [
          { name: 'x', type: 'f32[]', counter: 'n' },
          { name: 'n', type: 'i32' },
        ],
      },
      '`n` is no branch before it',
    ],
    [
      'counts by a fraction',
      {
        branches: [
          { name: 'n', type: 'f32' },
          { name: 'x', type: 'f32[]', counter: 'n' },
        ],
      },
      'no i32 or u32',
    ],
    [
      'counts a number',
      {
        branches: [
          { name: 'n', type: 'i32' },
          { name: 'x', type: 'f32', counter: 'n' },
        ],
      },
      'has no counter',
    ],
    [
      'has a list of another length than its counter says',
      {
        branches: [
          { name: 'n', type: 'i32' },
          { name: 'x', type: 'f32[]', counter: 'n' },
        ],
        columns: { n: { values: Int32Array.of(1, 2) }, x: { values: new Float32Array(2), offsets: Int32Array.of(0, 1, 2) } },
      },
      'entry 1 has a list of 1, its counter `n` says 2',
    ],
  ] as const)('is refused where it %s', async (_what, options, message) => {
    await expect(writeTree({ codec: 'none', entries: 2, clusterEntries: 5, ...options })).rejects.toThrow(message);
  });
});
