import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINIO_KEYS, type ObjectServer, startMinio, whyNo } from '../../test/object-servers.ts';
import { collect, describeByteSource, everythingErrorsSay } from './conformance.ts';
import { gcsAsS3 } from './gcs.ts';
import { listS3, openS3Source } from './s3.ts';
import type { S3Settings } from './settings.ts';
import { startTestServer } from './test-server.ts';

const reason = whyNo('minio');
if (reason !== undefined) console.log(`S3 is not tested against a real server: ${reason}`);

let server: ObjectServer;
let admin: S3Client;
const settings = (changes: Partial<S3Settings> = {}): S3Settings => ({
  endpoint: server.url,
  region: 'us-east-1',
  pathStyle: true,
  anonymous: false,
  keys: { ...MINIO_KEYS, sessionToken: undefined },
  ...changes,
});
const options = (changes: Partial<S3Settings> = {}) => ({ settings: settings(changes), timeoutMs: 5000 });
const put = (Key: string, Body: Uint8Array, Bucket = 'private') => admin.send(new PutObjectCommand({ Bucket, Key, Body }));

let files = 0;
const serve = async (bytes: Uint8Array) => {
  const key = `folder with blank/file${files++}%20?#.root`;
  await put(key, bytes);
  return { location: `s3://private/${key}`, replace: async (next: Uint8Array) => void (await put(key, next)), close: async () => {} };
};

describe.skipIf(reason !== undefined)('S3, by MinIO', () => {
  beforeAll(async () => {
    server = await startMinio();
    const credentials = { accessKeyId: MINIO_KEYS.accessKey, secretAccessKey: MINIO_KEYS.secretKey };
    admin = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true, credentials });
    for (const Bucket of ['private', 'public']) await admin.send(new CreateBucketCommand({ Bucket }));
    const Statement = [
      {
        Effect: 'Allow',
        Principal: '*',
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: ['arn:aws:s3:::public', 'arn:aws:s3:::public/*'],
      },
    ];
    await admin.send(new PutBucketPolicyCommand({ Bucket: 'public', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }));
    await put('a.root', new Uint8Array(10), 'public');
  });
  afterAll(async () => {
    admin?.destroy();
    await server?.close();
  });

  describeByteSource('S3', (location) => openS3Source(location, options()), serve);
  describeByteSource(
    'Google, with HMAC keys',
    (location) => {
      const asS3 = gcsAsS3({
        endpoint: server.url,
        projectId: undefined,
        anonymous: false,
        keyFile: undefined,
        keys: { ...MINIO_KEYS, sessionToken: undefined },
      });
      return openS3Source(location.replace('s3:', 'gs:'), { settings: asS3 ?? settings(), timeoutMs: 5000 });
    },
    serve,
  );

  it('reads a public bucket without keys, but no private one', async () => {
    const source = await openS3Source('s3://public/a.root', options({ anonymous: true, keys: undefined }));
    expect(source.size).toBe(10);
    await source.close();
    await put('b.root', new Uint8Array(10));
    await expect(openS3Source('s3://private/b.root', options({ anonymous: true, keys: undefined }))).rejects.toMatchObject({
      code: 'StorageError',
      retryable: false,
      reason: expect.stringContaining('403'),
    });
  });

  it('says in one line what is wrong, and no secret', async () => {
    const keys = { accessKey: 'planted-access', secretKey: 'planted-secret', sessionToken: 'planted-session' };
    const cases: [string, Partial<S3Settings>, RegExp][] = [
      ['s3://private/missing.root', {}, /404/],
      ['s3://no-such-bucket/a.root', {}, /404/],
      ['s3://private/b.root', { keys }, /403/],
      ['s3://private/b.root', { keys: { ...MINIO_KEYS, secretKey: 'planted-wrong', sessionToken: undefined } }, /403/],
      ['s3://private/b.root', { endpoint: 'http://127.0.0.1:1' }, /ECONNREFUSED/],
    ];
    for (const [location, changes, says] of cases) {
      const error = await openS3Source(location, options(changes)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'StorageError', file: location, message: expect.stringMatching(says) });
      expect(everythingErrorsSay(error)).not.toMatch(/planted|Signature=|\n.*\bat\b.*AWS4/);
      expect((error as Error).message).not.toContain('\n');
    }
    const listing = await collect(listS3('private', '', options({ keys }))).catch((thrown: unknown) => thrown);
    expect(listing).toMatchObject({ code: 'StorageError', hint: expect.stringContaining('S3_ACCESS_KEY') });
    expect(everythingErrorsSay(listing)).not.toMatch(/planted/);
  });

  it('asks for size, ETag and first bytes at once, and opens an empty file too', async () => {
    await put('head.root', new Uint8Array(2000).fill(5));
    await put('empty.root', new Uint8Array(0));
    const source = await openS3Source('s3://private/head.root', { ...options(), headBytes: 512 });
    expect([source.size, source.counters.requests, source.counters.bytes]).toEqual([2000, 1, 512]);
    expect(await source.read(0, 512)).toHaveLength(512);
    expect(source.counters.requests).toBe(1);
    expect(await source.read(0, 512)).toHaveLength(512);
    expect(source.counters.requests).toBe(2);
    await source.close();
    expect((await openS3Source('s3://private/empty.root', { ...options(), headBytes: 512 })).size).toBe(0);
    await expect(openS3Source('s3://private/missing.root', { ...options(), headBytes: 512 })).rejects.toMatchObject({
      reason: expect.stringMatching(/404.*NoSuchKey/),
    });
  });

  it('lists what begins with a prefix', async () => {
    for (const key of ['lists/a.root', 'lists/b/c.root', 'listsNot.root']) await put(key, new Uint8Array(3));
    expect(await collect(listS3('private', 'lists/', options()))).toEqual([
      { key: 'lists/a.root', size: 3 },
      { key: 'lists/b/c.root', size: 3 },
    ]);
  });
});

describe('S3, by a server that misbehaves', () => {
  const away = (endpoint: string): S3Settings => ({
    endpoint,
    region: 'us-east-1',
    pathStyle: true,
    anonymous: false,
    keys: { accessKey: 'a', secretKey: 'b', sessionToken: undefined },
  });

  it('lists 26,920 keys, page by page', async () => {
    const keys = Array.from({ length: 26_920 }, (_, index) => `eos/file${String(index).padStart(6, '0')}.root`);
    const server = await startTestServer(new Uint8Array(0));
    server.intercept = (request, response) => {
      const from = Number(new URL(request.url ?? '', 'http://x').searchParams.get('continuation-token') ?? 0);
      const contents = keys.slice(from, from + 1000).map((key) => `<Contents><Key>${key}</Key><Size>7</Size></Contents>`);
      const next =
        from + 1000 < keys.length ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${from + 1000}</NextContinuationToken>` : '';
      response.end(`<?xml version="1.0"?><ListBucketResult>${contents.join('')}${next}</ListBucketResult>`);
      return true;
    };
    const endpoint = new URL(server.url).origin;
    const listed = await collect(listS3('higgs-demo', 'eos/', { settings: away(endpoint), timeoutMs: 5000 }));
    expect(listed.map(({ key }) => key)).toEqual(keys);
    expect(server.log).toHaveLength(27);
    await server.close();
  });

  it.each([
    ['temporary keys that have expired', 'ExpiredToken', 400, /get new ones/],
    ['keys that are not known', 'InvalidAccessKeyId', 403, /Check S3_ACCESS_KEY and S3_SECRET_KEY/],
    ['a clock that is wrong', 'RequestTimeTooSkewed', 403, /Set the clock/],
  ])('tells %s in one line, and what to do', async (_, code, status, hint) => {
    const server = await startTestServer(new Uint8Array(0));
    server.intercept = (_request, response) => {
      response.writeHead(status).end(`<Error><Code>${code}</Code><Message>It is refused</Message></Error>`);
      return true;
    };
    const keys = { accessKey: 'planted-a', secretKey: 'planted-b', sessionToken: 'planted-c' };
    const settings = { ...away(new URL(server.url).origin), keys };
    const error = await openS3Source('s3://bucket/key', { settings, timeoutMs: 5000, headBytes: 512 }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'StorageError', retryable: false, message: expect.stringMatching(hint) });
    expect((error as Error).message).toMatch(new RegExp(`^s3://bucket/key: the server answered ${status}: ${code}[^\n]*$`));
    expect(everythingErrorsSay(error)).not.toContain('planted');
    await server.close();
  });

  it.each([500, 503])('may be asked again after %i, silence and a cut connection', async (status) => {
    const server = await startTestServer(new Uint8Array(100));
    const source = await openS3Source('s3://bucket/key', { settings: away(new URL(server.url).origin), timeoutMs: 500 });
    server.intercept = (_request, response) => {
      response.writeHead(status).end('<Error><Code>SlowDown</Code><Message>later</Message></Error>');
      return true;
    };
    await expect(source.read(0, 10)).rejects.toMatchObject({
      code: 'StorageError',
      retryable: true,
      reason: expect.stringContaining(`${status}`),
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
});
