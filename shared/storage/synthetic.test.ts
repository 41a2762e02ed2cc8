import { describe, expect, it } from 'vitest';
import { readBatches } from '../root/batches.ts';
import { openRootFile } from '../root/file.ts';
import { openTree } from '../root/tree.ts';
import { isToyFile } from '../toy/toy-mark.ts';
import { openSource } from './open.ts';

describe('synthetic:// files', () => {
  it('have so many entries, spread evenly from 0 to 100, and say that they are toys', async () => {
    const source = await openSource('synthetic://4');
    const file = await openRootFile(source);
    expect(isToyFile(await file.keys())).toBe(true);
    const tree = await openTree(file, 'rehearsal');
    for await (const { columns } of readBatches(tree, ['x'])) expect([...(columns['x']?.values ?? [])]).toEqual([12.5, 37.5, 62.5, 87.5]);
    expect(tree.entries).toBe(4);
    await source.close();
  });

  it.each(['synthetic://', 'synthetic://x', 'synthetic://-1', 'synthetic://1000001'])('refuse %s', async (location) => {
    await expect(openSource(location)).rejects.toMatchObject({ code: 'ConfigError' });
  });
});
