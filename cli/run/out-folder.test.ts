import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNewFolder, prepareOutFolder, resumeCommand } from './out-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'out-folder-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the folder of a run', () => {
  it('has a number behind a name that is taken', async () => {
    const names = await Promise.all([1, 2, 3].map(() => makeNewFolder(join(folder, 'out'), 'run')));
    expect(names.sort()).toEqual(['run', 'run-2', 'run-3']);
    expect(await makeNewFolder(join(folder, 'out'), 'run')).toBe('run-4');
  });

  it('is left alone with a run in it, with words that fit every command', async () => {
    await writeFile(join(folder, 'report.md'), '');
    const prepared = prepareOutFolder(folder, { resume: false, force: false });
    await expect(prepared).rejects.toMatchObject({
      code: 'ConfigError',
      hint: `Go on with it: ${resumeCommand(folder)}. Replace it: --force. Keep it: another --out.`,
    });
  });
});
