/** Servers that misbehave, through the whole pipeline: planned, read by threads, tried again, reported. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '#services/collector/ledger.ts';
import { buildSpec } from '#services/producer/build-spec.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { histogramFiles } from '../../test/histogram-files.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { execute } from './execute.ts';

const QUICK = { attempts: 3, baseMs: 10, maxMs: 20 };

/** Deals with a request, or leaves it to the server; `count` is that of requests for parts of this file. */
type Fault = (request: IncomingMessage, response: ServerResponse, count: number, bytes: Buffer) => boolean;

let folder: string;
let server: Server;
let base: string;
let urls: readonly string[];
let faults: Readonly<Record<string, Fault>> = {};
let counts: Record<string, number> = {};

function serve(request: IncomingMessage, response: ServerResponse): void {
  const name = basename(request.url ?? '');
  const bytes = readFileSync(join(folder, name));
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  // Planning and opening read the beginning and the end of a file; faults are for reads that start between.
  const isData = Number(first ?? 0) > 0 && Number(first) < 0.5 * bytes.length;
  if (isData) counts[name] = (counts[name] ?? 0) + 1;
  const count = isData ? (counts[name] ?? 0) : 0;
  if (count > 0 && faults[name]?.(request, response, count, bytes)) return;
  const [from, to] = first === undefined ? [0, bytes.length - 1] : [Number(first), Math.min(bytes.length - 1, Number(last))];
  const range = { 'content-range': `bytes ${from}-${to}/${bytes.length}` };
  response.writeHead(first === undefined ? 200 : 206, {
    etag: '"one"',
    'content-length': to - from + 1,
    ...(first === undefined ? {} : range),
  });
  response.end(bytes.subarray(from, to + 1));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faults-'));
  urls = writeLeptonSamples(folder).map((path) => basename(path));
  server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Of the threads.
  process.env['STORAGE_TIMEOUT_SECONDS'] = '0.4';
  process.env['STORAGE_MULTI_RANGE'] = 'false';
});
afterAll(async () => {
  delete process.env['STORAGE_TIMEOUT_SECONDS'];
  delete process.env['STORAGE_MULTI_RANGE'];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  counts = {};
});

async function run(name: string) {
  const spec = await buildSpec({ analysis: 'atlas-hzz-2020', data: urls.map((file) => `${base}/${file}`) }, { runId: () => 'test' });
  const ledger = new Ledger(join(folder, `${name}.sqlite`));
  try {
    const options = { threads: 2, batchBytes: 50_000, retry: QUICK, readRetry: { ...QUICK, attempts: 2 } };
    await using execution = await execute({ spec, ledger, ...options, signal: AbortSignal.timeout(60_000) });
    const { snapshot, details } = await execution.result;
    return { snapshot, costs: details.costs, files: histogramFiles(snapshot) };
  } finally {
    ledger.close();
  }
}

const reasons = ({ failures }: RunSnapshot) =>
  Object.fromEntries(failures.map(({ dataset, code, message, attempts }) => [dataset, { code, message, attempts }]));

describe('a run from a server that misbehaves', () => {
  it('is complete, and the same, where faults pass', async () => {
    faults = {};
    const { files } = await run('sound');
    counts = {};
    faults = {
      // More often than one read is tried: the task is tried again.
      'toy_data_A.root': (_, response, count) => count <= 4 && response.writeHead(500).end() !== undefined,
      'toy_data_B.root': (_, _response, count) => count <= 2,
      'toy_Zee.root': (request, response, count, bytes) => {
        if (count > 2) return false;
        const [, from = '0', to = '0'] = /(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
        response.writeHead(206, {
          etag: '"one"',
          'content-range': `bytes ${from}-${to}/${bytes.length}`,
          'content-length': Number(to) - Number(from) + 1,
        });
        response.write(bytes.subarray(Number(from), Number(from) + 10), () => response.destroy());
        return true;
      },
      'toy_llll.root': (request, response, count, bytes) => {
        if (count > 2) return false;
        const [, from = '0'] = /(\d+)-/.exec(request.headers.range ?? '') ?? [];
        const end = Number(from) + 10;
        response.writeHead(206, { etag: '"one"', 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` });
        response.end(bytes.subarray(Number(from), end));
        return true;
      },
    };
    const { snapshot, costs, files: after } = await run('passing');
    expect(snapshot).toMatchObject({ state: 'complete', failures: [] });
    for (const [name, content] of Object.entries(files))
      expect(Buffer.from(after[name] ?? '').equals(Buffer.from(content)), name).toBe(true);
    const retries = Object.fromEntries(costs.datasets.map((row) => [row.name, row.retries]));
    expect(retries['ggH125_ZZ4lep']).toBe(0);
    expect(costs.datasets.find(({ name }) => name === 'data_A')?.attempts).toBeGreaterThan(1);
    for (const name of ['data_A', 'data_B', 'Zee', 'llll']) expect(retries[name], name).toBeGreaterThan(0);
  });

  it('is incomplete with a clear reason each where they stay, in good time', async () => {
    faults = {
      'toy_data_A.root': (_, response) => response.writeHead(503).end() !== undefined,
      'toy_data_B.root': () => true,
      'toy_Zee.root': (_, response) => {
        response.destroy();
        return true;
      },
      'toy_llll.root': (_, response) => {
        response.writeHead(412, { etag: '"two"' }).end();
        return true;
      },
    };
    const began = performance.now();
    const { snapshot } = await run('staying');
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(snapshot.state).toBe('incomplete');
    const found = reasons(snapshot);
    expect(Object.keys(found).sort()).toEqual(['Zee', 'data_A', 'data_B', 'llll']);
    for (const { code } of Object.values(found)) expect(code).toBe('StorageError');
    expect(found['data_A']).toMatchObject({ message: expect.stringMatching(/toy_data_A\.root: .*the server answered 503/), attempts: 3 });
    expect(found['data_B']).toMatchObject({ message: expect.stringMatching(/\d+ ms/), attempts: 3 });
    expect(found['Zee']).toMatchObject({ message: expect.stringMatching(/toy_Zee\.root: .*cannot be fetched/), attempts: 3 });
    expect(found['llll']).toMatchObject({ message: expect.stringMatching(/changed while it was read/), attempts: 1 });
    const good = snapshot.datasets.find(({ name }) => name === 'ggH125_ZZ4lep');
    expect(good).toMatchObject({ entriesCommitted: 3300, entriesLost: 0 });
  });
});
