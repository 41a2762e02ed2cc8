import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { everythingErrorsSay } from './conformance.ts';
import { httpTokens } from './http-token.ts';
import { openSource } from './open.ts';
import { parseStorageSettings } from './parse-settings.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { findToken, TokenSource, tokenExpiry } from './token.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-token-'));
});
afterEach(() => rm(folder, { recursive: true }));

const search = (changes: object = {}) => ({ value: undefined, file: undefined, runtimeFolder: folder, hosts: [], ...changes });
const jwt = (exp: number) => `x.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.planted`;

describe('findToken', () => {
  it('takes the variable before the file, the file before the folder', async () => {
    const file = join(folder, 'token');
    await writeFile(file, ' of-file\n');
    await writeFile(join(folder, `bt_u${process.geteuid?.()}`), 'of-folder\n');
    expect(await findToken(search({ value: 'of-variable', file }))).toMatchObject({ token: 'of-variable' });
    expect(await findToken(search({ file }))).toEqual({ token: 'of-file', canChange: true });
    expect(await findToken(search())).toMatchObject({ token: 'of-folder' });
  });

  it.each([
    ['is not there', undefined],
    ['is empty', '\n'],
    ['holds more than a token', 'planted one\nplanted two'],
  ])('says when the file that was named %s', async (_what, content) => {
    const file = join(folder, 'token');
    if (content !== undefined) await writeFile(file, content);
    const error = await findToken(search({ file })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ConfigError', file });
    expect(everythingErrorsSay(error)).not.toContain('planted');
  });
});

describe('TokenSource', () => {
  it('looks again when a token is about to end', async () => {
    const file = join(folder, 'token');
    const source = new TokenSource(search({ file }));
    const [old, next] = [jwt(Date.now() / 1000 + 1), jwt(Date.now() / 1000 + 1000)];
    await writeFile(file, old);
    expect(await source.current()).toBe(old);
    await writeFile(file, next);
    expect(await source.current()).toBe(next);
    await writeFile(file, 'another');
    expect(await source.current()).toBe(next);
    expect(await source.renewedAfter(next)).toBe(true);
    expect(await source.current()).toBe('another');
    expect(await source.renewedAfter('another')).toBe(false);
  });

  it.each(['', 'a.b.c', 'x.bnVsbA.y'])('knows no end of %s', (token) => {
    expect(tokenExpiry(token)).toBeUndefined();
  });
});

describe('httpTokens', () => {
  it.each([
    ['davs://se.test/a.root', [], true],
    ['https://se.test/a.root', [], false],
    ['https://se.test/a.root', ['se.test'], true],
    ['https://other.test/a.root', ['se.test'], false],
    ['https://any.test/a.root', ['*'], true],
    ['dav://se.test/a.root', ['*'], false],
    ['http://se.test/a.root', ['se.test'], false],
    ['dav://127.0.0.1:80/a.root', [], true],
  ])('for %s with hosts %j: %s', (location, hosts, sent) => {
    expect(httpTokens(location, search({ value: 'x', hosts })) !== undefined).toBe(sent);
  });
});

describe('a server that wants tokens', () => {
  let server: TestServer;
  let elsewhere: TestServer;
  beforeEach(async () => {
    server = await startTestServer(new Uint8Array(100));
    elsewhere = await startTestServer(new Uint8Array(100));
  });
  afterEach(async () => {
    await server.close();
    await elsewhere.close();
  });

  /** Answers `status` to all but one token. */
  const wants = (token: string, status: number) => {
    server.intercept = (request, response) => {
      if (request.method === 'PROPFIND') response.writeHead(405).end();
      else if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(status).end();
      else return false;
      return true;
    };
  };
  const location = () => server.url.replace('http:', 'dav:');

  it.each([401, 403])('is asked once more with the token that lies there now, after %i', async (status) => {
    const file = join(folder, 'token');
    await writeFile(file, 'planted-old');
    wants('planted-old', status);
    const source = await openSource(location(), { settings: parseStorageSettings({ BEARER_TOKEN_FILE: file }), headBytes: 0 });
    wants('planted-new', status);
    await writeFile(file, 'planted-new');
    expect(await source.read(0, 10)).toHaveLength(10);
    expect(source.counters.retries).toBe(0);
    wants('planted-other', status);
    const error = await source.read(0, 10).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'StorageError',
      retryable: false,
      reason: expect.stringContaining('token'),
      hint: expect.any(String),
    });
    expect(everythingErrorsSay(error)).not.toContain('planted');
    await source.close();
  });

  it('does not see it when another server sends us there', async () => {
    server.intercept = (request, response) => {
      if (request.method === 'PROPFIND') response.writeHead(405).end();
      else response.writeHead(307, { location: elsewhere.url }).end();
      return true;
    };
    const source = await openSource(location(), { settings: parseStorageSettings({ BEARER_TOKEN: 'planted-token' }) });
    await source.close();
    expect(server.log.map(({ headers }) => headers.authorization)).toContain('Bearer planted-token');
    expect(elsewhere.log.length).toBeGreaterThan(0);
    for (const { headers } of elsewhere.log) expect(headers.authorization).toBeUndefined();
  });
});
