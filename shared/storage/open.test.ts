import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openRootFile } from '../root/file.ts';
import { openSource } from './open.ts';
import { parseStorageSettings } from './parse-settings.ts';
import { urlScheme } from './schemes.ts';
import { startTestServer } from './test-server.ts';

describe('openSource', () => {
  it('names the schemes it knows when asked for another', async () => {
    const unknown = openSource('gopher://example.org/file.root');
    await expect(unknown).rejects.toMatchObject({ code: 'ConfigError', message: expect.stringMatching(/gopher:.*file:.*http:.*https:/) });
  });

  it('does not take a property of every object for a scheme', async () => {
    await expect(openSource('constructor://x/y')).rejects.toMatchObject({ code: 'ConfigError' });
  });

  it('does not repeat credentials of an address that it cannot read', async () => {
    await expect(openSource('ftp://ada:pa55word@host/file.root')).rejects.toSatisfy((error: Error) => !error.message.includes('pa55word'));
  });

  it('fetches with the size what a ROOT file is asked for first, and no more', async () => {
    const server = await startTestServer(await readFile(new URL('../../test/fixtures/directories.root', import.meta.url)));
    const source = await openSource(server.url, { settings: parseStorageSettings({}) });
    const lengths: number[] = [];
    await openRootFile({
      ...source,
      read: (offset, length) => {
        lengths.push(length);
        return source.read(offset, length);
      },
    });
    expect(server.log.map(({ range }) => range)).toEqual(lengths.map((length) => `bytes=0-${length - 1}`));
    expect(lengths).toHaveLength(1);
    await source.close();
    await server.close();
  });
});

describe('urlScheme', () => {
  it.each([
    ['https://example.org/a.root', 'https'],
    ['HTTP://example.org/a.root', 'http'],
    ['s3://bucket/key', 's3'],
    ['folder/a.root', undefined],
    ['C:\\data\\a.root', undefined],
    ['odd:name.root', undefined],
  ])('of %s is %s', (location, scheme) => {
    expect(urlScheme(location)).toBe(scheme);
  });
});
