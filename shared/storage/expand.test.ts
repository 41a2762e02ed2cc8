import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asNobody } from '../../test/as-nobody.ts';
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
    const all = ['a.root', 'b.root', 'deep/c.root', 'deep/er/d.root', 'odd[1].root'];
    expect(await expandInputs([folder])).toEqual(paths(...all));
  });

  it.each(['ledger.sqlite', 'report.json'])('leaves out what a run has written, which lies beside %s', async (sign) => {
    const top = await mkdtemp(join(folder, 'runs-'));
    const run = join(top, 'out', 'hzz');
    await mkdir(run, { recursive: true });
    for (const name of ['data.root', 'histograms.root', 'out/hzz/histograms.root', 'out/hzz/more.root', join('out/hzz', sign)])
      await writeFile(join(top, name), '');
    const data = [join(top, 'data.root'), join(top, 'histograms.root'), join(run, 'more.root')];
    expect(await expandInputs([top])).toEqual(data);
    expect(await expandInputs([join(top, '**', '*.root')])).toEqual(data);
    expect(await expandInputs([join(top, 'out', '*', 'histograms.root')])).toEqual([join(run, 'histograms.root')]);
    expect(await expandInputs([join(run, 'histograms.root')])).toEqual([join(run, 'histograms.root')]);
    await rm(top, { recursive: true });
  });

  it('takes a pattern', async () => {
    expect(await expandInputs([join(folder, '{a,b}.root')])).toEqual(paths('a.root', 'b.root'));
    expect(await expandInputs([join(folder, '**', '[cd].root')])).toEqual(paths('deep/c.root', 'deep/er/d.root'));
    expect(await expandInputs([join(folder, '{a,deep/er/d}.root')])).toEqual(paths('a.root', 'deep/er/d.root'));
    expect(await expandInputs([relative(process.cwd(), join(folder, 'deep', '*.root'))])).toEqual(paths('deep/c.root', 'deep/link.root'));
  });

  it('takes a file of any name, also one that looks like a pattern', async () => {
    expect(await expandInputs([join(folder, 'notes.txt'), join(folder, 'odd[1].root')])).toEqual(paths('notes.txt', 'odd[1].root'));
  });

  it('takes a file once that one word names by a link', async () => {
    const [own, link, folderLink] = paths('a.root', 'deep/link.root', 'linked-folder') as [string, string, string];
    await symlink(join(folder, 'deep'), folderLink);
    expect(await expandInputs([link, own])).toEqual([own]);
    expect(await expandInputs([own, join(folder, 'deep')])).toEqual(paths('a.root', 'deep/c.root', 'deep/er/d.root'));
    expect(await expandInputs([join(folder, 'deep'), folderLink])).toEqual(paths('deep/c.root', 'deep/er/d.root', 'deep/link.root'));
    expect(await expandInputs([link, join(folder, 'notes.txt')])).toEqual(paths('deep/link.root', 'notes.txt'));
    await rm(folderLink);
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
    expect((error as Error).message.includes('Quote patterns')).toBe(name.includes('*'));
  });

  it.each(['a.root/x.root', 'a.root/*.root'])('a file is no folder: %s', async (name) => {
    await expect(expandInputs([join(folder, name)])).rejects.toMatchObject({
      code: 'ConfigError',
      reason: expect.stringMatching(/^no (such )?file/),
    });
  });

  it.each([`${'x'.repeat(300)}.root`, `${'x'.repeat(300)}/*.root`])('tells why a place cannot be reached', async (name) => {
    const expected = { code: 'ConfigError', reason: expect.stringMatching(/ENAMETOOLONG: name too long\)$/) };
    await expect(expandInputs([join(folder, name)])).rejects.toMatchObject(expected);
  });
});

describe('expandInputs of links', () => {
  let linked: string;
  const inLinked = (...names: string[]) => names.map((name) => join(linked, name));
  beforeAll(async () => {
    linked = join(folder, 'empty', 'linked');
    await mkdir(join(linked, 'own', 'in'), { recursive: true });
    await symlink(join(folder, 'deep'), join(linked, 'away'));
    await symlink('..', join(linked, 'own', 'circle'));
    await symlink('/nowhere', join(linked, 'gone.root'));
    await symlink('/nowhere', join(linked, 'notes'));
    await writeFile(join(linked, 'own', 'data.root'), '');
    await symlink('data.root', join(linked, 'own', 'alias.root'));
    await symlink('../data.root', join(linked, 'own', 'in', 'again.root'));
  });
  afterAll(() => rm(join(folder, 'empty', 'linked'), { recursive: true }));

  it('follows those to folders, and takes a file once, by its own name', async () => {
    const all = ['away/c.root', 'away/er/d.root', 'away/link.root', 'gone.root', 'own/data.root'];
    expect(await expandInputs([linked])).toEqual(inLinked(...all));
    expect(await expandInputs([join(linked, '**', '*.root')])).toEqual(inLinked(...all));
  });

  it('takes the link where its file does not fit the pattern', async () => {
    expect(await expandInputs([join(linked, 'own', 'in', '*.root')])).toEqual(inLinked('own/in/again.root'));
  });

  it('keeps a link that leads nowhere, for the run to report', async () => {
    expect(await expandInputs([join(linked, 'gone.root')])).toEqual(inLinked('gone.root'));
    expect(await expandInputs([join(linked, '*.root')])).toEqual(inLinked('gone.root'));
  });
});

describe('expandInputs of a folder that may not be read', () => {
  let locked: string;
  beforeAll(async () => {
    locked = join(folder, 'deep', 'locked');
    await mkdir(locked);
    await writeFile(join(locked, 'x.root'), '');
    await chmod(folder, 0o755);
    await chmod(locked, 0);
  });
  afterAll(async () => {
    await chmod(locked, 0o755);
    await rm(locked, { recursive: true });
  });

  it.each(['deep', 'deep/locked', 'deep/**/*.root', 'deep/locked/*.root', 'deep/locked/x.root'])('says so: %s', async (name) => {
    const error = await asNobody(() => expandInputs([join(folder, name)]).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: 'ConfigError', file: expect.stringContaining(locked) });
    expect(error).toMatchObject({ reason: expect.stringMatching(/\(EACCES: permission denied\)$/), hint: expect.any(String) });
  });

  it('does not mind where no file can be meant', async () => {
    expect(await asNobody(() => expandInputs([join(folder, 'deep', '*.root')]))).toHaveLength(2);
  });
});
