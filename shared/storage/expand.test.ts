import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandInputs } from './expand.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-expand-'));
  await mkdir(join(folder, 'deep', 'er'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  for (const name of ['b.root', 'a.root', 'notes.txt', 'odd[1].root', 'deep/c.root', 'deep/er/d.root'])
    await writeFile(join(folder, name), '');
  await symlink(join(folder, 'a.root'), join(folder, 'deep', 'link.root'));
});
afterAll(() => rm(folder, { recursive: true }));

const paths = (...names: string[]) => names.map((name) => join(folder, name));

describe('expandInputs', () => {
  it('takes a folder for all *.root files below it, sorted', async () => {
    const all = ['a.root', 'b.root', 'deep/c.root', 'deep/er/d.root', 'deep/link.root', 'odd[1].root'];
    expect(await expandInputs([folder])).toEqual(paths(...all));
  });

  it('takes a pattern', async () => {
    expect(await expandInputs([join(folder, '{a,b}.root')])).toEqual(paths('a.root', 'b.root'));
    expect(await expandInputs([join(folder, '**', '[cd].root')])).toEqual(paths('deep/c.root', 'deep/er/d.root'));
  });

  it('takes a file of any name, also one that looks like a pattern', async () => {
    expect(await expandInputs([join(folder, 'notes.txt'), join(folder, 'odd[1].root')])).toEqual(paths('notes.txt', 'odd[1].root'));
  });

  it('answers absolute paths, and each file once however it was named', async () => {
    const names = [join(folder, 'a.root'), relative(process.cwd(), join(folder, 'a.root')), pathToFileURL(join(folder, 'a.root')).href];
    expect(await expandInputs([...names, join(folder, 'a*')])).toEqual(paths('a.root'));
  });

  it('leaves URLs as they are', async () => {
    expect(await expandInputs(['https://example.org/x?y=*', 'https://example.org/x?y=*'])).toEqual(['https://example.org/x?y=*']);
  });

  it.each(['nothing-here.root', 'nothing*.root', 'empty'])('says which of the words names nothing: %s', async (name) => {
    const error = await expandInputs([folder, join(folder, name)]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ConfigError', file: join(folder, name) });
  });
});
