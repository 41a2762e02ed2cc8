/** The same toy run, from each kind of place: the results are the same bytes, and no secret is anywhere. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Storage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LatencyProxy, startLatencyProxy } from '../../test/latency-proxy.ts';
import { MINIO_KEYS, type ObjectServer, startFakeGcs, startMinio, whyNo } from '../../test/object-servers.ts';
import { makeTokenIssuer, TOKEN_CONFIG, whyNoTokens } from '../../test/token-issuer.ts';
import { startXrootdServer, whyNoXrootd, type XrootdServer } from '../../test/xrootd-server.ts';
import type { Report } from '../results/report.ts';
import { generateToySamples, type ToyFile } from '../toy/generate.ts';

let folder: string;
let files: readonly ToyFile[];
let expected: Readonly<Record<string, Buffer>>;
const relative = ({ path }: ToyFile) => path.slice(join(folder, 'toy').length + 1);
const PLANTED = /planted|PRIVATE KEY|eyJ/;

/** Runs the program as a user would; answers what it wrote, and all that it said. */
async function run(name: string, data: readonly string[], env: Readonly<Record<string, string>>) {
  const out = join(folder, `out-${name}`);
  const args = ['cli/main.ts', 'run', '-a', 'atlas-hzz-2020', '--no-web', '--out', out, ...data.flatMap((place) => ['--data', place])];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env }, maxBuffer: 1e8 });
  const written: Record<string, Buffer> = {};
  let texts = `${stdout}${stderr}`;
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(entry.parentPath, entry.name));
    texts += content.toString('latin1');
    if (entry.name.startsWith('histograms.')) written[entry.name] = content;
  }
  return { written, texts, report };
}

async function expectSame(name: string, data: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Report> {
  const { written, texts, report } = await run(name, data, env);
  expect(Object.keys(written).sort()).toEqual(['histograms.csv', 'histograms.json', 'histograms.root']);
  for (const [file, content] of Object.entries(written)) expect(content.equals(expected[file] ?? Buffer.alloc(0)), file).toBe(true);
  expect(PLANTED.exec(texts)?.[0]).toBeUndefined();
  return report;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-sources-'));
  files = await generateToySamples({ release: 'atlas-2020', folder: join(folder, 'toy'), scale: 0.01, samples: ['data_A', 'llll', 'Zee'] });
  expected = (await run('file', [join(folder, 'toy')], {})).written;
});
afterAll(() => rm(folder, { recursive: true }));

describe('the same run', () => {
  it('over HTTP', async () => {
    const server: Server = createServer(async (request, response) => {
      const bytes = await readFile(join(folder, 'toy', decodeURIComponent(request.url ?? '')));
      const [, first = '0', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const end = last === '' ? bytes.length - 1 : Math.min(bytes.length - 1, Number(last));
      const range = { 'content-range': `bytes ${first}-${end}/${bytes.length}` };
      response.writeHead(last === '' ? 200 : 206, { etag: '"one"', ...(last === '' ? {} : range) });
      response.end(bytes.subarray(Number(first), end + 1));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expectSame('http', files.map((file) => `${base}/${relative(file)}`)); // biome-ignore format: one line
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe.skipIf(whyNo('minio') !== undefined)('the same run from S3', () => {
  let minio: ObjectServer;
  beforeAll(async () => {
    minio = await startMinio();
    const credentials = { accessKeyId: MINIO_KEYS.accessKey, secretAccessKey: MINIO_KEYS.secretKey };
    const client = new S3Client({ endpoint: minio.url, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: 'toy' }));
    for (const file of files)
      await client.send(new PutObjectCommand({ Bucket: 'toy', Key: `x/${relative(file)}`, Body: await readFile(file.path) }));
    client.destroy();
  });
  afterAll(() => minio?.close());

  it('through its own interface, and as HMAC keys of Google', async () => {
    const keys = (name: string) => ({
      [`${name}_ENDPOINT`]: minio.url,
      [`${name}_ACCESS_KEY`]: MINIO_KEYS.accessKey,
      [`${name}_SECRET_KEY`]: MINIO_KEYS.secretKey,
    });
    await expectSame('s3', ['s3://toy/x/**/*.root'], keys('S3'));
    await expectSame('hmac', ['gs://toy/x/'], keys('GCS'));
  });
});

describe.skipIf(whyNo('fake-gcs-server') !== undefined)('the same run from Google', () => {
  it('anonymously', async () => {
    const gcs = await startFakeGcs();
    const client = new Storage({ apiEndpoint: gcs.url, projectId: 'test' });
    await client.createBucket('toy');
    for (const file of files)
      await client
        .bucket('toy')
        .file(relative(file))
        .save(await readFile(file.path), { resumable: false, validation: false });
    await expectSame('gs', ['gs://toy/*/*.root'], { GCS_ENDPOINT: gcs.url, GCS_ANONYMOUS: 'true' });
    await gcs.close();
  });
});

describe.skipIf(whyNoXrootd() !== undefined)('the same run from XRootD', () => {
  let server: XrootdServer;
  let cache: XrootdServer;
  /** Before the server, for the cache: what that fetches itself it does not tell those who read through it. */
  let counter: LatencyProxy;
  beforeAll(async () => {
    server = await startXrootdServer({ config: ['xrd.protocol http:{http} libXrdHttp.so', 'http.listingdeny no'] });
    counter = await startLatencyProxy(server.port, 'root', 0);
    const proxy = [
      'ofs.osslib libXrdPss.so',
      'pss.cachelib libXrdPfc.so',
      `pss.origin localhost:${counter.port}`,
      'pfc.ram 1g',
      'pfc.diskusage 0.98 0.99',
    ];
    cache = await startXrootdServer({ config: proxy });
    await cp(join(folder, 'toy'), join(server.data, 'toy'), { recursive: true });
  });
  afterAll(async () => {
    await cache?.close();
    await counter?.close();
    await server?.close();
  });

  it('by its own protocol, WebDAV, a disk cache and copies', async () => {
    const root = `root://localhost:${server.port}//data/toy/`;
    await expectSame('root', [root]);
    await expectSame('dav', [`dav://localhost:${server.httpPort}/data/toy/`]);
    await expectSame('copies', [root], { CACHE_DIR: join(folder, 'cache'), STAGE_IN_DIR: join(folder, 'stage') });
    expect(await readdir(join(folder, 'stage/higgsflow-stage-in'))).toHaveLength(files.length);
  });

  it('through an XCache, which fetches once what is read twice', async () => {
    const root = `root://localhost:${server.port}//data/toy/`;
    const bytesBy = async (name: string) => {
      counter.take();
      const { accounting, totals } = await expectSame(name, [root], { CACHE_PREFIX: `root://localhost:${cache.port}//{path}` });
      const place = `root://localhost:${cache.port} (cache)`;
      expect(Object.keys(accounting.total.places)).toEqual([place]);
      expect(accounting.total.bytesRead).toBe(totals.bytesRead);
      return { fromCache: accounting.total.bytesRead, fromOrigin: counter.take().bytes };
    };
    const first = await bytesBy('xcache');
    const second = await bytesBy('xcache-again');
    expect(first.fromOrigin).toBeGreaterThan(first.fromCache);
    expect(second.fromCache).toBe(first.fromCache);
    expect(second.fromOrigin).toBeLessThan(first.fromCache / 10);
  });

  it.skipIf(whyNoTokens() !== undefined)('with a token', async () => {
    const issuer = makeTokenIssuer();
    const secure = await startXrootdServer({ tls: true, prepare: issuer.prepare, config: [...TOKEN_CONFIG, 'xrootd.tls all'] });
    await cp(join(folder, 'toy'), join(secure.data, 'toy'), { recursive: true });
    const env = { BEARER_TOKEN: issuer.token(1000), X509_CERT_DIR: join(secure.folder, 'pem') };
    await expectSame('roots', [`roots://localhost:${secure.port}//data/toy/`], env);
    await secure.close();
  });
});
