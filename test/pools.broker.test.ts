/** Runs over several pools of workers on a real broker, every service a process of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { execute } from '../cli/run/execute.ts';
import { Ledger } from '../services/collector/ledger.ts';
import { buildSpec } from '../services/producer/build-spec.ts';
import type { RunSnapshot } from '../shared/plot/snapshot.ts';
import type { RunRequest } from '../shared/queue/run-request.ts';
import { generateToySamples, type ToyFile } from '../shared/toy/generate.ts';
import { startBroker } from './broker.ts';
import { histogramFiles } from './histogram-files.ts';
import { type ServiceProcess, Services } from './services.ts';

const broker = await startBroker();
afterAll(() => broker?.close());

describe.skipIf(!broker)('pools of workers', () => {
  let folder: string;
  let toys: readonly ToyFile[];
  let expected: Readonly<Record<string, string | Uint8Array>>;
  let services: Services;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pools-'));
    toys = await generateToySamples({ release: 'atlas-2020', folder: join(folder, 'samples'), scale: 0.001 });
    const ledger = new Ledger(join(folder, 'one.sqlite'));
    const { pools: _, lists: __, ...whole } = request('one');
    const spec = await buildSpec({ ...whole, data: [join(folder, 'samples')] }, { runId: () => 'one' });
    await using execution = await execute({ spec, ledger, threads: 1, batchBytes: 1e6, signal: AbortSignal.timeout(60_000) });
    expected = histogramFiles((await execution.result).snapshot);
    ledger.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    services = await Services.open(mkdtempSync(join(folder, 'services-')), broker?.url ?? '');
    await services.start('collector').event('http.listening');
  });
  afterEach(() => services.close());

  /** Every other file is in pool b. */
  const request = (run: string, steal?: boolean): RunRequest => ({
    run,
    analysis: 'atlas-hzz-2020',
    chunkEntries: 150,
    pools: [{ name: 'a' }, { name: 'b' }],
    lists: toys.map(({ path, dataset }, i) => ({ name: dataset, files: [path], pool: i % 2 === 0 ? 'a' : 'b' })),
    ...(steal === undefined ? {} : { steal }),
  });
  const worker = async (pool: string, env = {}): Promise<ServiceProcess> => {
    const started = services.start('worker', { POOL: pool, ...env });
    await started.event('http.listening');
    return started;
  };
  const submit = async (asked: RunRequest) => {
    const file = join(services.folder, 'request.json');
    writeFileSync(file, JSON.stringify(asked));
    const submitted = services.higgsflow(['submit', '--spec', file]);
    expect(await submitted.ended, submitted.stderr).toBe(0);
  };
  const becomes = (run: string, check: (snapshot: RunSnapshot) => void) =>
    vi.waitFor(
      async () => {
        const snapshot = (await services.client.snapshot(run)) as RunSnapshot;
        check(snapshot);
        return snapshot;
      },
      { timeout: 40_000, interval: 100 },
    );
  const ends = (run: string) => becomes(run, ({ state, failures }) => expect([state, failures]).toEqual(['complete', []]));
  const poolsOf = (snapshot: RunSnapshot) => Object.fromEntries((snapshot.pools ?? []).map((pool) => [pool.name, pool]));
  const expectSameFiles = async (run: string) => {
    const out = join(services.folder, 'results');
    const results = services.higgsflow(['results', run, '--out', out]);
    expect(await results.ended, results.stderr).toBe(0);
    for (const name of ['histograms.json', 'histograms.csv', 'histograms.root']) {
      expect(readFileSync(join(out, name)).equals(Buffer.from(expected[name] ?? '')), name).toBe(true);
    }
  };

  it('share a run, each its own part, and give the bytes of one process', async () => {
    await Promise.all([worker('a'), worker('b')]);
    await submit(request('shared'));
    const { a, b } = poolsOf(await ends('shared'));
    expect(a?.tasksCommitted).toBeGreaterThan(0);
    expect(b?.tasksCommitted).toBeGreaterThan(0);
    expect(a).toMatchObject({ tasksWaiting: 0, tasksTaken: 0, workers: 1, threads: 1 });
    await expectSameFiles('shared');
  });

  it('wait for workers of their own without --steal, and say so; with it the others do their part', async () => {
    await worker('b');
    await submit(request('lonely'));
    const waiting = await becomes('lonely', (snapshot) => {
      const { a, b } = poolsOf(snapshot);
      expect([b?.tasksWaiting, b?.tasksRunning, a?.workers]).toEqual([0, 0, 0]);
      expect(a?.tasksWaiting).toBeGreaterThan(0);
    });
    const { a, b } = poolsOf(waiting);
    await new Promise((later) => setTimeout(later, 2500));
    expect(poolsOf((await services.client.snapshot('lonely')) as RunSnapshot)['a']).toEqual(a);
    const status = services.higgsflow(['status', 'lonely']);
    expect(await status.ended).toBe(0);
    expect(status.log.map(({ text }) => text).join('\n')).toContain(`${a?.tasksWaiting} tasks wait for pool a, which has no workers`);
    // Submitting the same again goes on with the run in another manner.
    await submit(request('lonely', true));
    const done = poolsOf(await ends('lonely'));
    expect(done['a']).toMatchObject({ tasksWaiting: 0, tasksCommitted: 0 });
    expect(done['b']).toMatchObject({ tasksTaken: a?.tasksWaiting, tasksCommitted: (b?.tasksCommitted ?? 0) + (a?.tasksWaiting ?? 0) });
    await expectSameFiles('lonely');
  });

  it('survive that all workers of one are killed in the middle of a run', async () => {
    const [dying] = await Promise.all([worker('a'), worker('b')]);
    await submit({ ...request('killed', true), chunkEntries: 40 });
    await becomes('killed', (snapshot) => expect(poolsOf(snapshot)['a']?.tasksCommitted).toBeGreaterThan(2));
    await dying.end();
    await ends('killed');
    await expectSameFiles('killed');
  });

  it('are deleted with their run', async () => {
    await submit(request('gone'));
    await services.client.cancel('gone');
    await services.client.remove('gone');
    expect(await services.client.runs()).toEqual([]);
  });
});
