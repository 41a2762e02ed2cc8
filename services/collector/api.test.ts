import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CollectorClient } from '#shared/client/collector-client.ts';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { Failure, Task } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { type HttpServer, startHttpServer } from '#shared/runtime/http-server.ts';
import { collectorRoutes } from './api.ts';
import { Collector } from './collector.ts';
import { Ledger } from './ledger.ts';

const FILES = 3;
const spec: RunSpec = {
  ...{ v: 1, run: 'r', analysis: 'rehearsal', parameters: {}, tree: 'rehearsal', catalogue: plainCatalogue() },
  ...{ fraction: 1, chunkEntries: 100, chunkBytes: 1e9 },
  datasets: [{ name: 'events', isData: true, files: new Array<string>(FILES).fill('synthetic://10') }],
};
const files = Array.from({ length: FILES }, (_, file) => ({
  ...{ file, dataset: 'events', url: 'synthetic://10', entries: 10, bytes: 0, toy: true },
  tasks: [{ index: file, from: 0, to: 10 }],
}));

describe('the HTTP API of the collector, through its client', () => {
  let folder: string;
  let ledger: Ledger;
  let queue: Queue;
  let collector: Collector;
  let server: HttpServer;
  let client: CollectorClient;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'api-'));
    ledger = new Ledger(join(folder, 'ledger.sqlite'));
    queue = openMemoryQueue();
    const retry = { attempts: 1, baseMs: 1, maxMs: 1 };
    collector = new Collector({ ledger, queue, retry, silenceMs: 60_000, allowAnalysisFiles: false, maxMessageBytes: 10_000 });
    server = await startHttpServer({ host: '127.0.0.1', port: 0, routes: collectorRoutes(() => collector) });
    client = new CollectorClient({ url: server.url, retry: { attempts: 2, baseMs: 1, maxMs: 1 } });
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await queue.close();
    await collector.close();
    ledger.close();
    rmSync(folder, { recursive: true });
  });
  const signal = () => new AbortController().signal;
  const planned = async () => {
    await client.open(spec);
    await client.add('r', files);
    await client.freeze('r');
    return client.pending('r', -1, 100);
  };
  const failure = ({ run, index, attempt, url }: Task): Failure => ({
    ...{
      v: 1,
      kind: 'failure',
      run,
      index,
      attempt,
      worker: 'w',
      code: 'RootFormatError',
      text: `${url}: cut short`,
      file: url,
      retryable: false,
    },
  });

  it('takes a task list in pages and gives it back as tasks', async () => {
    expect(await client.open(spec)).toEqual({ frozen: false });
    await client.add('r', files.slice(0, 2));
    expect(await client.open(spec)).toEqual({ frozen: false });
    await client.add('r', files.slice(2));
    await client.freeze('r');
    expect(await client.open(spec)).toMatchObject({ frozen: true });
    expect(await client.pending('r', 0, 1)).toEqual(await collector.pending('r', 0, 1));
    expect((await client.runs()).map(({ run, state }) => [run, state])).toEqual([['r', 'running']]);
    await client.issue('r');
    const end = new AbortController();
    const seen: number[] = [];
    await queue.tasks.consume(
      async ({ message }) => {
        if (seen.push(message.index) === FILES) end.abort();
      },
      { prefetch: 1, signal: end.signal },
    );
    expect(seen).toEqual([0, 1, 2]);
  });

  it('refuses another spec, other files, what is no spec, and verbs on runs that are not there', async () => {
    await planned();
    await expect(client.open({ ...spec, fraction: 0.5 })).rejects.toMatchObject({
      code: 'MessageError',
      message: expect.stringContaining('another fraction'),
    });
    await expect(client.add('r', [{ ...(files[0] as (typeof files)[0]), url: 'other' }])).rejects.toThrow(/with other tasks/);
    await expect(client.open({ ...spec, run: '../r' })).rejects.toThrow(/letters, digits/);
    await expect(client.open({ ...spec, run: 'q', analysis: 'analyses:../x.ts' })).rejects.toMatchObject({ code: 'ConfigError' });
    await expect(client.open({ ...spec, run: 'q', analysis: 'file:///etc/passwd.ts' })).rejects.toMatchObject({ code: 'ConfigError' });
    await expect(client.open({ ...spec, run: 'q', analysis: 'cms-dimuon', tree: 'Events' })).rejects.toThrow(
      /cells; a message holds about 156/,
    );
    for (const verb of [
      client.cancel('no'),
      client.retry('no'),
      client.remove('no'),
      client.freeze('no'),
      client.issue('no'),
      client.add('no', []),
    ]) {
      await expect(verb).rejects.toThrow('there is no run no');
    }
    expect([await client.snapshot('no'), await client.details('no')]).toEqual([undefined, undefined]);
    expect((await fetch(`${server.url}/runs/no`)).status).toBe(404);
    expect((await fetch(`${server.url}/runs/r/pending?after=x`)).status).toBe(400);
  });

  it('streams each change until the run ends, and lists what failed', async () => {
    const tasks = await planned();
    const states: RunSnapshot[] = [];
    const following = (async () => {
      for await (const snapshot of client.changes('r', signal())) states.push(snapshot);
    })();
    for (const task of tasks) await queue.reports.publish(failure(task));
    await following;
    expect(states.at(-1)).toMatchObject({ state: 'incomplete', totals: { tasksFailed: FILES } });
    expect(await client.snapshot('r')).toEqual(states.at(-1));
    expect(await client.failures('r', 2)).toMatchObject([
      { index: 0, code: 'RootFormatError', file: 'synthetic://10', text: 'synthetic://10: cut short' },
      { index: 1 },
    ]);
    const details = await client.details('r');
    expect([...(details?.inputs ?? [])]).toHaveLength(FILES);
    expect(await client.retry('r')).toBe(FILES);
    expect(await client.snapshot('r')).toMatchObject({ state: 'running', failures: [] });
  });

  it('ends a stream when its reader goes, and says so when it is cut', async () => {
    await planned();
    const gone = new AbortController();
    for await (const { state } of client.changes('r', gone.signal)) {
      expect(state).toBe('running');
      gone.abort();
    }
    const stream = client.changes('r', signal());
    await stream.next();
    const next = stream.next();
    next.catch(() => {});
    await server[Symbol.asyncDispose]();
    await expect(next).rejects.toMatchObject({ code: 'StorageError', retryable: true });
    await expect(client.runs()).rejects.toThrow(/cannot be reached/);
    server = await startHttpServer({ host: '127.0.0.1', port: 0, routes: [] });
  });

  it('cancels and removes', async () => {
    await planned();
    await client.cancel('r');
    expect(await client.snapshot('r')).toMatchObject({ state: 'cancelled' });
    await client.remove('r');
    expect(await client.runs()).toEqual([]);
  });
});
