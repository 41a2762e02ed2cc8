import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINIO_KEYS, type ObjectServer, startFakeGcs, startMinio, whyNo } from '../../test/object-servers.ts';
import { everythingErrorsSay } from './conformance.ts';
import { parseStorageSettings } from './parse-settings.ts';
import { uploadFiles } from './upload.ts';

const ONCE = { attempts: 1, baseMs: 1, maxMs: 1 };
const FILES = { 'report.md': '# Ergebnis: m(4ℓ)\n', 'plot.png': new Uint8Array(200_000).map((_, i) => i % 251), empty: '' };

const noMinio = whyNo('minio');
describe.skipIf(noMinio !== undefined)(`results in a bucket of MinIO${noMinio === undefined ? '' : ` (${noMinio})`}`, () => {
  let server: ObjectServer;
  let admin: S3Client;
  beforeAll(async () => {
    server = await startMinio();
    const credentials = { accessKeyId: MINIO_KEYS.accessKey, secretAccessKey: MINIO_KEYS.secretKey };
    admin = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true, credentials });
    await admin.send(new CreateBucketCommand({ Bucket: 'results' }));
  });
  afterAll(async () => {
    admin?.destroy();
    await server?.close();
  });
  const settings = (more: Readonly<Record<string, string>> = {}) =>
    parseStorageSettings({
      S3_ENDPOINT: server.url,
      S3_ACCESS_KEY: MINIO_KEYS.accessKey,
      S3_SECRET_KEY: MINIO_KEYS.secretKey,
      ...more,
    });
  const stored = async (key: string) => {
    const { Body, ContentType } = await admin.send(new GetObjectCommand({ Bucket: 'results', Key: key }));
    return { bytes: await Body?.transformToByteArray(), type: ContentType };
  };

  it('are those that were written, byte for byte, with their types', async () => {
    await uploadFiles('s3://results/plots/run 6/', FILES, { settings: settings() });
    expect(await stored('plots/run 6/plot.png')).toEqual({ bytes: FILES['plot.png'], type: 'image/png' });
    expect(Buffer.from((await stored('plots/run 6/report.md')).bytes ?? []).toString()).toBe(FILES['report.md']);
    expect((await stored('plots/run 6/empty')).bytes).toEqual(new Uint8Array(0));
  });

  it('take the place of those that were there', async () => {
    await uploadFiles('s3://results/', { a: 'first' }, { settings: settings() });
    await uploadFiles('s3://results/', { a: 'second' }, { settings: settings() });
    expect(Buffer.from((await stored('a')).bytes ?? []).toString()).toBe('second');
  });

  it('come no faster than the cap, all together', async () => {
    const began = performance.now();
    // 400 kB at 500 kB/s, less the quarter of a second that may be made up for.
    const files = { one: new Uint8Array(200_000), two: new Uint8Array(200_000) };
    await uploadFiles('s3://results/slow/', files, { settings: settings({ UPLOAD_MAX_KB: '500' }) });
    expect(performance.now() - began).toBeGreaterThan(500);
  });

  it('go there by the S3-compatible interface of Google, with HMAC keys', async () => {
    const { accessKey, secretKey } = MINIO_KEYS;
    const gcs = parseStorageSettings({ GCS_ENDPOINT: server.url, GCS_ACCESS_KEY: accessKey, GCS_SECRET_KEY: secretKey });
    await uploadFiles('gs://results/hmac/', { a: 'x' }, { settings: gcs });
    expect(Buffer.from((await stored('hmac/a')).bytes ?? []).toString()).toBe('x');
  });

  it.each([
    [
      'a bucket that is not there',
      's3://elsewhere/',
      {},
      /^s3:\/\/elsewhere\/a: the server answered 404: NoSuchBucket.*Check the name of the bucket/,
    ],
    [
      'a wrong key',
      's3://results/',
      { S3_SECRET_KEY: 'planted-wrong' },
      /^s3:\/\/results\/a: the server answered 403: SignatureDoesNotMatch/,
    ],
    [
      'nobody',
      's3://results/',
      { S3_ACCESS_KEY: '', S3_SECRET_KEY: '', S3_ANONYMOUS: 'true' },
      /403: AccessDenied.*The keys may not write there/,
    ],
  ])('are refused for %s, in one clear line', async (_, folder, more, line) => {
    const error = await uploadFiles(folder, { a: 'x' }, { settings: settings(more), retry: ONCE }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'StorageError', retryable: false, message: expect.stringMatching(line) });
    expect(everythingErrorsSay(error)).not.toMatch(/planted|Signature=|AWS4-HMAC/);
  });
});

const noGcs = whyNo('fake-gcs-server');
describe.skipIf(noGcs !== undefined)(`results in a bucket of Google's interface${noGcs === undefined ? '' : ` (${noGcs})`}`, () => {
  let server: ObjectServer;
  beforeAll(async () => {
    server = await startFakeGcs();
    await fetch(`${server.url}/storage/v1/b`, {
      method: 'POST',
      body: '{"name": "results"}',
      headers: { 'content-type': 'application/json' },
    });
  });
  afterAll(() => server?.close());

  it('are those that were written, byte for byte', async () => {
    const settings = parseStorageSettings({ GCS_ENDPOINT: server.url, GCS_ANONYMOUS: 'true' });
    await uploadFiles('gs://results/run6/', FILES, { settings });
    for (const [name, content] of Object.entries(FILES)) {
      const answer = await fetch(`${server.url}/storage/v1/b/results/o/${encodeURIComponent(`run6/${name}`)}?alt=media`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(content)), name).toBe(true);
    }
    const refused = uploadFiles('gs://elsewhere/', { a: 'x' }, { settings, retry: ONCE });
    await expect(refused).rejects.toMatchObject({ code: 'StorageError', retryable: false, file: 'gs://elsewhere/a' });
  });
});

describe('results', () => {
  it('go to buckets only', async () => {
    const upload = uploadFiles('https://host/', {}, { settings: parseStorageSettings({}) });
    await expect(upload).rejects.toThrow(/results go to buckets only/);
  });
});
