/** `run` on buckets, by the real program: keys in all ways, results in a bucket, and no secret anywhere. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#shared/results/report.ts';
import { type Buckets, startBuckets } from '../../test/buckets.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { MINIO_KEYS, startFakeGcs, whyNo } from '../../test/object-servers.ts';

const FILES = ['histograms.csv', 'histograms.json', 'histograms.root', 'plot.png', 'report.json', 'report.md'];
const NO_MINIO = whyNo('minio');
const { accessKey, secretKey } = MINIO_KEYS;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(NO_MINIO !== undefined)(`run on buckets${NO_MINIO === undefined ? '' : ` (${NO_MINIO})`}`, () => {
  let folder: string;
  let samples: string[];
  let buckets: Buckets;
  let keyFiles: string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'object-stores-'));
    samples = writeLeptonSamples(join(folder, 'samples'), { data_A: 3000, llll: 9000, Zee: 1000 });
    buckets = await startBuckets(samples);
    writeFileSync(join(folder, 'access'), `${accessKey}\n`);
    writeFileSync(join(folder, 'secret'), secretKey);
    keyFiles = ['--access-key-file', join(folder, 'access'), '--secret-key-file', join(folder, 'secret')];
  });
  afterAll(async () => {
    await buckets?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    new Promise((resolve) => {
      const all = ['cli/main.ts', 'run', '-a', 'atlas-hzz-2020', '--no-web', '--threads', '2', ...args];
      const base = { PATH: process.env['PATH'], HOME: folder, CREDENTIALS_DIR: join(folder, 'credentials') };
      execFile(process.execPath, all, { env: { ...base, ...env }, maxBuffer: 1e8 }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
      });
    });
  const onBuckets = (out: string, ...args: string[]) => ['--storage-host', buckets.url, '--out', join(folder, out), ...args];
  const everythingIn = (out: string) =>
    readdirSync(join(folder, out))
      .map((name) => readFileSync(join(folder, out, name), 'latin1'))
      .join('\n');

  it('gives the bytes that local files give, here, in the bucket, and where flags want copies', async () => {
    const local = await run(['--out', join(folder, 'local'), ...samples.flatMap((path) => ['--data', path])]);
    expect(local.code, local.stderr).toBe(0);
    const copies = ['--output-file', join(folder, 'copy/all.root'), '--output-json-file', join(folder, 'copy.json')];
    const where = ['--data', 's3://higgs-demo/toy/*.root', '--bucket', 'samples', '--output-bucket', 's3://results/plots'];
    const caps = ['--mc-threads', '10', '--upload-max-kb', '5000', '--download-max-kb', '50000', '--backoff-limit', '5'];
    const ended = await run(onBuckets('s3', ...where, ...copies, ...keyFiles, ...caps));
    expect(ended.code, ended.stderr).toBe(0);
    const report = JSON.parse(await readFile(join(folder, 's3/report.json'), 'utf8')) as Report;
    expect(ended.stdout).toContain(`Uploaded to: s3://results/plots/${report.run}/`);
    expect(report.output).toEqual({ folder: `s3://results/plots/${report.run}/` });
    expect(report.inputs.map(({ url }) => url)).toEqual(
      expect.arrayContaining(samples.map((path) => `s3://samples/toy/${basename(path)}`)),
    );
    expect(await buckets.results()).toEqual(FILES.map((name) => `plots/${report.run}/${name}`));
    for (const name of FILES) {
      const here = await readFile(join(folder, 's3', name));
      expect((await buckets.result(`plots/${report.run}/${name}`))?.equals(here), name).toBe(true);
    }
    for (const [name, copy] of [
      ['histograms.root', 'copy/all.root'],
      ['histograms.json', 'copy.json'],
    ] as const) {
      const expected = await readFile(join(folder, 'local', name));
      expect((await readFile(join(folder, 's3', name))).equals(expected), name).toBe(true);
      expect((await readFile(join(folder, copy))).equals(expected), copy).toBe(true);
    }
    for (const secret of [accessKey, secretKey]) {
      expect(`${ended.stdout}${ended.stderr}${everythingIn('s3')}`).not.toContain(secret);
    }
  });

  it('takes keys from the environment, which flags outdo, and warns of those on its command line', async () => {
    const data = ['--data', 's3://samples/toy/*llll*.root'];
    const byEnvironment = await run(onBuckets('env', ...data), {
      HIGGSFLOW_ACCESS_KEY: accessKey,
      HIGGSFLOW_SECRET_KEY_FILE: join(folder, 'secret'),
    });
    expect([byEnvironment.code, byEnvironment.stderr]).toEqual([0, expect.not.stringContaining('command line')]);
    const byVariables = { S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: 'planted-wrong', S3_ENDPOINT: 'http://127.0.0.1:9' };
    const byFlags = await run(onBuckets('flags', ...data, '--access-key', accessKey, '--secret-key', secretKey), byVariables);
    expect([byFlags.code, byFlags.stderr]).toEqual([
      0,
      expect.stringMatching(/^Warning: others on this machine can see keys on a command line/),
    ]);
    const half = await run(onBuckets('half', ...data, '--access-key-file', join(folder, 'access')));
    expect([half.code, half.stderr]).toEqual([78, expect.stringMatching(/^higgsflow: the secret key is missing.*--secret-key-file FILE/)]);
    const unreadable = await run(onBuckets('no', ...data, '--access-key-file', '/not/there', '--secret-key-file', join(folder, 'secret')));
    expect([unreadable.code, unreadable.stderr]).toEqual([78, expect.stringMatching(/^higgsflow: --access-key-file cannot be read/)]);
  });

  it('tells wrong keys and a bucket that is not there in one line, and keeps what it has', async () => {
    const keys = ['--access-key-file', join(folder, 'access'), '--secret-key-file', join(folder, 'access')];
    const wrong = await run(onBuckets('wrong', '--data', 's3://samples/toy/*.root', ...keys));
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/^higgsflow: s3:\/\/samples\/toy\/: the server answered 403: SignatureDoesNotMatch[^\n]*\n$/),
    ]);
    const lost = await run(onBuckets('lost', '--data', 's3://samples/toy/*.root', '--output-bucket', 'elsewhere', ...keyFiles));
    expect(lost.code).toBe(1);
    expect(lost.stderr).toMatch(/\nNot uploaded to s3:\/\/elsewhere\/[^\n]*NoSuchBucket[^\n]*Check the name of the bucket/);
    expect(readdirSync(join(folder, 'lost'))).toEqual(expect.arrayContaining(FILES));
    expect(readFileSync(join(folder, 'lost/report.md'), 'utf8')).toMatch(/NOT UPLOADED to s3:\/\/elsewhere\/.*NoSuchBucket/);
  });

  it('refuses a type of store that it does not know, and goes on with a flag of former days', async () => {
    const unknown = await run(['--storage-type', 'azure', '--data', 's3://a/b.root']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('It must be s3, gs or gcs.')]);
    const former = await run(['--redis-host', '10.0.0.4', '--out', join(folder, 'former'), '--data', samples[0] ?? '']);
    expect([former.code, former.stderr]).toEqual([0, expect.stringMatching(/^--redis-host has no effect: there is no Redis/)]);
  });
});

const NO_GCS = whyNo('fake-gcs-server');
describe.skipIf(NO_GCS !== undefined)(`run on buckets of Google's interface${NO_GCS === undefined ? '' : ` (${NO_GCS})`}`, () => {
  it('reads what lists of higgs-demo call s3/..., and puts the results there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'google-stores-'));
    const server = await startFakeGcs();
    try {
      const json = { 'content-type': 'application/json' };
      for (const name of ['mine', 'results']) {
        await fetch(`${server.url}/storage/v1/b`, { method: 'POST', body: JSON.stringify({ name }), headers: json });
      }
      const [sample = ''] = writeLeptonSamples(join(folder, 'samples'), { llll: 2000 });
      const upload = `${server.url}/upload/storage/v1/b/mine/o?uploadType=media&name=toy/${basename(sample)}`;
      await fetch(upload, { method: 'POST', body: readFileSync(sample) });
      writeFileSync(join(folder, 'higgs_file_index.txt'), `s3/higgs-demo/toy/${basename(sample)}\n`);
      const out = join(folder, 'out');
      const where = ['--storage-type', 'gcs', '--storage-host', server.url, '--bucket', 'mine', '--output-bucket', 'results'];
      const what = ['--data', join(folder, 'higgs_file_index.txt'), '--catalogue', 'atlas-2020', '--gcs-project-id', 'it-atlas-cern'];
      const args = ['cli/main.ts', 'run', '-a', 'atlas-hzz-2020', '--no-web', '--json', '--out', out, ...what, ...where];
      const env = { PATH: process.env['PATH'], HOME: folder, GCS_ANONYMOUS: 'true' };
      const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 1e8 });
      const { run, inputs, output } = JSON.parse(stdout) as Report;
      expect(inputs.map(({ url }) => url)).toEqual([`gs://mine/toy/${basename(sample)}`]);
      expect(output).toEqual({ folder: `gs://results/${run}/` });
      const stored = await fetch(`${server.url}/storage/v1/b/results/o/${encodeURIComponent(`${run}/histograms.root`)}?alt=media`);
      expect(Buffer.from(await stored.arrayBuffer()).equals(readFileSync(join(out, 'histograms.root')))).toBe(true);
    } finally {
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('addresses with something secret in them', () => {
  let folder: string;
  let server: Server;
  let host: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'secret-addresses-'));
    writeLeptonSamples(join(folder, 'samples'), { data_A: 3000, llll: 9000 });
    server = createServer(async (request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      const password = request.headers.authorization === `Basic ${Buffer.from('ada:planted-password').toString('base64')}`;
      if (url.searchParams.get('X-Amz-Signature') !== 'planted-signature' && !password) return void response.writeHead(403).end();
      const bytes = await readFile(join(folder, 'samples', url.pathname));
      const [, first = '0', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = last === '' ? bytes : bytes.subarray(Number(first), Number(last) + 1);
      const range = { 'content-range': `bytes ${first}-${Math.min(bytes.length - 1, Number(last))}/${bytes.length}` };
      response.writeHead(last === '' ? 200 : 206, { 'content-length': part.length, ...(last === '' ? {} : range) });
      response.end(request.method === 'HEAD' ? undefined : part);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('are read, and no file, line or report has it; the folder of keys is empty again', async () => {
    const out = join(folder, 'out');
    const data = [
      `http://${host}/toy_data_A.root?X-Amz-Signature=planted-signature&X-Amz-Expires=60`,
      `http://ada:planted-password@${host}/toy_llll.root`,
    ];
    const args = [
      'cli/main.ts',
      'run',
      '-a',
      'atlas-hzz-2020',
      '--no-web',
      '--json',
      '--out',
      out,
      ...data.flatMap((each) => ['--data', each]),
    ];
    const env = { PATH: process.env['PATH'], HOME: folder, CREDENTIALS_DIR: join(folder, 'credentials') };
    const ended = await new Promise<Ended>((resolve) => {
      execFile(process.execPath, args, { env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : -1, stdout, stderr }),
      );
    });
    expect(ended.code, ended.stderr).toBe(0);
    const files = readdirSync(out).map((name) => readFileSync(join(out, name), 'latin1'));
    expect(`${ended.stdout}${ended.stderr}${files.join('\n')}`).not.toContain('planted');
    expect((JSON.parse(ended.stdout) as Report).inputs.map(({ url }) => url).sort()).toEqual([
      `http://${host}/toy_data_A.root`,
      `http://${host}/toy_llll.root`,
    ]);
    expect(readdirSync(join(folder, 'credentials'))).toEqual([]);
  });
});
