import { describe, expect, it } from 'vitest';
import { openSource } from './open.ts';
import { urlScheme } from './schemes.ts';

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
