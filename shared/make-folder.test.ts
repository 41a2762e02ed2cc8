import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'make-folder-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('makeFolder', () => {
  it('makes a folder and those above it, and leaves what is there alone', async () => {
    const deep = join(folder, 'a/b/c');
    await makeFolder(deep, { mode: 0o700 });
    for (const path of ['a', 'a/b', 'a/b/c']) expect((await stat(join(folder, path))).mode & 0o777).toBe(0o700);
    await writeFile(join(deep, 'file'), 'x');
    await makeFolder(deep);
    expect((await stat(join(deep, 'file'))).size).toBe(1);
  });

  it('may be called by many at once, of whom one has made it', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => makeFolder(join(folder, `many/of/them/${i % 2}`))));
    expect(made.filter((isNew) => isNew)).toHaveLength(2);
    expect((await stat(join(folder, 'many/of/them/1'))).isDirectory()).toBe(true);
  });

  it('says in the words of the system why a folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await symlink(join(folder, 'nowhere'), join(folder, 'link'));
    const error = (hint?: string) => ({ code: 'StorageError', retryable: false, hint });
    await expect(makeFolder(join(folder, 'file'))).rejects.toMatchObject({ ...error(), reason: expect.stringMatching(/\(EEXIST: /) });
    await expect(makeFolder(join(folder, 'file/x/y'), { hint: 'Why?' })).rejects.toMatchObject({
      ...error('Why?'),
      reason: expect.stringMatching(/^cannot be made \((EEXIST|ENOTDIR): /),
    });
    await expect(makeFolder(join(folder, 'link/x'))).rejects.toMatchObject({ reason: expect.stringMatching(/EEXIST|ENOENT/) });
  });

  it.runIf(process.platform === 'linux')('returns where the system refuses with ENOENT', async () => {
    await expect(makeFolder('/proc/higgsflow/x')).rejects.toThrow(
      /^\/proc\/higgsflow\/x: cannot be made \(ENOENT: no such file or directory\)/,
    );
  });
});
