import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { digestBranch } from './digest.ts';
import { openRootFile } from './file.ts';
import { type Batch, planWindows } from './plan.ts';
import { openTree } from './tree.ts';

describe('planWindows', () => {
  it('keeps all batches in order, and joins neighbours as long as there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.nat(300), (sizes, windowBytes) => {
        const batches: Batch[] = sizes.map((size, i) => ({ from: i, to: i + 1, reads: Array(size).fill({ column: 0, basket: 0 }) }));
        const bytesOf = ({ reads }: Batch) => reads.length;
        const windows = planWindows(batches, windowBytes, bytesOf);
        expect(windows.flat()).toEqual(batches);
        const sums = windows.map((window) => window.reduce((sum, batch) => sum + bytesOf(batch), 0));
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
