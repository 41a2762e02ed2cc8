import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderBudget } from './budget.ts';
import { describeByteSource } from './conformance.ts';
import { BLOCK_BYTES, withDiskCache } from './disk-cache.ts';
import { openSource } from './open.ts';
import { parseStorageSettings } from './parse-settings.ts';
import { startTestServer } from './test-server.ts';
import { memorySource } from './test-source.ts';

const bytes = Uint8Array.from({ length: 3 * BLOCK_BYTES + 1000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-cache-'));
});
afterEach(() => rm(folder, { recursive: true }));

const limit = (maxBytes = 1e9) => ({ folder, maxBytes });
const blocks = async () => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
};
const part = (offset: number, length: number) => bytes.slice(offset, offset + length);

describe('withDiskCache', () => {
  it('fetches a block once, for all sources of that version', async () => {
    const first = memorySource(bytes);
    const cached = withDiskCache(first, limit());
    expect(await cached.read(10, 20)).toEqual(part(10, 20));
    expect(await cached.readMany([{ offset: 50, length: 5 }, { offset: 3 * BLOCK_BYTES - 5, length: 10 }])).toEqual([part(50, 5), part(3 * BLOCK_BYTES - 5, 10)]); // biome-ignore format: one line
    expect(first.asked).toEqual([{ offset: 0, length: BLOCK_BYTES }, { offset: 2 * BLOCK_BYTES, length: BLOCK_BYTES + 1000 }]); // biome-ignore format: one line
    const second = memorySource(bytes);
    const again = withDiskCache(second, limit());
    expect(await again.read(0, bytes.length)).toEqual(bytes);
    expect(second.asked).toEqual([{ offset: BLOCK_BYTES, length: BLOCK_BYTES }]);
    expect(again.places?.()).toEqual({ 'disk cache': { bytes: 2 * BLOCK_BYTES + 1000, requests: 3 } });
  });

  it('keeps versions apart, and nothing where versions cannot be told', async () => {
    await withDiskCache(memorySource(bytes), limit()).read(0, 10);
    const other = memorySource(bytes, { version: 'v2' });
    await withDiskCache(other, limit()).read(0, 10);
    expect(other.asked).toHaveLength(1);
    const untold = memorySource(bytes);
    const { version: _version, ...without } = untold;
    await withDiskCache(without, limit()).read(0, 10);
    expect(untold.asked).toEqual([{ offset: 0, length: 10 }]);
  });

  it.each([
    ['torn', async (path: string) => truncate(path, 5000)],
    ['empty', async (path: string) => truncate(path, 0)],
    [
      'damaged',
      async (path: string) => {
        const content = await readFile(path);
        content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1;
        await writeFile(path, content);
      },
    ],
  ])('fetches a block again that is %s', async (_how, spoil) => {
    await withDiskCache(memorySource(bytes), limit()).read(0, 10);
    for (const path of await blocks()) await spoil(path);
    const source = memorySource(bytes);
    expect(await withDiskCache(source, limit()).read(0, 100)).toEqual(part(0, 100));
    expect(source.asked).toHaveLength(1);
  });

  it('stays below its size: blocks used longest ago go first', async () => {
    const cached = withDiskCache(memorySource(bytes), limit(3 * (BLOCK_BYTES + 8)));
    for (const index of [0, 1, 2]) await cached.read(index * BLOCK_BYTES, 1);
    const old = new Date(Date.now() - 60_000);
    for (const path of await blocks()) await utimes(path, old, old);
    await cached.read(0, 1);
    await cached.read(3 * BLOCK_BYTES, 1);
    const names = (await blocks()).map((path) => path.split('/').at(-1));
    expect(names).toContain('0');
    expect(names).toContain('3');
    const sizes = await Promise.all((await blocks()).map(async (path) => (await stat(path)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(3 * (BLOCK_BYTES + 8));
  });

  it('goes on without a folder that can be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const source = memorySource(bytes);
    const cached = withDiskCache(source, { folder: join(folder, 'file', 'x'), maxBytes: 1e9 });
    expect(await cached.read(5, 5)).toEqual(part(5, 5));
  });

  it('is shared by processes that write at the same time, one of which is killed', async () => {
    const script = `
      import { withDiskCache } from ${JSON.stringify(join(import.meta.dirname, 'disk-cache.ts'))};
      import { memorySource } from ${JSON.stringify(join(import.meta.dirname, 'test-source.ts'))};
      const bytes = Uint8Array.from({ length: ${bytes.length} }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
      const limit = { folder: ${JSON.stringify(folder)}, maxBytes: ${2 * BLOCK_BYTES + 100} };
      for (let round = 0; round < 60; round++) {
        const from = (round * 7919) % (bytes.length - 5000);
        const answer = await withDiskCache(memorySource(bytes), limit).read(from, 5000);
        if (Buffer.compare(answer, bytes.subarray(from, from + 5000)) !== 0) throw new Error('other bytes');
      }`;
    const run = (timeout: number) =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout, killSignal: 'SIGKILL' });
    const [a, b] = [run(15_000), run(15_000)];
    const killed = run(250).catch((error: { killed?: boolean }) => error);
    await Promise.all([a, b, killed]);
    expect(await withDiskCache(memorySource(bytes), limit()).read(0, bytes.length)).toEqual(bytes);
  });

  it('removes what was left half written, after a while', async () => {
    const partial = join(folder, 'x.part');
    await writeFile(partial, 'half');
    expect(await new FolderBudget(limit()).reserve(1)).toBe(true);
    expect(await readdir(folder)).toEqual(['x.part']);
    const old = new Date(Date.now() - 3_600_000);
    await utimes(partial, old, old);
    await new FolderBudget(limit()).reserve(1);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Blocks that were read before do not ask the server; the file's version was asked for at the beginning. */
describe('a cached file on a server', () => {
  it('costs one request when it is read again, and is read anew when it changed', async () => {
    const server = await startTestServer(bytes);
    const settings = parseStorageSettings({ CACHE_DIR: folder });
    const read = async () => {
      const source = await openSource(server.url, { settings });
      const answer = await source.read(100, BLOCK_BYTES);
      await source.close();
      return { answer, places: source.places?.() };
    };
    expect((await read()).answer).toEqual(part(100, BLOCK_BYTES));
    const before = server.log.length;
    expect((await read()).places).toMatchObject({ 'disk cache': { bytes: 2 * BLOCK_BYTES, requests: 2 } });
    expect(server.log.length - before).toBe(1);
    server.setFile(bytes.slice().reverse(), '"v2"');
    expect((await read()).answer).toEqual(
      bytes
        .slice()
        .reverse()
        .slice(100, 100 + BLOCK_BYTES),
    );
    await server.close();
  });
});

describeByteSource(
  'HTTP with a disk cache',
  (location) => openSource(location, { settings: parseStorageSettings({ CACHE_DIR: folder }), headBytes: 0 }),
  async (content) => {
    const server = await startTestServer(content);
    // Cached blocks belong to the version that was opened: only what is not there yet can have changed.
    const replace = async (next: Uint8Array) => {
      server.setFile(next, '"v2"');
      await rm(folder, { recursive: true });
      await mkdir(folder);
    };
    return { location: server.url, replace, close: () => server.close() };
  },
);
