import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { openRootFile } from './file.ts';
import { describeBasket } from './stored-basket.ts';
import { openTree } from './tree.ts';

it('a basket inside the record of its tree says where each of its entries starts, or of none', async () => {
  const bytes = readFileSync(join(import.meta.dirname, '../../test/fixtures/embedded.root'));
  const tree = await openTree(await openRootFile(bytesSource(bytes)), 'embedded');
  const ref = tree.branch('vector').baskets.find(({ embedded }) => embedded !== undefined);
  if (ref?.embedded === undefined) throw new Error('the fixture has no such basket');
  const { embedded } = ref;
  const { entries } = embedded.header;
  const withStarts = (count: number) => ({ ...ref, embedded: { ...embedded, entryOffsets: embedded.entryOffsets.subarray(0, count) } });
  for (const count of [0, entries]) expect(describeBasket(withStarts(count), undefined).dataBytes).toBe(embedded.data.length);
  expect(() => describeBasket(withStarts(entries - 1), undefined)).toThrow(
    `a basket of ${entries} entries says where ${entries - 1} of them start`,
  );
});

it('counts among the bytes of its branch', async () => {
  const bytes = readFileSync(join(import.meta.dirname, '../../test/fixtures/embedded.root'));
  const { branches } = await openTree(await openRootFile(bytesSource(bytes)), 'embedded');
  for (const { path, baskets, compressedBytes, uncompressedBytes } of branches) {
    const inside = baskets.reduce((sum, { embedded }) => sum + (embedded?.data.length ?? 0), 0);
    expect(inside, path).toBeGreaterThan(0);
    expect(compressedBytes, path).toBeGreaterThanOrEqual(inside);
    expect(uncompressedBytes, path).toBeGreaterThanOrEqual(inside);
  }
});
