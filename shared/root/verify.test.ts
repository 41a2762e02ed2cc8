/** Reading without the tables of entry offsets gives what reading with them gives, and says what it no longer verifies. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { readBatches } from './batches.ts';
import type { Verify } from './codecs/codec.ts';
import { openRootFile } from './file.ts';
import { openTree, type Tree } from './tree.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.root'));

async function treesOf(bytes: Uint8Array): Promise<Tree[]> {
  const file = await openRootFile(bytesSource(bytes));
  const keys = (await file.keys()).filter(({ key }) => key.className === 'TTree');
  return Promise.all(keys.map(({ path, key }) => openTree(file, `${path};${key.cycle}`)));
}

/** Lists and values of the named columns, read together: by name, entry for entry. */
async function collect(tree: Tree, names: readonly string[], verify: Verify, batchBytes?: number): Promise<Map<string, unknown[]>> {
  const found = new Map<string, unknown[]>(names.map((name) => [name, []]));
  for await (const { from, to, columns } of readBatches(tree, names, { verify, ...(batchBytes && { batchBytes }) })) {
    for (const [name, column] of Object.entries(columns)) {
      const { values, offsets, size = 1 } = column as { values: Uint8Array; offsets?: Int32Array; size?: number };
      for (let entry = 0; entry < to - from; entry++) {
        const list =
          offsets === undefined ? values.slice(entry * size, (entry + 1) * size) : values.slice(offsets[entry], offsets[entry + 1]);
        found.get(name)?.push([...list]);
      }
    }
  }
  return found;
}

describe.each(files)('%s', (name) => {
  it('gives each column the same values alone, with all others, in batches of any size, and verified or not', async () => {
    for (const tree of await treesOf(readFileSync(join(FIXTURES, name)))) {
      const names = [...tree.all()].filter(({ columnType }) => /^[a-z]+\d*(\[\d*\])?$/.test(columnType ?? '')).map(({ path }) => path);
      const alone = new Map<string, unknown[]>();
      for (const path of names) alone.set(path, (await collect(tree, [path], 'full')).get(path) ?? []);
      const batchBytes = fc.integer({ min: 50, max: 100_000 });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('full', 'data'), batchBytes, async (verify, bytes) => {
          expect(await collect(tree, names, verify, bytes)).toEqual(alone);
        }),
        { numRuns: 4 },
      );
    }
  });
});

describe('a damaged checksum', () => {
  /** Columns of a copy of the fixture whose baskets of vector branches have another Adler-32 or xxHash64. */
  async function damagedVectors(name: string, place: (block: number, bytes: number) => number): Promise<{ tree: Tree; names: string[] }> {
    const bytes = Uint8Array.from(readFileSync(join(FIXTURES, name)));
    const [tree] = await treesOf(bytes);
    const branches = [...(tree?.all() ?? [])].filter(({ layout }) => layout?.kind === 'vector');
    for (const { baskets } of branches) {
      for (const { seek } of baskets) {
        const view = new DataView(bytes.buffer, seek);
        const keyLength = view.getInt16(14);
        if (view.getInt32(0) - keyLength === view.getInt32(6)) continue; // not compressed
        const at = place(seek + keyLength + 9, view.getInt32(0) - keyLength - 9);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
      }
    }
    return { tree: tree as Tree, names: branches.map(({ path }) => path) };
  }

  it('of ZLIB is an error with `full`, and not looked at with `data`', async () => {
    const { tree, names } = await damagedVectors('types_zlib.root', (block, bytes) => block + bytes - 1);
    expect(names.length).toBeGreaterThan(0);
    await expect(collect(tree, names, 'full')).rejects.toMatchObject({ code: 'CodecError' });
    const [sound] = await treesOf(readFileSync(join(FIXTURES, 'types_zlib.root')));
    expect(await collect(tree, names, 'data')).toEqual(await collect(sound as Tree, names, 'full'));
  });

  it('of LZ4 is an error with both: it covers the compressed bytes', async () => {
    const { tree, names } = await damagedVectors('types_lz4.root', (block) => block);
    expect(names.length).toBeGreaterThan(0);
    await expect(collect(tree, names, 'full')).rejects.toMatchObject({ code: 'CodecError' });
    await expect(collect(tree, names, 'data')).rejects.toMatchObject({ code: 'CodecError' });
  });
});
