/** The flags of `run` for files on servers, with what the report says of them, by the real program. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#shared/results/report.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';

let folder: string;
let server: Server;
let host: string;
/** Bytes that the server has sent, of bodies. */
let sent = 0;
const NAMES = ['toy_data_A.root', 'toy_llll.root', 'toy_Zee.root'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remote-files-'));
  writeLeptonSamples(join(folder, 'samples'), { data_A: 3000, llll: 9000, Zee: 1000 });
  server = createServer(async (request, response) => {
    const bytes = await readFile(join(folder, 'samples', request.url ?? ''));
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = last === '' ? bytes : bytes.subarray(Number(first), Number(last) + 1);
    const range = { 'content-range': `bytes ${first}-${Math.min(bytes.length - 1, Number(last))}/${bytes.length}` };
    if (request.method !== 'HEAD') sent += part.length;
    response.writeHead(last === '' ? 200 : 206, { etag: '"one"', 'content-length': part.length, ...(last === '' ? {} : range) });
    response.end(request.method === 'HEAD' ? undefined : part);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function run(out: string, ...flags: string[]): Promise<{ report: Report; histograms: string; markdown: string }> {
  const where = join(folder, out);
  const data = NAMES.flatMap((name) => ['--data', `${host}/${name}`]);
  const args = ['cli/main.ts', 'run', '-a', 'atlas-hzz-2020', '--no-web', '--json', '--threads', '2', '--out', where, ...data, ...flags];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 });
  const [histograms, markdown] = await Promise.all(['histograms.json', 'report.md'].map((name) => readFile(join(where, name), 'utf8')));
  return { report: JSON.parse(stdout) as Report, histograms: histograms ?? '', markdown: markdown ?? '' };
}

/** Bytes and requests of all rows are those of the places, and of the run. */
function expectToAddUp({ accounting, totals, requests }: Report): void {
  for (const rows of [accounting.datasets, accounting.workers, [accounting.total]]) {
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
    expect(sum(({ bytesRead }) => bytesRead)).toBe(totals.bytesRead);
    expect(sum(({ places }) => Object.values(places).reduce((all, { bytes }) => all + bytes, 0))).toBe(totals.bytesRead);
    expect(sum((row) => row.requests)).toBe(requests);
  }
}

describe('run, over HTTP', () => {
  it('copies files to the fast folder and keeps blocks as the flags say, with the same result and a report that adds up', async () => {
    const plain = await run('plain');
    expectToAddUp(plain.report);
    expect(Object.keys(plain.report.accounting.total.places)).toEqual([host]);
    expect(plain.report.accounting.total).toMatchObject({ attempts: 3, retries: 0, cacheHits: 0 });
    expect(plain.report.accounting.datasets.map(({ name }) => name)).toEqual(['data_A', 'Zee', 'llll']);
    expect(plain.report.accounting.total.coreSeconds).toBeGreaterThan(0.01);
    expect(plain.markdown).toContain('## Cost by worker');

    const flags = ['--stage-in', join(folder, 'fast'), '--stage-in-max-mb', '50', '--cache-dir', join(folder, 'cache')];
    const staged = await run('staged', ...flags);
    expect(staged.histograms).toBe(plain.histograms);
    expect(await readdir(join(folder, 'fast/higgsflow-stage-in'))).toHaveLength(NAMES.length);
    expectToAddUp(staged.report);
    expect(Object.keys(staged.report.accounting.total.places)).toEqual(expect.arrayContaining([host, 'stage-in']));

    sent = 0;
    const again = await run('again', ...flags);
    expect(again.histograms).toBe(plain.histograms);
    expectToAddUp(again.report);
    const { places, cacheHits } = again.report.accounting.total;
    // The version of each file, with its first bytes: when it is copied, and when it is read.
    expect(places[host]?.bytes).toBeLessThanOrEqual(sent);
    expect(places[host]?.bytes ?? 0).toBeLessThanOrEqual(NAMES.length * 1024);
    expect(places['disk cache']?.requests).toBe(cacheHits - (places['stage-in']?.requests ?? 0));
    expect(cacheHits).toBeGreaterThan(0);
  });

  it('keeps all threads together below the cap', async () => {
    const { report } = await run('plain-again');
    const seconds = report.totals.bytesRead / 250_000 - 0.25;
    const capped = await run('capped', '--download-max-kb', '250');
    expect(seconds).toBeGreaterThan(0.5);
    expect(capped.report.elapsedMs / 1000).toBeGreaterThan(seconds * 0.95);
    expectToAddUp(capped.report);
  });
});
