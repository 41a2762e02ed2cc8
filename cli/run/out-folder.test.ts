import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNewFolder } from './out-folder.ts';

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
});
