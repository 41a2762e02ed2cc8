import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { moreThan, openThings } from '../../test/leaks.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { FileCache } from './file-cache.ts';

let folder: string;
let sample: string;
let files: FileCache;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-cache-'));
  [sample = ''] = writeLeptonSamples(folder, { llll: 1000 });
  files = new FileCache({ attempts: 1, baseMs: 1, maxMs: 1 });
});
afterEach(async () => {
  await files.close();
  rmSync(folder, { recursive: true });
});

const open = (run: string, url = sample) => files.open({ run, url, tree: 'mini' }, new AbortController().signal, () => {});
/** A file of 500 entries. */
const otherFile = () => writeLeptonSamples(join(folder, 'other'), { llll: 500 })[0] ?? '';

describe('FileCache', () => {
  it('opens a file once for the tasks of a run', async () => {
    const first = await open('one');
    expect((await open('one')).source).toBe(first.source);
  });

  it('keeps a few files open, and closes the one used longest ago for another', async () => {
    const urls = [1, 2, 3, 4, 5].map((index) => writeLeptonSamples(join(folder, `${index}`), { llll: 100 })[0] ?? '');
    const opened = [];
    for (const url of urls.slice(0, 4)) opened.push((await open('one', url)).source);
    await open('one', urls[0]);
    opened.push((await open('one', urls[4])).source);
    const kinds = opened.map((source) =>
      source.read(0, 4).then(
        () => 'open',
        ({ kind }) => kind,
      ),
    );
    expect(await Promise.all(kinds)).toEqual(['open', 'closed', 'open', 'open', 'open']);
  });

  it('leaves no file open whose tree is not there', async () => {
    const before = openThings();
    const opening = files.open({ run: 'one', url: sample, tree: 'maxi' }, new AbortController().signal, () => {});
    await expect(opening).rejects.toMatchObject({ code: 'ConfigError' });
    expect(moreThan(before, openThings())).toEqual([]);
  });

  it.each([
    ['by another one', (path: string) => renameSync(path, sample)],
    ['in place', (path: string) => copyFileSync(path, sample)],
  ])('reads a file anew for another run, before which it was replaced %s', async (_, replace) => {
    expect((await open('one')).tree.entries).toBe(1000);
    replace(otherFile());
    const { tree, source } = await open('two');
    expect(tree.entries).toBe(500);
    expect(await source.read(0, 4)).toEqual(new Uint8Array(Buffer.from('root')));
  });
});
