/** Damaged RNTuples end in a tagged error or in values, soon and in little memory; what has a checksum always in an error. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../test/bytes-source.ts';
import { isPipelineError } from '../../errors.ts';
import { digestBranch } from '../digest.ts';
import { openRootFile } from '../file.ts';
import { isTreeClass, openTree } from '../tree.ts';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/rntuple');
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.root') && name !== 'nano_ttree.root');
const MAX_MS = 5000;
const MAX_BYTES = 500 * 2 ** 20;

/** Reads every field that can be read; gives the digests, and the codes of the errors met. */
async function readAll(bytes: Uint8Array): Promise<{ digests: Map<string, string>; codes: Set<string> }> {
  const codes = new Set<string>();
  const digests = new Map<string, string>();
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!isPipelineError(error)) throw error;
      codes.add(error.code);
    }
  };
  const start = performance.now();
  await attempt(async () => {
    const file = await openRootFile(bytesSource(bytes));
    for (const { path, key } of await file.keys()) {
      if (!isTreeClass(key.className)) continue;
      await attempt(async () => {
        const tree = await openTree(file, path);
        for (const name of tree.rntuple?.plans.keys() ?? []) {
          await attempt(async () => {
            digests.set(name, (await digestBranch(tree, tree.branch(name))).content.sha256);
          });
        }
      });
    }
  });
  expect(performance.now() - start).toBeLessThan(MAX_MS);
  expect(process.memoryUsage().rss).toBeLessThan(MAX_BYTES);
  return { digests, codes };
}

describe.each(files)('%s', (name) => {
  const original = readFileSync(join(FIXTURES, name));

  it('cut short anywhere is an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: original.length - 1 }), async (length) => {
        expect((await readAll(original.subarray(0, length))).codes).toContain('RootFormatError');
      }),
      { numRuns: 20 },
    );
  });

  it('with flipped bits ends in tagged errors or in the right values', async () => {
    const right = await readAll(original);
    expect(right.codes).toEqual(new Set());
    const flips = fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const bytes = Uint8Array.from(original);
        for (const [place, mask] of places) bytes[place] = (bytes[place] ?? 0) ^ mask;
        // Anchor, envelopes and pages all have checksums: a value that is read is a value that was written.
        for (const [field, digest] of (await readAll(bytes)).digests) expect([field, digest]).toEqual([field, right.digests.get(field)]);
      }),
      { numRuns: 20 },
    );
  });
});
