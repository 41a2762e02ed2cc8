import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeByteSource } from './conformance.ts';
import { openFileSource } from './file.ts';
import { openSource } from './open.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function serveFile(bytes: Uint8Array) {
  const location = join(folder, `file-${files++}.root`);
  await writeFile(location, bytes);
  return { location, replace: (next: Uint8Array) => writeFile(location, next), close: () => rm(location) };
}

describeByteSource('file, bare', openFileSource, serveFile);
describeByteSource('file, as opened', (location) => openSource(location), serveFile);

describe('openFileSource', () => {
  it('takes a file URL', async () => {
    const { location } = await serveFile(Uint8Array.of(1, 2, 3));
    const source = await openFileSource(pathToFileURL(location).href);
    expect(await source.read(1, 2)).toEqual(Uint8Array.of(2, 3));
    expect(source.name).toBe(location);
    await source.close();
  });

  it('counts reads and bytes', async () => {
    const { location } = await serveFile(new Uint8Array(100));
    const source = await openFileSource(location);
    await source.read(0, 10);
    await source.read(0, 20);
    expect(source.counters).toEqual({ requests: 2, bytes: 30, retries: 0 });
    await source.close();
  });

  it('names the near misses of a file that is not there', async () => {
    await writeFile(join(folder, 'data_A.4lep.root'), 'x');
    const missing = openFileSource(join(folder, 'dataA.4lep.root'));
    await expect(missing).rejects.toMatchObject({
      code: 'StorageError',
      retryable: false,
      hint: expect.stringContaining('data_A.4lep.root'),
    });
  });

  it('says when the folder is missing too', async () => {
    await expect(openFileSource(join(folder, 'no', 'file.root'))).rejects.toMatchObject({ hint: expect.stringContaining('no folder') });
  });

  it('refuses a folder', async () => {
    await expect(openFileSource(folder)).rejects.toMatchObject({ code: 'StorageError', retryable: false });
  });

  it.skipIf(process.platform === 'win32')('refuses a pipe instead of waiting for its writer', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(openFileSource(pipe)).rejects.toMatchObject({ code: 'StorageError', retryable: false });
  });
});
