/** Columns that are read late hold, for the entries that are wanted, what they hold when all is read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import type { ByteRange } from '../storage/source.ts';
import { readBatches } from './batches.ts';
import { levelsOf } from './column-type.ts';
import { openRootFile } from './file.ts';
import { openTree, type Tree } from './tree.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.root'));

/** Opens the trees of a fixture; `asked` gets all ranges that are read from it. */
async function treesOf(name: string, asked: ByteRange[] = []): Promise<Tree[]> {
  const bytes = bytesSource(readFileSync(join(FIXTURES, name)));
  const source = {
    ...bytes,
    readMany: (ranges: readonly ByteRange[], signal?: AbortSignal) => {
      asked.push(...ranges);
      return bytes.readMany(ranges, signal);
    },
  };
  const file = await openRootFile(source);
  const keys = (await file.keys()).filter(({ key }) => key.className === 'TTree');
  return Promise.all(keys.map(({ path, key }) => openTree(file, `${path};${key.cycle}`)));
}

const readable = (tree: Tree) => [...tree.all()].filter(({ columnType }) => columnType !== undefined).map(({ path }) => path);

/** Entries of the named columns as nested arrays: all of them, or those that `wants` picks when `first` is there. */
async function collect(
  tree: Tree,
  names: readonly string[],
  options: { first?: readonly string[]; batchBytes: number },
  wants: (entry: number) => boolean,
) {
  const { first, batchBytes } = options;
  const found = new Map<string, unknown[]>(names.map((name) => [name, []]));
  let saved = 0;
  const seen: string[][] = [];
  const late = first && {
    first,
    select: ({ from, to, columns }: { from: number; to: number; columns: object }) => {
      seen.push(Object.keys(columns));
      return Uint8Array.from({ length: to - from }, (_, i) => Number(wants(from + i)));
    },
  };
  for await (const { from, to, columns, selection } of readBatches(tree, names, { batchBytes, ...(late && { late }) })) {
    saved += selection?.savedBytes ?? 0;
    if (first !== undefined)
      expect([...(selection?.wanted ?? [])]).toEqual(Array.from({ length: to - from }, (_, i) => Number(wants(from + i))));
    for (let entry = from; entry < to; entry++) {
      if (!wants(entry)) continue;
      for (const [name, column] of Object.entries(columns)) found.get(name)?.push([entry, ...valuesOf(column, entry - from)]);
    }
  }
  return { found, saved, seen };
}

/** The values of an entry, flat, behind the lengths of its lists. */
function valuesOf(column: Parameters<typeof levelsOf>[0], entry: number): unknown[] {
  let [from, to] = [entry, entry + 1];
  const lengths: number[] = [];
  for (const { offsets, size = 0 } of levelsOf(column)) {
    [from, to] = offsets === undefined ? [from * size, to * size] : [offsets[from] ?? 0, offsets[to] ?? 0];
    lengths.push(to - from);
  }
  return [...lengths, ...column.values.slice(from, to)];
}

describe.each(files)('%s', (name) => {
  it('gives wanted entries the same values, whichever columns come first, in batches of any size', async () => {
    for (const tree of await treesOf(name)) {
      const names = readable(tree);
      if (names.length === 0) continue;
      const period = fc.record({ every: fc.integer({ min: 1, max: 40 }), run: fc.integer({ min: 1, max: 60 }) });
      await fc.assert(
        fc.asyncProperty(fc.subarray(names), fc.integer({ min: 50, max: 50_000 }), period, async (first, batchBytes, { every, run }) => {
          const wants = (entry: number) => Math.floor(entry / run) % every === 0;
          const late = await collect(tree, names, { first, batchBytes }, wants);
          const all = await collect(tree, names, { batchBytes }, wants);
          expect(late.found).toEqual(all.found);
          for (const columns of late.seen) expect(columns).toEqual(expect.arrayContaining(first));
        }),
        { numRuns: 5 },
      );
    }
  });
});

describe('late reading', () => {
  it('fetches nothing of columns that no entry needs, and says how many bytes that saved', async () => {
    const asked: ByteRange[] = [];
    const [tree] = (await treesOf('types_zlib.root', asked)) as [Tree];
    const fixed = readable(tree).filter((path) => tree.branch(path).layout?.kind === 'fixed');
    const [first = '', ...others] = fixed;
    asked.length = 0;
    const { saved } = await collect(tree, fixed, { first: [first], batchBytes: 1e6 }, () => false);
    const bytesOf = (path: string) => tree.branch(path).baskets.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(others.length).toBeGreaterThan(3);
    expect(asked.reduce((sum, { length }) => sum + length, 0)).toBe(bytesOf(first));
    expect(saved).toBe(others.reduce((sum, path) => sum + bytesOf(path), 0));
  });

  it('fetches all columns together once most of them are needed', async () => {
    const asked: ByteRange[] = [];
    const trees = await treesOf('types_zlib.root', asked);
    const tree = trees[0] as Tree;
    const names = readable(tree).filter((path) => tree.branch(path).layout?.kind === 'fixed');
    asked.length = 0;
    const { saved } = await collect(tree, names, { first: names.slice(0, 1), batchBytes: 50 }, () => true);
    expect(saved).toBe(0);
    const all = names.flatMap((path) => tree.branch(path).baskets.map(({ seek }) => seek));
    expect(asked.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual(all.sort((a, b) => a - b));
  });
});
