import { describe, expect, it } from 'vitest';
import { throughCache } from './cache-prefix.ts';
import { parseMultistatus } from './dav.ts';
import { type FolderEntry, findInFolders, nameInFolder } from './folder.ts';
import { isRemotePattern, listRemote } from './list.ts';
import { parseStorageSettings } from './parse-settings.ts';
import { startTestServer } from './test-server.ts';

/** Folders by path. */
const TREE: Record<string, FolderEntry[]> = {
  '': [{ name: 'a.root', size: 1, isFolder: false }, { name: 'run1', size: 0, isFolder: true }, { name: 'logs', size: 0, isFolder: true }],
  run1: [{ name: 'b.root', size: 2, isFolder: false }, { name: 'deep', size: 0, isFolder: true }],
  'run1/deep': [{ name: 'c.root', size: 3, isFolder: false }, { name: 'c.txt', size: 3, isFolder: false }],
  logs: [{ name: 'd.txt', size: 4, isFolder: false }],
}; // biome-ignore format: a table

describe('findInFolders', () => {
  it.each([
    ['*.root', ['a.root'], ['']],
    ['run*/*.root', ['run1/b.root'], ['', 'run1']],
    ['**/*.root', ['a.root', 'run1/b.root', 'run1/deep/c.root'], ['', 'run1', 'run1/deep', 'logs']],
    ['run1/deep/{c,x}.*', ['run1/deep/c.root', 'run1/deep/c.txt'], ['', 'run1', 'run1/deep']],
    ['none*', [], ['']],
  ])('finds %s, and lists only where it may be', async (pattern, paths, folders) => {
    const listed: string[] = [];
    const found = await findInFolders(pattern, async (folder) => {
      listed.push(folder);
      return TREE[folder] ?? [];
    });
    expect(found.map(({ path }) => path)).toEqual(paths);
    expect(listed).toEqual(folders);
  });

  it('ends in folders that contain themselves', async () => {
    let lists = 0;
    await findInFolders('**/x', async () => {
      lists++;
      return [{ name: 'again', size: 0, isFolder: true }];
    });
    expect(lists).toBeLessThan(50);
  });
});

describe('isRemotePattern', () => {
  it.each([
    ['s3://bucket/a*.root', true],
    ['root://host//data/', true],
    ['davs://host/data/{a,b}.root', true],
    ['s3://bucket/a.root', false],
    ['https://host/a.root?x=*', false],
    ['/data/*.root', false],
  ])('of %s is %s', (location, is) => {
    expect(isRemotePattern(location)).toBe(is);
  });
});

describe('listRemote', () => {
  it('says which server lists nothing', async () => {
    const server = await startTestServer(new Uint8Array(1));
    server.intercept = (_request, response) => {
      response.writeHead(405).end();
      return true;
    };
    const pattern = `${new URL(server.url).origin.replace('http:', 'dav:')}/data/*.root`;
    await expect(listRemote(pattern, { settings: parseStorageSettings({}) })).rejects.toMatchObject({
      code: 'StorageError',
      hint: expect.any(String),
    });
    await server.close();
  });
});

describe('parseMultistatus', () => {
  it('reads names with entities and escapes, whatever the prefix, and not the folder itself', () => {
    const entry = (href: string, properties: string) =>
      `<a:response><a:href>${href}</a:href><a:propstat>${properties}</a:propstat></a:response>`;
    const xml = [
      entry('/data/', '<a:collection/>'),
      entry('/data/x%20y&amp;z.root', '<a:getcontentlength>12</a:getcontentlength>'),
      entry('http://host/data/sub/', '<a:resourcetype><a:collection/></a:resourcetype>'),
      entry('/data/sub/too-deep.root', ''),
      entry('/other/b.root', ''),
    ];
    expect(parseMultistatus(`<?xml?><a:multistatus>${xml.join('\n')}</a:multistatus>`, new URL('http://host/data/'))).toEqual([
      { name: 'x y&z.root', size: 12, isFolder: false },
      { name: 'sub', size: 0, isFolder: true },
    ]);
    expect(parseMultistatus('<not xml', new URL('http://host/'))).toEqual([]);
  });

  it('compares paths however they are escaped', () => {
    expect(nameInFolder('/a%20b/', '/a b/c')).toBe('c');
    expect(nameInFolder('/a%', '/a%/c')).toBe('c');
    expect(nameInFolder('/a', '/ab')).toBeUndefined();
  });
});

describe('throughCache', () => {
  it.each([
    ['root://cache:1094//', 'root://far:1094//store/a.root', 'root://cache:1094//root://far:1094//store/a.root'],
    ['root://cache//{path}', 'root://far:1094//store/a.root', 'root://cache//store/a.root'],
    ['https://proxy/get?url={encoded}', 'https://far/a b.root', 'https://proxy/get?url=https%3A%2F%2Ffar%2Fa%20b.root'],
    ['https://proxy/', 's3://bucket/key', 'https://proxy/s3://bucket/key'],
    ['root://cache//', '/local/a.root', '/local/a.root'],
  ])('%s before %s', (prefix, location, asked) => {
    expect(throughCache(prefix, location)).toBe(asked);
  });
});

describe('parseStorageSettings', () => {
  it('reads what the environment says', () => {
    const settings = parseStorageSettings({
      S3_ENDPOINT: 'http://127.0.0.1:9000',
      S3_ACCESS_KEY: 'a',
      S3_SECRET_KEY: 'b',
      AWS_REGION: 'eu-west-4',
      BEARER_TOKEN_HOSTS: 'One.test, two.test',
      DOWNLOAD_MAX_KB: '50',
      CACHE_DIR: '/cache',
      CACHE_MAX_MB: '2',
    });
    expect(settings.s3).toMatchObject({ pathStyle: true, region: 'eu-west-4', keys: { accessKey: 'a', secretKey: 'b' } });
    expect(settings.token.hosts).toEqual(['one.test', 'two.test']);
    expect(settings.downloadBytesPerSecond).toBe(50_000);
    expect(settings.diskCache).toEqual({ folder: '/cache/higgsflow-cache', maxBytes: 2_000_000 });
    expect(settings.stageIn).toBeUndefined();
  });

  it('names what is wrong', () => {
    expect(() => parseStorageSettings({ S3_ENDPOINT: 'nonsense', CACHE_MAX_MB: '-1' })).toThrow(/S3_ENDPOINT.*CACHE_MAX_MB/);
    expect(() => parseStorageSettings({ S3_ACCESS_KEY: 'planted' })).toThrow(/S3_SECRET_KEY/);
  });
});
