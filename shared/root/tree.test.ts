/** Branches are read when they are asked for: each says the same then, whatever was asked for before. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { openRootFile } from './file.ts';
import { isTreeClass, openTree, type Tree } from './tree.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.root'));

async function treesOf(bytes: Uint8Array, name: string): Promise<Tree[]> {
  const file = await openRootFile(bytesSource(bytes, name));
  const keys = (await file.keys()).filter(({ key }) => isTreeClass(key.className));
  return Promise.all(keys.map(({ path, key }) => openTree(file, `${path};${key.cycle}`)));
}

describe.each(files)('%s', (name) => {
  const bytes = readFileSync(join(FIXTURES, name));

  it('describes each branch as if no other had been asked for', async () => {
    for (const [i, tree] of (await treesOf(bytes, name)).entries()) {
      for (const { path } of tree.branches) {
        const alone = (await treesOf(bytes, name))[i]?.branch(path);
        expect({ ...alone }).toEqual({ ...tree.branch(path) });
      }
    }
  });
});

describe('a branch whose description is damaged', () => {
  it('is an error with its name, each time it is asked for; the others are read', async () => {
    const bytes = Buffer.from(readFileSync(join(FIXTURES, 'types_none.root')));
    // What stands behind the title is the length of the next part: it now reaches out of the file.
    const title = 'fixed_f64[3]/D';
    const behind = bytes.indexOf(title) + title.length;
    expect(behind).toBeGreaterThan(title.length);
    bytes.writeUInt32BE(0x7fffffff, behind);
    const [tree] = await treesOf(bytes, 'damaged.root');
    const damage = expect.objectContaining({ code: 'RootFormatError', file: 'damaged.root', object: 'types/fixed_f64' });
    for (let i = 0; i < 2; i++) expect(() => tree?.branch('fixed_f64').entries).toThrow(damage);
    expect(tree?.branch('counted_f64').entries).toBe(tree?.entries);
    expect(tree?.branch('vector_float').baskets.length).toBeGreaterThan(0);
  });

  it('is an error where a basket ends before it starts', async () => {
    const bytes = Buffer.from(readFileSync(join(FIXTURES, 'types_none.root')));
    const [sound] = await treesOf(bytes, 'sound.root');
    const { baskets } = sound?.branch('fixed_f64') ?? { baskets: [] };
    expect(baskets.length).toBeGreaterThan(1);
    const firsts = Buffer.alloc(8 * baskets.length);
    for (const [i, { firstEntry }] of baskets.entries()) firsts.writeBigInt64BE(BigInt(firstEntry), 8 * i);
    const place = bytes.indexOf(firsts, bytes.indexOf('fixed_f64[3]/D'));
    bytes.writeBigInt64BE(BigInt(baskets[1]?.endEntry ?? 0), place);
    const [tree] = await treesOf(bytes, 'damaged.root');
    expect(() => tree?.branch('fixed_f64').baskets).toThrow(
      expect.objectContaining({ message: expect.stringContaining('basket 0 ends before it starts'), object: 'types/fixed_f64' }),
    );
  });
});
