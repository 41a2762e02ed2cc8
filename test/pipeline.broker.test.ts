/** Whole runs over a real broker, with every service as a process of its own. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../cli/api.ts';
import { execute } from '../cli/run/execute.ts';
import { Ledger } from '../services/collector/ledger.ts';
import { buildSpec } from '../services/producer/build-spec.ts';
import { regular } from '../shared/histogram/axis.ts';
import { encodeHistogram } from '../shared/histogram/codec.ts';
import { Histogram } from '../shared/histogram/histogram.ts';
import { openAmqpQueue } from '../shared/queue/amqp.ts';
import type { RunRequest } from '../shared/queue/run-request.ts';
import { generateToySamples, type ToyFile } from '../shared/toy/generate.ts';
import { startBroker } from './broker.ts';
import { exampleSuccess } from './example-messages.ts';
import { histogramFiles } from './histogram-files.ts';
import { type ServiceProcess, Services } from './services.ts';

const HISTOGRAMS = ['histograms.json', 'histograms.csv', 'histograms.root'];

const broker = await startBroker();
afterAll(() => broker?.close());

describe.skipIf(!broker)('the services over a broker', () => {
  let folder: string;
  let samples: string;
  let toys: readonly ToyFile[];
  let services: Services;
  let collector: ServiceProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
    samples = join(folder, 'samples');
    toys = await generateToySamples({ release: 'atlas-2020', folder: samples, scale: 0.001 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    services = await Services.open(mkdtempSync(join(folder, 'services-')), broker?.url ?? '');
    collector = services.start('collector');
    await collector.event('http.listening');
  });
  afterEach(() => services.close());

  const verbs = () => connect({ collector: services.collectorUrl });

  /** Starts workers and waits until they listen, so that each of them gets its part. */
  const workers = async (count: number, env = {}) => {
    const started = Array.from({ length: count }, () => services.start('worker', env));
    await Promise.all(started.map((each) => each.event('http.listening')));
    return started;
  };
  const produce = (request: RunRequest, env = {}): ServiceProcess => {
    const file = join(services.folder, `${request.run}.json`);
    writeFileSync(file, JSON.stringify(request));
    return services.start('producer', { RUN_SPEC_FILE: file, ...env });
  };
  const finished = async (run: string, ...states: string[]) => {
    const end = new AbortController();
    for await (const snapshot of verbs().watch(run, { signal: end.signal })) if (states.includes(snapshot.state)) return snapshot;
    throw new Error(`run ${run} did not end as ${states}`);
  };
  /** The files of the same run in one process. */
  const inOneProcess = async (request: RunRequest) => {
    const spec = await buildSpec(request, { runId: () => 'one' });
    const ledger = new Ledger(join(services.folder, 'one.sqlite'));
    try {
      await using execution = await execute({ spec, ledger, threads: 1, batchBytes: 1e6, signal: AbortSignal.timeout(60_000) });
      return histogramFiles((await execution.result).snapshot);
    } finally {
      ledger.close();
    }
  };
  const expectSameFiles = (place: string, expected: Readonly<Record<string, string | Uint8Array>>) => {
    for (const name of HISTOGRAMS) {
      expect(readFileSync(join(place, name)).equals(Buffer.from(expected[name] ?? '')), name).toBe(true);
    }
  };

  it('give the same bytes as one process, and the web service writes and serves them', async () => {
    const request = { run: 'toy', analysis: 'atlas-hzz-2020', data: [samples], chunkEntries: 300 };
    const web = services.start('web');
    await workers(2);
    expect(await produce(request).ended).toBe(0);
    const snapshot = await finished('toy', 'complete');
    expect(snapshot.datasets).toHaveLength(12);
    const expected = await inOneProcess(request);
    const out = join(services.folder, 'by-command');
    const results = services.higgsflow(['results', 'toy', '--out', out]);
    expect(await results.ended, results.stderr).toBe(0);
    expectSameFiles(out, expected);
    await web.event('web.results-written');
    expectSameFiles(join(services.folder, 'out/toy'), expected);
    const { url } = await web.event('http.listening');
    const served = await fetch(`${url}/runs/toy/files/histograms.root`);
    expect(Buffer.from(await served.arrayBuffer()).equals(Buffer.from(expected['histograms.root'] ?? ''))).toBe(true);
    expect(await (await fetch(`${url}/runs`)).text()).toContain('<a href="/runs/toy">toy</a>');
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('higgsflow_viewers');
    // The page goes on without the collector: it says so, and comes back with it.
    await collector.end();
    expect((await fetch(`${url}/api/runs`)).status).toBe(503);
    collector = services.start('collector');
    await vi.waitFor(async () => expect((await fetch(`${url}/api/runs/toy`)).status).toBe(200), { timeout: 20_000, interval: 200 });
  });

  it('report broken files and nothing else; mended and tried again, the run is as if nothing had been', async () => {
    const broken = join(services.folder, 'broken');
    mkdirSync(broken);
    for (const { path } of toys) copyFileSync(path, join(broken, basename(path)));
    const [cut = '', text = '', flipped = ''] = toys.slice(-3).map(({ path }) => basename(path));
    truncateSync(join(broken, cut), 2000);
    writeFileSync(join(broken, text), 'no ROOT file at all');
    const bytes = readFileSync(join(broken, flipped));
    writeFileSync(join(broken, flipped), bytes.fill(0x5a, 400, bytes.length - 400));
    await workers(2);
    const submitted = services.higgsflow(['submit', '-a', 'atlas-hzz-2020', '-d', broken, '--run', 'poison', '--wait']);
    expect(await submitted.ended, submitted.stderr).toBe(3);
    const listed = services.higgsflow(['failures', 'poison', '--json']);
    expect(await listed.ended).toBe(0);
    const failures = await verbs().failures('poison');
    expect(failures.map(({ file }) => file).sort()).toEqual([cut, text, flipped].map((name) => join(broken, name)).sort());
    for (const { text: reason } of failures) expect(reason).toMatch(/\.root: /);
    for (const { path } of toys) copyFileSync(path, join(broken, basename(path)));
    const retried = services.higgsflow(['retry', 'poison']);
    expect([await retried.ended, retried.log[0]?.['text']]).toEqual([0, '3 tasks of poison will be tried again']);
    const snapshot = await finished('poison', 'complete');
    expect(snapshot.failures).toEqual([]);
    const out = join(services.folder, 'mended');
    await verbs().results('poison', out);
    expectSameFiles(out, await inOneProcess({ analysis: 'atlas-hzz-2020', data: [broken] }));
  });

  it('refuse results of unknown runs and with wrong axes, and count neither', async () => {
    const log = { info: () => {}, warn: () => {} };
    const address = { url: broker?.url ?? '', prefix: services.env['QUEUE_PREFIX'] ?? '', pool: 'default' };
    const queue = await openAmqpQueue({ ...address, patienceMs: 10_000, log });
    try {
      expect(await produce({ run: 'axes', analysis: 'rehearsal', data: ['synthetic://10'], catalogue: 'none' }).ended).toBe(0);
      const wrong = encodeHistogram(new Histogram([regular(3, 0, 100, { name: 'x' })]));
      const success = (run: string) => exampleSuccess({ run, histograms: { x: wrong, cutFlow: wrong } });
      await queue.reports.publish(success('nobody-knows'));
      await queue.reports.publish(success('axes'));
      const snapshot = await finished('axes', 'incomplete');
      expect(snapshot.failures).toMatchObject([{ code: 'MessageError' }]);
      expect(snapshot.totals.entriesCommitted).toBe(0);
      expect(await collector.event('message.refused')).toMatchObject({ reason: expect.stringMatching(/no run nobody-knows/) });
      expect(await services.client.metrics()).toMatch(/reports_refused_total\{reason="unknown run".*\} 1/);
      expect((await fetch(`${services.collectorUrl}/readyz`)).status).toBe(200);
    } finally {
      await queue.close();
    }
  });

  /** An analysis of synthetic files that does something else before it fills, and how a request names it. */
  const writeAnalysis = (name: string, before: string): string => {
    mkdirSync(join(services.folder, 'analyses'), { recursive: true });
    const shared = pathToFileURL(join(import.meta.dirname, '../shared')).href;
    writeFileSync(
      join(services.folder, `analyses/${name}.ts`),
      `import { regular } from '${shared}/histogram/axis.ts';
      import { defineAnalysis } from '${shared}/analysis/define-analysis.ts';
      export const analysis = defineAnalysis({
        name: '${name}', title: '${name}', tree: 'rehearsal', columns: { x: 'f32' }, cutFlow: ['all'],
        histograms: () => ({ x: { title: 'x', axes: [regular(2, 0, 1, { name: 'x' })] } }),
        process({ entries, x }, out) {
          ${before}
          for (let i = 0; i < entries; i++) { out.cutFlow.fill(0); out.x.fill(x.values[i]); }
        },
      });`,
    );
    return `analyses:${name}.ts`;
  };

  it('finish what they compute when they are told to stop, and give the rest back', async () => {
    const analysis = writeAnalysis('slow', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);');
    const [first] = await workers(1, { LOG_LEVEL: 'debug' });
    const data = [10, 11, 12].map((entries) => `synthetic://${entries}`);
    expect(await produce({ run: 'slow', analysis, data, catalogue: 'none' }).ended).toBe(0);
    await first?.event('task.started');
    expect(await first?.end('SIGTERM')).toBe(0);
    const events = first?.log.map(({ event }) => event).filter((event) => `${event}`.startsWith('task.'));
    expect(events).toEqual(['task.started', 'task.returned', 'task.done']);
    await workers(1);
    const snapshot = await finished('slow', 'complete');
    expect(snapshot.totals).toMatchObject({ tasksCommitted: 3, tasksFailed: 0, entriesCommitted: 33 });
  });

  it('lose nothing and count nothing twice when collector and producer are killed, with two runs side by side', async () => {
    const tasks = 400;
    const data = (entries: number) => Array.from({ length: tasks }, (_, i) => `synthetic://${entries + i}`);
    const request = (run: string, entries: number) => ({ run, analysis: 'rehearsal', data: data(entries), catalogue: 'none' });
    const runs = [request('a', 100), request('b', 2000)];
    await workers(2);
    // Killed until it came through; in the first rounds before it could.
    const producing = runs.map(async (each, i) => {
      for (let round = 0; ; round += 1) {
        const producer = produce(each);
        await producer.event('producer.planning');
        if (round < 2) setTimeout(() => producer.child.kill('SIGKILL'), 100 + 150 * round + 50 * i);
        if ((await producer.ended) === 0) return round;
      }
    });
    for (const waitMs of [400, 700]) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await collector.end();
      collector = services.start('collector');
    }
    await Promise.all(producing);
    for (const { run } of runs) {
      const snapshot = await finished(run, 'complete', 'incomplete');
      expect(snapshot.totals, JSON.stringify(snapshot.failures[0])).toMatchObject({ tasks, tasksCommitted: tasks, tasksFailed: 0 });
      const first = run === 'a' ? 100 : 2000;
      expect(snapshot.datasets[0]?.histograms['cutFlow']?.sumw[0]).toBe(tasks * first + (tasks * (tasks - 1)) / 2);
    }
    const refused = produce({ ...(runs[0] as RunRequest), fraction: 0.5 });
    expect(await refused.ended).toBe(1);
    expect(await refused.log.find(({ event }) => event === 'service.failed')).toMatchObject({
      error: { message: expect.stringMatching(/exists with another fraction/) },
    });
    const cleaned = services.higgsflow(['cleanup', 'a', '--yes']);
    expect(await cleaned.ended).toBe(0);
    expect((await verbs().runs()).map(({ run }) => run)).toEqual(['b']);
  });

  it('are driven by a program of a user: the example submits, watches and takes the results', async () => {
    await workers(1);
    const out = join(services.folder, 'example');
    const example = services.run('examples/submit-a-run.ts', [services.collectorUrl, samples, out]);
    expect(await example.ended, example.stderr).toBe(0);
    const lines = example.log.map(({ text }) => `${text}`);
    expect(lines.some((line) => /^complete: 12 of 12 tasks, 100 %$/.test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/ ± /);
    expectSameFiles(out, await inOneProcess({ analysis: 'atlas-hzz-2020', data: [samples] }));
  });

  it('cancel a run when asked: its tasks are gone, and the next run is served', async () => {
    const data = Array.from({ length: 200 }, (_, i) => `synthetic://${100 + i}`);
    expect(await produce({ run: 'long', analysis: 'rehearsal', data, catalogue: 'none' }).ended).toBe(0);
    expect(await services.higgsflow(['cancel', 'long']).ended).toBe(0);
    await workers(1);
    const small = services.higgsflow(['submit', '-a', 'rehearsal', '-c', 'none', '-d', 'synthetic://5', '--run', 'small', '--wait']);
    expect(await small.ended, small.stderr).toBe(0);
    expect(await verbs().status('long')).toMatchObject({ state: 'cancelled', totals: { tasksCommitted: 0 } });
  });

  it('are free again when a run is cancelled whose analysis never ends', async () => {
    const analysis = writeAnalysis('endless', 'for (;;);');
    const data = [10, 11, 12].map((entries) => `synthetic://${entries}`);
    const [worker] = await workers(1, { LOG_LEVEL: 'debug' });
    expect(await produce({ run: 'endless', analysis, data, catalogue: 'none' }).ended).toBe(0);
    await worker?.event('task.started');
    await verbs().cancel('endless');
    const small = services.higgsflow(['submit', '-a', 'rehearsal', '-c', 'none', '-d', 'synthetic://5', '--run', 'small', '--wait']);
    expect(await small.ended, small.stderr).toBe(0);
    expect(worker?.log.filter(({ event }) => event === 'task.returned').length).toBeGreaterThan(0);
    expect(worker?.log.filter(({ event }) => event === 'task.failed')).toEqual([]);
  });

  it('say so and count nothing when the ledger is damaged', async () => {
    await collector.end('SIGTERM');
    writeFileSync(services.env['LEDGER_FILE'] ?? '', 'no database at all, but long enough to be taken for one'.repeat(100));
    const broken = services.start('collector');
    expect(await broken.event('collector.broken')).toMatchObject({
      error: { code: 'StorageError', message: expect.stringMatching(/damaged/) },
    });
    const ready = await fetch(`${services.collectorUrl}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { reason: expect.stringMatching(/damaged/) }]);
    expect((await fetch(`${services.collectorUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${services.collectorUrl}/runs`)).status).toBe(503);
    expect(await broken.end('SIGTERM')).toBe(1);
  });

  it('rehearse: any number of synthetic tasks through all of it', async () => {
    await workers(1);
    const rehearsal = services.higgsflow(['rehearse', '--tasks', '300', '--json']);
    expect(await rehearsal.ended, rehearsal.stderr).toBe(0);
    const told = JSON.parse(rehearsal.log.map(({ text }) => text).join('\n') || JSON.stringify(rehearsal.log)) as object;
    expect(told).toMatchObject({ state: 'complete', committed: 300, failed: 0, exact: true, workers: 1 });
    expect(await verbs().runs()).toEqual([]);
  });
});
