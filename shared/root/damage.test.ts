/** Damaged files end in a tagged error or in values, soon and in little memory; damaged checksummed blocks always in an error. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { readEverything } from '../../test/hostile/read-everything.ts';
import { readBatches } from './batches.ts';
import { openRootFile } from './file.ts';
import { openTree } from './tree.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.root'));
const MAX_MS = 5000;
const MAX_BYTES = 500 * 2 ** 20;

async function expectGentle(bytes: Uint8Array): Promise<Set<string>> {
  const start = performance.now();
  const { codes } = await readEverything(bytes);
  expect(performance.now() - start).toBeLessThan(MAX_MS);
  expect(process.memoryUsage().rss).toBeLessThan(MAX_BYTES);
  return codes;
}

describe.each(files)('%s', (name) => {
  const original = readFileSync(join(FIXTURES, name));

  it('cut short anywhere is an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: original.length - 1 }), async (length) => {
        expect(await expectGentle(original.subarray(0, length))).toContain('RootFormatError');
      }),
      { numRuns: 10 },
    );
  });

  it('with flipped bits ends in tagged errors or values', async () => {
    const flips = fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const bytes = Uint8Array.from(original);
        for (const [place, mask] of places) bytes[place] = (bytes[place] ?? 0) ^ mask;
        await expectGentle(bytes);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a flipped bit in a block with a checksum', () => {
  it.each(['types_zlib.root', 'types_lz4.root', 'types_lzma.root'])(
    'is an error, or changes nothing (it fills the last byte of a stream): %s',
    async (name) => {
      const original = readFileSync(join(FIXTURES, name));
      const tree = await openTree(await openRootFile(bytesSource(original)), 'types');
      const baskets = [...tree.all()].flatMap((branch) => branch.baskets.map((basket) => ({ branch, basket })));
      await fc.assert(
        fc.asyncProperty(fc.nat(baskets.length - 1), fc.nat(), fc.nat(7), async (which, place, bit) => {
          const { branch, basket } = baskets[which] as (typeof baskets)[number];
          const keyLength = new DataView(original.buffer, original.byteOffset + basket.seek + 14, 2).getInt16(0);
          const objectLength = new DataView(original.buffer, original.byteOffset + basket.seek + 6, 4).getInt32(0);
          fc.pre(objectLength !== basket.bytes - keyLength); // stored as it is, without a checksum
          const bytes = Uint8Array.from(original);
          const payload = basket.seek + keyLength + 9;
          const at = payload + (place % (basket.bytes - keyLength - 9));
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          const damaged = await openTree(await openRootFile(bytesSource(bytes)), 'types');
          const outcome = await collectBranch(damaged, branch.path).catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'CodecError' });
          else expect(outcome).toEqual(await collectBranch(tree, branch.path));
        }),
        { numRuns: 60 },
      );
    },
  );
});

async function collectBranch(tree: Awaited<ReturnType<typeof openTree>>, path: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { columns } of readBatches(tree, [path]))
    found.push(...(columns[path]?.values ?? []), ...(columns[path]?.offsets ?? []));
  return found;
}
