import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { digestBranch } from './digest.ts';
import { openRootFile } from './file.ts';
import { type BatchPart, cutByColumns, type PlannedRead, planBatches, planWindows } from './plan.ts';
import { type BasketRef, type Branch, openTree } from './tree.ts';

/** A branch of `entries` entries with baskets that start at these. */
function branchOf(starts: readonly number[], entries: number, entryBytes: number): Branch {
  const baskets = starts.map((firstEntry, i): BasketRef => {
    const place = { seek: 0, bytes: 1, embedded: undefined };
    return { firstEntry, endEntry: starts[i + 1] ?? entries, ...place };
  });
  return { path: 'x', entries, uncompressedBytes: entries * entryBytes, baskets } as unknown as Branch;
}

const every = (step: number, entries: number) => Array.from({ length: Math.ceil(entries / step) }, (_, i) => i * step);

describe('planBatches', () => {
  it('leaves clusters whole whose baskets are as long as they: cutting would copy them all', () => {
    const branches = [branchOf(every(1000, 4000), 4000, 8), branchOf(every(1000, 4000), 4000, 4)];
    expect(planBatches(branches, 0, 4000, 1000).map(({ from, to }) => [from, to])).toEqual(every(1000, 4000).map((at) => [at, at + 1000]));
  });

  it('cuts a cluster into no more parts than its baskets are, by their bytes', () => {
    const branches = [branchOf([0], 1000, 1), branchOf(every(10, 1000), 1000, 8)];
    // 9 bytes an entry; a cut goes through baskets of 1000 and 80 bytes.
    expect(planBatches(branches, 0, 1000, 1000)).toHaveLength(8);
    expect(planBatches(branches, 0, 1000, 3300)).toHaveLength(3);
    expect(planBatches(branches, 0, 1000, 9000)).toHaveLength(1);
  });

  it('covers any range once, and reads each basket once', () => {
    const starts = fc.uniqueArray(fc.integer({ min: 1, max: 499 }), { maxLength: 12 }).map((cuts) => [0, ...cuts.sort((a, b) => a - b)]);
    fc.assert(
      fc.property(fc.array(starts, { minLength: 1, maxLength: 4 }), fc.nat(500), fc.nat(500), fc.nat(4000), (lists, a, b, bytes) => {
        const branches = lists.map((list) => branchOf(list, 500, 4));
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const batches = planBatches(branches, from, to, bytes);
        expect(batches.map((batch) => batch.from)).toEqual([from, ...batches.map((batch) => batch.to)].slice(0, batches.length));
        if (from < to) expect(batches.at(-1)?.to).toBe(to);
        const reads = batches.flatMap((batch) => batch.reads.map(({ column, basket }) => `${column}/${basket}`));
        const wanted = branches.flatMap(({ baskets }, column) =>
          baskets.flatMap(({ firstEntry, endEntry }, basket) => (firstEntry < to && endEntry > from ? [`${column}/${basket}`] : [])),
        );
        expect(reads.sort()).toEqual(from < to ? wanted.sort() : []);
      }),
    );
  });
});

describe('cutByColumns', () => {
  it('keeps all columns and reads in order, in parts of so many bytes or of one column', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(50), { maxLength: 4 }), { maxLength: 8 }), fc.nat(100), (columns, mostBytes) => {
        const reads = columns.flatMap((sizes, column) => sizes.map((_, basket) => ({ column, basket })));
        const bytesOf = ({ column, basket }: PlannedRead) => columns[column]?.[basket] as number;
        const parts = cutByColumns({ from: 0, to: 1, reads }, columns.length, mostBytes, bytesOf);
        expect(parts.flatMap((part) => part.reads)).toEqual(reads);
        expect([parts[0]?.first, parts.at(-1)?.end]).toEqual([0, columns.length]);
        for (const [i, part] of parts.entries()) {
          expect(part.first).toBe(parts[i - 1]?.end ?? 0);
          for (const { column } of part.reads) expect(column >= part.first && column < part.end).toBe(true);
          const bytes = part.reads.reduce((sum, read) => sum + bytesOf(read), 0);
          expect(part.end - part.first === 1 || bytes <= mostBytes).toBe(true);
        }
      }),
    );
  });
});

describe('planWindows', () => {
  it('keeps all parts in order, and joins neighbours as long as there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.nat(300), (sizes, windowBytes) => {
        const parts = sizes.map((size, i): BatchPart => {
          const reads = Array(size).fill({ column: 0, basket: 0 });
          return { batch: { from: i, to: i + 1, reads }, first: 0, end: 1, reads };
        });
        const bytesOf = ({ reads }: BatchPart) => reads.length;
        const windows = planWindows(parts, windowBytes, bytesOf);
        expect(windows.flat()).toEqual(parts);
        const sums = windows.map((window) => window.reduce((sum, part) => sum + bytesOf(part), 0));
        for (const [i, window] of windows.entries()) {
          expect(window.length === 1 || (sums[i] as number) <= windowBytes).toBe(true);
          const next = windows[i + 1]?.[0];
          if (next !== undefined) expect((sums[i] as number) + bytesOf(next)).toBeGreaterThan(windowBytes);
        }
      }),
    );
  });
});

describe('a source that is far away', () => {
  it('is asked for several batches at once, and gives the same values', async () => {
    const bytes = readFileSync(join(import.meta.dirname, '../../test/fixtures/types_zlib.root'));
    const read = async (windowBytes: number | undefined) => {
      let fetches = 0;
      const source = bytesSource(bytes);
      const counted = {
        ...source,
        windowBytes,
        readMany: (...asked: Parameters<typeof source.readMany>) => {
          fetches++;
          return source.readMany(...asked);
        },
      };
      const tree = await openTree(await openRootFile(counted), 'types');
      const digest = await digestBranch(tree, tree.branch('counted_f64'), { batchBytes: 100 });
      return { fetches, sha256: digest.content.sha256 };
    };
    const [near, far] = [await read(undefined), await read(1e6)];
    expect(near.fetches).toBeGreaterThan(2);
    expect(far).toEqual({ fetches: 1, sha256: near.sha256 });
  });
});
