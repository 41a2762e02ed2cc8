import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTcpProxy } from '../../test/tcp-proxy.ts';
import { makeTokenIssuer, TOKEN_CONFIG, whyNoTokens } from '../../test/token-issuer.ts';
import { startXrootdServer, whyNoXrootd, type XrootdServer } from '../../test/xrootd-server.ts';
import { sleep } from '../runtime/retry.ts';
import { describeByteSource, EXAMPLE_BYTES, everythingErrorsSay } from './conformance.ts';
import { openDavSource } from './dav-source.ts';
import { openHttpSource } from './http.ts';
import { listRemote } from './list.ts';
import { openSource } from './open.ts';
import { parseStorageSettings } from './parse-settings.ts';
import type { CountedSource } from './source.ts';
import { parseXrootdAddress } from './xrootd/server.ts';
import { openXrootdSource } from './xrootd.ts';

const reason = whyNoXrootd();
if (reason !== undefined) console.log(`XRootD is not tested: ${reason}`);

const noTokens = whyNoTokens();
if (noTokens !== undefined) console.log(`XRootD is tested without tokens: ${noTokens}`);
const issuer = makeTokenIssuer();

const servers: XrootdServer[] = [];
const startServer = async (...args: Parameters<typeof startXrootdServer>) => {
  const server = await startXrootdServer(...args);
  servers.push(server);
  return server;
};
const options = (changes: { token?: string; authorities?: readonly string[]; timeoutMs?: number } = {}) => ({
  timeoutMs: changes.timeoutMs ?? 5000,
  identity: async () => ({ user: 'tester', token: changes.token }),
  authorities: changes.authorities,
});
const quick = { attempts: 3, baseMs: 10, maxMs: 20 };

let files = 0;
/** Servers tell times in seconds: a new version gets one of its own. */
const serveIn = (server: () => XrootdServer, location: (name: string) => string) => async (bytes: Uint8Array) => {
  const name = `file${files++}.root`;
  const path = join(server().data, name);
  let time = Date.now() / 1000 - 1000;
  const write = async (next: Uint8Array) => {
    await writeFile(path, next);
    await utimes(path, time, time++);
  };
  await write(bytes);
  const replace = async (next: Uint8Array) => {
    // Short reads are trusted for a while after a look at the file.
    await sleep(250);
    await write(next);
  };
  return { location: location(name), replace, close: async () => {} };
};

describe.skipIf(reason !== undefined)('XRootD, by xrootd', () => {
  let plain: XrootdServer;
  let secure: XrootdServer;
  let redirector: XrootdServer;
  let authority: string;
  beforeAll(async () => {
    plain = await startServer({ config: ['xrd.protocol http:{http} libXrdHttp.so', 'http.listingdeny no'] });
    const http = ['xrd.protocol http:{http} libXrdHttp.so', 'http.listingdeny no'];
    if (noTokens === undefined) {
      secure = await startServer({ tls: true, prepare: issuer.prepare, config: [...TOKEN_CONFIG, ...http, 'xrootd.tls all'] });
    } else secure = await startServer({ tls: true, config: [...http, 'xrootd.tls all'] });
    redirector = await startServer({ config: [`xrootd.redirect localhost:${plain.port} /data`] });
    authority = await readFile(secure.certificates?.ca.certFile ?? '', 'utf8');
    await writeFile(join(plain.data, 'fixed.root'), EXAMPLE_BYTES);
    await writeFile(join(secure.data, 'fixed.root'), EXAMPLE_BYTES);
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  const plainLocation = (name: string) => `root://localhost:${plain.port}//data/${name}`;
  describeByteSource(
    'root',
    (location) => openXrootdSource(location, options()),
    serveIn(() => plain, plainLocation),
  );
  describeByteSource(
    'root, as opened',
    (location) => openSource(location),
    serveIn(() => plain, plainLocation),
  );
  describeByteSource(
    'root, redirected',
    (location) => openXrootdSource(location, options()),
    serveIn(() => plain, (name) => `root://localhost:${redirector.port}//data/${name}`), // biome-ignore format: one line
  );
  describeByteSource(
    'roots, with a token',
    (location) => openXrootdSource(location, options({ token: issuer.token(1000), authorities: [authority] })),
    serveIn(() => secure, (name) => `roots://localhost:${secure.port}//data/${name}`), // biome-ignore format: one line
  );
  const token = { value: undefined, file: undefined, runtimeFolder: undefined, hosts: [] };
  const dav = { timeoutMs: 5000, maxWholeBytes: 1e6, headers: {}, token };
  const davLocation = (name: string) => `dav://localhost:${plain.httpPort}/data/${name}`;
  describeByteSource('WebDAV by XrdHttp', (location) => openDavSource(location, dav), serveIn(() => plain, davLocation)); // biome-ignore format: one line
  describeByteSource('XrdHttp, several ranges by one request', (location) => openDavSource(location, { ...dav, multiRange: true }), serveIn(() => plain, davLocation)); // biome-ignore format: one line

  const secureSettings = () => parseStorageSettings({ BEARER_TOKEN: issuer.token(1000), X509_CERT_DIR: join(secure.folder, 'pem') });
  describeByteSource(
    'davs, with a token',
    (location) => openSource(location, { settings: secureSettings() }),
    serveIn(() => secure, (name) => `davs://localhost:${secure.httpPort}/data/${name}`), // biome-ignore format: one line
  );

  const many = [0, 30_000, 60_000].map((offset) => ({ offset, length: 1000 }));

  it('reads several ranges by one request, and asks about changes at the same time', async () => {
    const source = await openXrootdSource(plainLocation('fixed.root'), options());
    const { requests } = source.counters;
    const answers = await source.readMany(many);
    for (const [index, { offset, length }] of many.entries()) expect(answers[index]).toEqual(EXAMPLE_BYTES.slice(offset, offset + length));
    expect(source.counters.requests - requests).toBe(2);
    expect(source.counters.bytes).toBe(3000);
    await source.close();
  });

  it('reads several ranges by one request of a web server that answers so', async () => {
    const web = { timeoutMs: 5000, maxWholeBytes: 1e6, headers: {}, multiRange: true };
    const source = await openHttpSource(`http://localhost:${plain.httpPort}/data/fixed.root`, web);
    const answers = await source.readMany(many);
    for (const [index, { offset, length }] of many.entries()) expect(answers[index]).toEqual(EXAMPLE_BYTES.slice(offset, offset + length));
    expect(source.counters.requests).toBe(2);
    await source.close();
  });

  it('goes on after the connection was cut, and after the server was started again', async () => {
    const proxy = await startTcpProxy(plain.port);
    const source = await openSource(`root://127.0.0.1:${proxy.port}//data/fixed.root`, { retry: quick });
    proxy.cut();
    expect(await source.read(5, 5)).toEqual(EXAMPLE_BYTES.slice(5, 10));
    expect(source.counters.retries).toBeGreaterThan(0);
    proxy.cutAfter(30);
    expect(await source.readMany(many)).toHaveLength(3);
    await source.close();
    await proxy.close();
  });

  it('gives up a server that says nothing', async () => {
    const proxy = await startTcpProxy(plain.port);
    const source = await openXrootdSource(`root://127.0.0.1:${proxy.port}//data/fixed.root`, options({ timeoutMs: 300 }));
    proxy.freeze();
    await expect(source.read(0, 10)).rejects.toMatchObject({ retryable: true, reason: expect.stringContaining('300 ms') });
    proxy.thaw();
    expect(await source.read(0, 10)).toEqual(EXAMPLE_BYTES.slice(0, 10));
    await source.close();
    await proxy.close();
  });

  it.each([
    ['a missing file', () => plainLocation('missing.root'), {}, /No such file|not found|unable to/i],
    ['a folder', () => `root://localhost:${plain.port}//data`, {}, /is a directory|folder|locate|not a file/i],
    ['a path that is not exported', () => `root://localhost:${plain.port}//etc/passwd`, {}, /disallowed|access denied|unable|No such/i],
    ['nobody', () => 'root://127.0.0.1:1//data/a.root', {}, /ECONNREFUSED/],
    [
      'a server that wants a token',
      () => `roots://localhost:${secure.port}//data/fixed.root`,
      { trust: true },
      /accepts only ztn|Auth failed|certificate/,
    ],
    [
      'a certificate that nobody signed',
      () => `roots://localhost:${secure.port}//data/fixed.root`,
      { token: 'planted.token.y' },
      /certificate/,
    ],
    ['roots:// where nothing is encrypted', () => `roots://localhost:${plain.port}//data/fixed.root`, {}, /does not encrypt/],
  ] as [string, () => string, { token?: string; trust?: boolean }, RegExp][])(
    'says what is wrong in one line: %s',
    async (_what, location, how, says) => {
      const given = { ...(how.token === undefined ? {} : { token: how.token }), ...(how.trust ? { authorities: [authority] } : {}) };
      const error = await openXrootdSource(location(), options(given)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'StorageError', file: location(), message: expect.stringMatching(says) });
      expect((error as Error).message).not.toContain('\n');
      expect(everythingErrorsSay(error)).not.toContain('planted');
    },
  );

  it.each(['host', 'unix'])('proves who it is by %s', async (kind) => {
    const server = await startServer({ config: ['xrootd.seclib libXrdSec.so', `sec.protocol ${kind}`, `sec.protbind * only ${kind}`] });
    await writeFile(join(server.data, 'a.root'), EXAMPLE_BYTES);
    const source = await openXrootdSource(`root://localhost:${server.port}//data/a.root`, options());
    expect(await source.read(0, 3)).toEqual(EXAMPLE_BYTES.slice(0, 3));
    await source.close();
  });

  it.skipIf(noTokens !== undefined)('takes up a token that was renewed, and says when one has expired', async () => {
    const file = join(secure.folder, 'token');
    const settings = parseStorageSettings({ BEARER_TOKEN_FILE: file, X509_CERT_DIR: join(secure.folder, 'pem') });
    const location = `roots://localhost:${secure.port}//data/fixed.root`;
    await writeFile(file, issuer.token(-50));
    const error = await openSource(location, { settings, retry: quick }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'StorageError',
      retryable: false,
      reason: expect.stringContaining('login refused'),
      hint: expect.stringContaining('BEARER_TOKEN_FILE'),
    });
    expect(everythingErrorsSay(error)).not.toContain((await readFile(file, 'utf8')).slice(0, 40));
    await writeFile(file, issuer.token(1000));
    const source = await openSource(location, { settings, retry: quick });
    expect(await source.read(0, 3)).toEqual(EXAMPLE_BYTES.slice(0, 3));
    await source.close();
  });

  it.skipIf(noTokens !== undefined)('lists WebDAV with a token, and says when it is refused', async () => {
    const pattern = `davs://localhost:${secure.httpPort}/data/*xed.root`;
    const [found] = await listRemote(pattern, { settings: secureSettings() });
    expect(found).toEqual({ location: pattern.replace('*', 'fi'), bytes: EXAMPLE_BYTES.length });
    const settings = { ...secureSettings(), token: { ...secureSettings().token, value: issuer.token(-50) } };
    for (const fail of [() => listRemote(pattern, { settings }), () => openSource(pattern.replace('*', 'fi'), { settings })]) {
      await expect(fail()).rejects.toMatchObject({
        code: 'StorageError',
        retryable: false,
        reason: expect.stringContaining('refused the token'),
      });
    }
  });

  it('asks for changes once, in the end, where whoever reads says so', async () => {
    const path = join(plain.data, 'verified.root');
    await writeFile(path, EXAMPLE_BYTES);
    const open = () =>
      openSource(`root://localhost:${plain.port}//data/verified.root`, {
        settings: parseStorageSettings({}),
        retry: quick,
        verifies: true,
      });
    const source = await open();
    const { requests } = source.counters;
    await source.read(0, EXAMPLE_BYTES.length);
    await source.readMany([{ offset: 0, length: 10 }, { offset: 50_000, length: 100 }]); // biome-ignore format: one line
    expect(source.counters.requests - requests).toBe(2);
    await source.verify?.();
    expect(source.counters.requests - requests).toBe(3);
    await utimes(path, 1000, 1000);
    await expect(source.verify?.()).rejects.toMatchObject({
      code: 'StorageError',
      retryable: false,
      reason: expect.stringMatching(/changed/),
    });
    await source.close();
  });

  it('lists folders of XRootD and WebDAV by patterns', async () => {
    await mkdir(join(plain.data, 'list', 'sub'), { recursive: true });
    for (const name of ['a.root', 'b.root', 'c.txt', 'sub/d e.root']) await writeFile(join(plain.data, 'list', name), new Uint8Array(4));
    const settings = parseStorageSettings({});
    for (const [base, blank] of [
      [`root://localhost:${plain.port}//data/list/`, ' '],
      [`dav://localhost:${plain.httpPort}/data/list/`, '%20'],
    ]) {
      const names = async (pattern: string) =>
        (await listRemote(`${base}${pattern}`, { settings })).map(({ location }) => location.slice(base?.length));
      expect(await names('*.root')).toEqual(['a.root', 'b.root']);
      expect(await names('')).toEqual(['a.root', 'b.root', `sub/d${blank}e.root`]);
      expect(await names('*/*.root')).toEqual([`sub/d${blank}e.root`]);
      await expect(names('x*')).rejects.toMatchObject({ code: 'ConfigError' });
      const [first] = await listRemote(`${base}a*`, { settings });
      expect(first?.bytes).toBe(4);
      const source = await openSource(`${base}sub/d${blank}e.root`, { settings });
      expect(source.size).toBe(4);
      await source.close();
    }
  });
});

describe.skipIf(reason !== undefined)('XCache', () => {
  let origin: XrootdServer;
  let cache: XrootdServer;
  const opened: CountedSource[] = [];
  beforeAll(async () => {
    origin = await startServer();
    const proxy = ['ofs.osslib libXrdPss.so', 'pss.cachelib libXrdPfc.so', `pss.origin localhost:${origin.port}`];
    const folders = ['pfc.blocksize 64k', 'pfc.ram 1g', 'pfc.diskusage 0.98 0.99', 'pfc.prefetch 0'];
    cache = await startServer({ config: [...proxy, ...folders] });
    await writeFile(join(origin.data, 'far.root'), EXAMPLE_BYTES);
  });
  afterAll(async () => {
    for (const source of opened) await source.close();
    for (const server of servers) await server.close();
  });

  it('is read through, and in its stead the origin when it is not there', async () => {
    const location = `root://localhost:${origin.port}//data/far.root`;
    const prefix = `root://localhost:${cache.port}//{path}`;
    const read = async (settings: Record<string, string>) => {
      const source = await openSource(location, { settings: parseStorageSettings(settings), retry: quick });
      expect(await source.read(0, EXAMPLE_BYTES.length)).toEqual(EXAMPLE_BYTES);
      opened.push(source);
      return source.places?.();
    };
    const [far, near] = [`root://localhost:${origin.port}`, `root://localhost:${cache.port} (cache)`];
    const whole = { bytes: EXAMPLE_BYTES.length, requests: expect.any(Number) };
    expect(await read({ CACHE_PREFIX: prefix })).toEqual({ [near]: whole });
    expect(await read({ CACHE_PREFIX: 'root://localhost:1//{path}' })).toEqual({ [far]: whole });
    // From here on only the cache has it.
    await origin.close();
    expect(await read({ CACHE_PREFIX: prefix })).toEqual({ [near]: whole });
  });
});

describe('parseXrootdAddress', () => {
  it.each([
    ['root://eos.test//store/a.root', { tls: false, host: 'eos.test', port: 1094, path: '/store/a.root', opaque: '' }],
    ['roots://u@eos.test:2000//a.root?authz=planted', { tls: true, user: 'u', port: 2000, opaque: 'authz=planted' }],
    ['root://[::1]:1094//a.root', { host: '[::1]', path: '/a.root' }],
    ['root://cache//root://origin//a.root', { host: 'cache', path: '/root://origin//a.root' }],
  ])('takes apart %s', (location, parts) => {
    const address = parseXrootdAddress(location);
    expect(address).toMatchObject(parts);
    expect(address.name).not.toContain('planted');
  });

  it.each(['root://', 'root://host', 'root://host:99999//a', 'root:///a'])('refuses %s', (location) => {
    expect(() => parseXrootdAddress(location)).toThrow(/not an XRootD address/);
  });
});
