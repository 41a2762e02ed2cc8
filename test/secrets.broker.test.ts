/** Runs with keys, by all services over a real broker: keys get to the workers, and nowhere else. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import amqplib from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { queueNames } from '../shared/queue/amqp/options.ts';
import { startBroker } from './broker.ts';
import { type Buckets, startBuckets } from './buckets.ts';
import { writeLeptonSamples } from './lepton-samples.ts';
import { MINIO_KEYS, whyNo } from './object-servers.ts';
import { type ServiceProcess, Services } from './services.ts';

const broker = whyNo('minio') === undefined ? await startBroker() : undefined;
afterAll(() => broker?.close());

const SIGNATURE = 'planted-signature';
const PLANTED = [MINIO_KEYS.accessKey, MINIO_KEYS.secretKey, SIGNATURE, 'planted-wrong'];

describe.skipIf(!broker)('runs with keys', () => {
  let folder: string;
  let buckets: Buckets;
  let server: Server;
  let signed: string;
  let services: Services;
  let started: ServiceProcess[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'secrets-'));
    const [first = '', ...rest] = writeLeptonSamples(join(folder, 'samples'), { data_A: 2000, llll: 3000, Zee: 1000 });
    buckets = await startBuckets(rest);
    server = createServer(async (request, response) => {
      if (!request.url?.endsWith(SIGNATURE)) return void response.writeHead(403).end();
      const bytes = await readFile(first);
      const [, from = '0', to = `${bytes.length - 1}`] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'content-length': part.length, 'content-range': range });
      response.end(request.method === 'HEAD' ? undefined : part);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    signed = `http://127.0.0.1:${(server.address() as AddressInfo).port}/toy_data_A.root?X-Amz-Signature=${SIGNATURE}`;
    writeFileSync(join(folder, 'access'), MINIO_KEYS.accessKey);
    writeFileSync(join(folder, 'secret'), MINIO_KEYS.secretKey);
    writeFileSync(join(folder, 'wrong'), 'planted-wrong');
  });
  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
    await buckets?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    services = await Services.open(mkdtempSync(join(folder, 'services-')), broker?.url ?? '');
    started = [];
    await start('collector').event('http.listening');
  });
  afterEach(() => services.close());

  const credentials = () => join(services.folder, 'credentials');
  const note = (each: ServiceProcess) => {
    started.push(each);
    return each;
  };
  const start = (name: Parameters<Services['start']>[0]) =>
    note(services.start(name, { CREDENTIALS_DIR: credentials(), LOG_LEVEL: 'debug' }));
  const higgsflow = async (args: readonly string[], code: number, env: Readonly<Record<string, string>> = {}) => {
    const command = note(services.higgsflow(args, { CREDENTIALS_DIR: credentials(), ...env }));
    expect(await command.ended, command.stderr).toBe(code);
    return command;
  };
  const submit = (run: string, args: readonly string[], code = 0, secret = 'secret') =>
    higgsflow(
      ['submit', '-a', 'atlas-hzz-2020', '--run', run, '--storage-host', buckets.url, ...args].concat([
        '--access-key-file',
        join(folder, 'access'),
        '--secret-key-file',
        join(folder, secret),
      ]),
      code,
    );
  /** What waits in the broker; it stays there. */
  const waitingMessages = async (run: string) => {
    const model = await amqplib.connect(broker?.url ?? '');
    const channel = await model.createChannel();
    const messages: string[] = [];
    for (;;) {
      const message = await channel.get(queueNames(services.env['QUEUE_PREFIX'] ?? '', 'default').tasks(run));
      if (message === false) break;
      messages.push(`${JSON.stringify(message.properties)} ${message.content.toString('latin1')}`);
    }
    await model.close();
    return messages;
  };
  const filesBelow = (place: string) =>
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const answers = async (paths: readonly string[]) =>
    Promise.all(paths.map(async (path) => (await fetch(`${services.collectorUrl}${path}`, { signal: AbortSignal.timeout(5000) })).text()));

  it('have them in a file for their owner alone, and in no message, ledger, log, page, report or result', async () => {
    await submit('keys', ['-d', 's3://samples/toy/*.root', '-d', signed, '--output-bucket', 'results']);
    const messages = await waitingMessages('keys');
    expect(messages).toHaveLength(3);
    expect(messages.join()).toContain('S3_ENDPOINT');
    const web = start('web');
    const worker = start('worker');
    await web.event('web.results-uploaded');
    const status = await services.client.snapshot('keys');
    expect([status?.state, status?.output]).toEqual(['complete', { folder: 's3://results/keys/', state: 'done' }]);
    expect(await buckets.results()).toEqual(expect.arrayContaining(['keys/plot.png', 'keys/report.json']));
    const { url } = await web.event('http.listening');
    const pages = await answers([
      '/runs',
      '/runs/keys',
      '/runs/keys/details',
      '/runs/keys/failures',
      '/runs/keys/pending',
      '/runs/keys/events',
    ]);
    pages.push(await (await fetch(`${url}/api/runs/keys`)).text(), await (await fetch(`${url}/runs/keys`)).text());
    expect(statSync(join(credentials(), 'keys')).mode & 0o777).toBe(0o600);
    const bucket = await Promise.all((await buckets.results()).map(async (key) => (await buckets.result(key))?.toString('latin1') ?? ''));
    await worker.end('SIGTERM');
    const ledger = readdirSync(services.folder)
      .filter((name) => name.startsWith('ledger'))
      .map((name) => readFileSync(join(services.folder, name), 'latin1'));
    const logs = started.map(({ log, stderr }) => `${JSON.stringify(log)} ${stderr}`);
    for (const [where, texts] of Object.entries({ messages, pages, bucket, ledger, logs, out: filesBelow(join(services.folder, 'out')) })) {
      expect(texts.length, where).toBeGreaterThan(0);
      for (const secret of PLANTED)
        expect(
          texts.some((text) => text.includes(secret)),
          `${secret} in ${where}`,
        ).toBe(false);
    }
    await higgsflow(['cleanup', 'keys', '--yes'], 0);
    expect(readdirSync(credentials())).toEqual([]);
  });

  it('are told in one line that keys are wrong, or that the bucket for results is, and do not end well', async () => {
    start('web');
    start('worker');
    const wrong = await submit('wrong', ['-d', 's3://samples/toy/toy_llll.root', '--wait'], 3, 'wrong');
    const [failure] = await services.client.failures('wrong', 10);
    expect(failure?.text).toMatch(
      /^s3:\/\/samples\/toy\/toy_llll.root: the server answered 403: SignatureDoesNotMatch[^\n]*Check S3_ACCESS_KEY/,
    );
    // A run that cannot even be listed is none: its keys are not left behind.
    await submit('nothing', ['-d', 's3://samples/toy/*.root'], 1, 'wrong');
    expect(readdirSync(credentials())).toEqual(['wrong']);
    // With other keys the same run goes on: they take the place of those that were wrong.
    await submit('wrong', ['-d', 's3://samples/toy/toy_llll.root']);
    await higgsflow(['retry', 'wrong'], 0);
    await vi.waitFor(async () => expect((await services.client.snapshot('wrong'))?.state).toBe('complete'), {
      timeout: 20_000,
      interval: 200,
    });
    const lost = await submit('lost', ['-d', 's3://samples/toy/toy_llll.root', '--output-bucket', 'elsewhere', '--wait'], 1);
    expect(lost.stderr).toMatch(/\nNot uploaded to s3:\/\/elsewhere\/lost\/: [^\n]*NoSuchBucket[^\n]*\n$/);
    expect(readdirSync(join(services.folder, 'out/lost'))).toContain('histograms.root');
    expect(`${wrong.stderr}${lost.stderr}${JSON.stringify(failure)}`).not.toMatch(/planted|higgsflow-test/);
    const status = await higgsflow(['status', 'lost'], 0);
    expect(status.log.at(-1)?.['text']).toMatch(/^Not uploaded to s3:\/\/elsewhere\/lost\/: .*NoSuchBucket/);
    // The same run again, with the right place: what is done is not done again.
    await submit('lost', ['-d', 's3://samples/toy/toy_llll.root', '--output-bucket', 'results', '--wait'], 0);
    expect(await buckets.results()).toContain('lost/histograms.root');
  });

  it('wait for keys that come late, and have as many attempts as they were given', async () => {
    await submit('late', ['-d', 's3://samples/toy/toy_llll.root']);
    renameSync(join(credentials(), 'late'), join(services.folder, 'late'));
    const worker = start('worker');
    expect(await worker.event('task.waiting-for-credentials')).toMatchObject({ run: 'late', secret: 'late' });
    mkdirSync(credentials(), { recursive: true });
    renameSync(join(services.folder, 'late'), join(credentials(), 'late'));
    await vi.waitFor(async () => expect((await services.client.snapshot('late'))?.state).toBe('complete'), {
      timeout: 20_000,
      interval: 200,
    });
    const unreachable = ['--storage-host', 'http://127.0.0.1:9', '--backoff-limit', '0', '--wait'];
    await submit('once', ['-d', 's3://samples/toy/toy_llll.root', ...unreachable], 3);
    const [collector] = started;
    expect(collector?.log.filter(({ run, event }) => run === 'once' && /^task\./.test(String(event)))).toEqual([
      expect.objectContaining({ event: 'task.failed', attempt: 1, code: 'StorageError' }),
    ]);
  });
});
