import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Storage } from '@google-cloud/storage';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ObjectServer, startFakeGcs, whyNo } from '../../test/object-servers.ts';
import { collect, describeByteSource, everythingErrorsSay } from './conformance.ts';
import { listGcs, openGcsSource } from './gcs.ts';
import type { GcsSettings } from './settings.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const reason = whyNo('fake-gcs-server');
if (reason !== undefined) console.log(`Google Cloud Storage is not tested against an emulator: ${reason}`);

const settings = (endpoint: string, changes: Partial<GcsSettings> = {}): GcsSettings => ({
  endpoint,
  projectId: 'test',
  anonymous: true,
  keyFile: undefined,
  keys: undefined,
  ...changes,
});

describe.skipIf(reason !== undefined)('Google Cloud Storage, by fake-gcs-server', () => {
  let server: ObjectServer;
  let admin: Storage;
  const options = () => ({ settings: settings(server.url), timeoutMs: 5000 });
  const put = (key: string, bytes: Uint8Array) =>
    admin.bucket('bucket').file(key).save(Buffer.from(bytes), { resumable: false, validation: false });
  beforeAll(async () => {
    server = await startFakeGcs();
    admin = new Storage({ apiEndpoint: server.url, projectId: 'test' });
    await admin.createBucket('bucket');
  });
  afterAll(() => server?.close());

  let files = 0;
  describeByteSource(
    'gs',
    (location) => openGcsSource(location, options()),
    async (bytes) => {
      const key = `folder/file ${files++}.root`;
      await put(key, bytes);
      return { location: `gs://bucket/${key}`, replace: (next) => put(key, next), close: async () => {} };
    },
  );

  it('asks for size, generation and first bytes at once, and opens an empty file too', async () => {
    await put('head.root', new Uint8Array(2000).fill(5));
    await put('empty.root', new Uint8Array(0));
    const source = await openGcsSource('gs://bucket/head.root', { ...options(), headBytes: 512 });
    expect([source.size, source.counters.requests, source.counters.bytes]).toEqual([2000, 1, 512]);
    expect(await source.read(0, 512)).toHaveLength(512);
    expect(source.counters.requests).toBe(1);
    expect(await source.read(0, 512)).toHaveLength(512);
    expect(source.counters.requests).toBe(2);
    await source.close();
    expect((await openGcsSource('gs://bucket/empty.root', { ...options(), headBytes: 512 })).size).toBe(0);
    await expect(openGcsSource('gs://bucket/missing.root', { ...options(), headBytes: 512 })).rejects.toMatchObject({
      reason: expect.stringContaining('404'),
    });
  });

  it('lists what begins with a prefix', async () => {
    for (const key of ['lists/a.root', 'lists/b/c.root', 'listsNot.root']) await put(key, new Uint8Array(3));
    expect(await collect(listGcs('bucket', 'lists/', options()))).toEqual([
      { key: 'lists/a.root', size: 3 },
      { key: 'lists/b/c.root', size: 3 },
    ]);
  });

  it('says what is not there', async () => {
    for (const location of ['gs://bucket/missing.root', 'gs://no-such-bucket/a.root']) {
      await expect(openGcsSource(location, options())).rejects.toMatchObject({
        code: 'StorageError',
        retryable: false,
        file: location,
        reason: expect.stringContaining('404'),
      });
    }
  });
});

describe('Google Cloud Storage, by a server that misbehaves', () => {
  it('may be asked again after an error, silence and a cut connection', async () => {
    const server = await startTestServer(new Uint8Array(0));
    const origin = new URL(server.url).origin;
    server.intercept = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ size: '100', generation: '1', name: 'key' }));
      return true;
    };
    const source = await openGcsSource('gs://bucket/key', { settings: settings(origin), timeoutMs: 500 });
    server.intercept = (_request, response) => {
      response.writeHead(503).end('later');
      return true;
    };
    await expect(source.read(0, 10)).rejects.toMatchObject({
      code: 'StorageError',
      retryable: true,
      reason: expect.stringContaining('503'),
    });
    server.intercept = () => true;
    await expect(source.read(0, 10)).rejects.toMatchObject({ retryable: true, reason: expect.stringContaining('500 ms') });
    server.intercept = (_request, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-9/100', 'content-length': 10 });
      response.write(new Uint8Array(5), () => response.destroy());
      return true;
    };
    await expect(source.read(0, 10)).rejects.toMatchObject({ code: 'StorageError', retryable: true });
    await source.close();
    await server.close();
  });

  describe('with the key of a service account', () => {
    let folder: string;
    let keyFile: string;
    let server: TestServer;
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const writeKey = (email: string) =>
      writeFile(
        keyFile,
        JSON.stringify({
          type: 'service_account',
          client_email: email,
          private_key: privateKey,
          private_key_id: 'planted-id',
          token_uri: `${new URL(server.url).origin}/token`,
          project_id: 'test',
        }),
      );
    const openFails = () => {
      const options = { settings: settings(new URL(server.url).origin, { anonymous: false, keyFile }), timeoutMs: 3000 };
      return openGcsSource('gs://bucket/key', options).catch((thrown: unknown) => thrown);
    };
    const lastAuthorization = () => server.log.at(-1)?.headers.authorization ?? '';
    /** Who says in the token to have sent the last request. */
    const lastSender = (): unknown => JSON.parse(Buffer.from(lastAuthorization().split('.')[1] ?? '', 'base64url').toString()).iss;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'higgsflow-gcs-key-'));
      keyFile = join(folder, 'key.json');
      server = await startTestServer(new Uint8Array(0));
      server.intercept = (_request, response) => {
        response.writeHead(403, { 'content-type': 'application/json' }).end('{"error":{"code":403,"message":"no access"}}');
        return true;
      };
    });
    afterEach(async () => {
      await server.close();
      await rm(folder, { recursive: true });
    });

    it('logs in, and says nothing of it', async () => {
      await writeKey('a@test');
      const error = await openFails();
      expect(error).toMatchObject({ code: 'StorageError', retryable: false, reason: expect.stringContaining('403') });
      expect(everythingErrorsSay(error)).not.toMatch(/planted|PRIVATE KEY|Bearer/);
      expect(lastAuthorization()).toMatch(/^Bearer ey/);
    });

    it('takes a key file that comes late, and a new one in its place', async () => {
      expect(await openFails()).toMatchObject({ code: 'ConfigError', file: keyFile, reason: expect.stringContaining('ENOENT') });
      await writeFile(keyFile, 'no key');
      expect(await openFails()).toMatchObject({ code: 'ConfigError', file: keyFile });
      expect(server.log).toEqual([]);
      await writeKey('first@test');
      await openFails();
      expect(lastSender()).toBe('first@test');
      await writeKey('another@test');
      await openFails();
      expect(lastSender()).toBe('another@test');
    });
  });
});
