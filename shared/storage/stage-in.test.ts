import { type FileHandle, mkdtemp, open, readdir, readlink, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StorageError } from '../errors.ts';
import { openSource, stageAhead } from './open.ts';
import { parseStorageSettings } from './parse-settings.ts';
import { changedError } from './read-errors.ts';
import { withStageIn } from './stage-in.ts';
import { startTestServer } from './test-server.ts';
import { memorySource } from './test-source.ts';

const bytes = Uint8Array.from({ length: 5_000_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-stage-'));
});
afterEach(() => rm(folder, { recursive: true }));
const limit = (maxBytes = 1e9) => ({ folder, maxBytes });

/** What all open files have their methods from. */
async function fileMethods(): Promise<FileHandle> {
  await using handle = await open(folder);
  return Object.getPrototypeOf(handle);
}

/** Of this process; nothing where the system does not tell. */
async function openPaths(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  return Promise.all(descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')));
}

/** Lets the disk take so many bytes of the next writes, and then all again. */
async function shortWrites(taken: readonly number[]): Promise<() => void> {
  const methods = await fileMethods();
  const { write } = methods as { write(bytes: Uint8Array, from: number, length: number, at: number): ReturnType<FileHandle['write']> };
  const spy = vi.spyOn(methods, 'write');
  for (const count of taken) {
    spy.mockImplementationOnce(function (this: FileHandle, ...[bytes, from, , at]: unknown[]) {
      return write.call(this, bytes as Uint8Array, from as number, count, at as number);
    } as FileHandle['write']);
  }
  return () => spy.mockRestore();
}

describe('withStageIn', () => {
  it('copies a file once, and reads the copy', async () => {
    const source = memorySource(bytes);
    const sources = await Promise.all([withStageIn(source, limit()), withStageIn(memorySource(bytes), limit())]);
    for (const staged of sources)
      expect(await staged.readMany([{ offset: 4_500_000, length: 10 }])).toEqual([bytes.slice(4_500_000, 4_500_010)]);
    expect(sources[0]?.name).toBe(source.name);
    expect(await readdir(folder)).toHaveLength(1);
    const asked = source.asked.length;
    await sources[0]?.read(0, 100);
    expect(source.asked.length).toBe(asked);
    for (const staged of sources) await staged.close();
    expect(source.closed()).toBe(true);
  });

  it('reads from afar what does not fit', async () => {
    const source = memorySource(bytes);
    const staged = await withStageIn(source, limit(1_000_000));
    expect(await staged.read(0, 3)).toEqual(bytes.slice(0, 3));
    expect(source.asked).toEqual([{ offset: 0, length: 3 }]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('makes room by removing the copy used longest ago, whose readers go on', async () => {
    const first = await withStageIn(memorySource(bytes, { version: 'one' }), limit(6_000_000));
    const second = await withStageIn(memorySource(bytes, { version: 'two' }), limit(6_000_000));
    expect(await readdir(folder)).toHaveLength(1);
    expect(await first.read(7, 7)).toEqual(bytes.slice(7, 14));
    await first.close();
    await second.close();
  });

  it('keeps the copy that was opened again, though another is newer', async () => {
    const stageVersion = async (version: string, agoMs: number) => {
      const before = await readdir(folder);
      await (await withStageIn(memorySource(bytes, { version }), limit(12_000_000))).close();
      const [name = ''] = (await readdir(folder)).filter((each) => !before.includes(each));
      const used = new Date(Date.now() - agoMs);
      if (name !== '') await utimes(join(folder, name), used, used);
      return name;
    };
    const one = await stageVersion('one', 120_000);
    await stageVersion('two', 60_000);
    await stageVersion('one', 0);
    const three = await stageVersion('three', 0);
    expect((await readdir(folder)).sort()).toEqual([one, three].sort());
  });

  it('does not disturb those who have the copy open when it is opened again', async () => {
    const first = await withStageIn(memorySource(bytes), limit());
    const [name = ''] = await readdir(folder);
    const { mtimeMs } = await stat(join(folder, name));
    // Times of files are no finer than some milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await withStageIn(memorySource(bytes), limit());
    const third = await withStageIn(memorySource(bytes), limit());
    for (const staged of [first, second, third]) {
      expect(await staged.read(7, 7)).toEqual(bytes.slice(7, 14));
      await staged.close();
    }
    const known = await stat(join(folder, name));
    expect(known.mtimeMs).toBe(mtimeMs);
    expect(known.atimeMs).toBeGreaterThan(mtimeMs);
  });

  it('leaves nothing behind when the source fails, and is not fooled by a torn copy', async () => {
    const source = memorySource(bytes);
    source.before = ({ offset }) => {
      if (offset > 0) throw new StorageError('cut');
    };
    await expect(withStageIn(source, limit())).rejects.toThrow('cut');
    expect(await readdir(folder)).toEqual([]);
    await (await withStageIn(memorySource(bytes), limit())).close();
    const [name = ''] = await readdir(folder);
    await truncate(join(folder, name), 100);
    const staged = await withStageIn(memorySource(bytes), limit());
    expect(await staged.read(4_999_990, 10)).toEqual(bytes.slice(-10));
    await staged.close();
  });

  it('has no holes where the disk takes fewer bytes at once than it is given', async () => {
    const restore = await shortWrites([1_000_000]);
    const staged = await withStageIn(memorySource(bytes), limit()).finally(restore);
    expect(Buffer.compare(await staged.read(0, bytes.length), bytes)).toBe(0);
    await staged.close();
  });

  it('reads from afar, and leaves no copy, where the disk takes nothing any more', async () => {
    const source = memorySource(bytes);
    const restore = await shortWrites([1_000_000, 0]);
    const staged = await withStageIn(source, limit()).finally(restore);
    expect(await readdir(folder)).toEqual([]);
    const asked = source.asked.length;
    expect(await staged.read(2_000_000, 9)).toEqual(bytes.slice(2_000_000, 2_000_009));
    expect(source.asked.length).toBe(asked + 1);
    await staged.close();
  });

  it('reads from afar, and leaves nothing open, where the copy is cut before it is opened', async () => {
    await (await withStageIn(memorySource(bytes), limit())).close();
    const [name = ''] = await readdir(folder);
    const path = join(folder, name);
    // Between the look whether it is there and its opening.
    const spy = vi.spyOn(await fileMethods(), 'utimes').mockImplementationOnce(() => truncate(path, 100));
    const staged = await withStageIn(memorySource(bytes), limit()).finally(() => spy.mockRestore());
    expect(await stat(path)).toMatchObject({ size: 100 });
    expect(await staged.read(4_999_990, 10)).toEqual(bytes.slice(-10));
    await staged.close();
    expect(await openPaths()).not.toContain(path);
  });

  it('gives back the room of a copy that failed: nothing is removed for the next one', async () => {
    const source = memorySource(bytes, { version: 'cut' });
    source.before = () => {
      throw new StorageError('cut');
    };
    await expect(withStageIn(source, limit(6_000_000))).rejects.toThrow('cut');
    // Of another process: who looks for room again would find it and remove it.
    await writeFile(join(folder, 'other'), bytes.subarray(0, 2_000_000));
    await (await withStageIn(memorySource(bytes), limit(6_000_000))).close();
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('keeps no copy of a file that changed while it was copied', async () => {
    const changed = changedError('far', 'is longer');
    const source = { ...memorySource(bytes), verify: () => Promise.reject(changed) };
    await expect(withStageIn(source, limit())).rejects.toBe(changed);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says the name of the file, not of the copy, when the copy is damaged under its hands', async () => {
    const source = memorySource(bytes);
    const staged = await withStageIn(source, limit());
    const [name = ''] = await readdir(folder);
    await writeFile(join(folder, name), 'other');
    await expect(staged.read(0, 10)).rejects.toMatchObject({ code: 'StorageError', file: source.name, kind: 'changed' });
    await staged.close();
  });
});

describe('stageAhead', () => {
  it('has the next file there when it is opened', async () => {
    const server = await startTestServer(bytes);
    const settings = parseStorageSettings({ STAGE_IN_DIR: folder });
    await stageAhead(server.url, { settings });
    const before = server.log.length;
    const source = await openSource(server.url, { settings });
    expect(await source.read(1_000_000, 100)).toEqual(bytes.slice(1_000_000, 1_000_100));
    // Its version only.
    expect(server.log.length - before).toBe(1);
    await source.close();
    await stageAhead(server.url, { settings: parseStorageSettings({}) });
    await stageAhead('/no/such/file.root', { settings });
    await server.close();
  });
});
