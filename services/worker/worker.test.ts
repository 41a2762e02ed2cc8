import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { Report, Task } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import { writeAnalysisFile } from '../../test/analysis-file.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { startWorker, type WorkerOptions } from './worker.ts';

let folder: string;
let sample: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'worker-'));
  [sample = ''] = writeLeptonSamples(folder, { llll: 1000 }, 100);
});
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string, body: string) => writeAnalysisFile(folder, name, body);

describe('worker', () => {
  let queue: Queue;
  let stop: AbortController;
  let running: Promise<void>;
  beforeEach(() => {
    queue = openMemoryQueue();
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await queue.close();
  });

  const start = (options: Partial<WorkerOptions> = {}) => {
    const readRetry = { attempts: 1, baseMs: 1, maxMs: 1 };
    const defaults = { name: 'w', threads: 1, batchBytes: 1e6, memoryMb: 256, allowAnalysisFiles: true, heartbeatMs: 60_000, readRetry };
    running = startWorker({ ...defaults, queue, signal: stop.signal, ...options });
  };
  const publish = (...tasks: Partial<Task>[]) =>
    tasks.map((task, index) => {
      const head = { v: 1 as const, run: 'r', index, dataset: 'llll', isData: false, url: sample, tree: 'mini', attempt: 1 };
      return queue.tasks.publish({ ...head, analysis: 'atlas-hzz-2020', parameters: {}, ...task });
    });
  /** Reports of these kinds, until there are `count`. */
  const reports = async (count: number, ...kinds: Report['kind'][]) => {
    const seen: Report[] = [];
    const enough = new AbortController();
    await queue.reports.consume(
      async ({ message }) => {
        if (kinds.includes(message.kind)) seen.push(message);
        if (seen.length === count) enough.abort();
      },
      { prefetch: 1, signal: enough.signal },
    );
    return seen;
  };
  const conclusions = (count: number) => reports(count, 'success', 'failure');

  it('reports the start of a task and its partial, with what it cost', async () => {
    start();
    publish({ from: 100, to: 300 });
    const [started, success] = await reports(2, 'started', 'success');
    expect(started).toEqual({ v: 1, kind: 'started', run: 'r', index: 0, attempt: 1, worker: 'w' });
    expect(success).toMatchObject({ kind: 'success', worker: 'w', from: 100, to: 300, fileEntries: 1000, toy: true });
    if (success?.kind !== 'success') return;
    expect(Object.keys(success.histograms)).toEqual(['m4l', 'cutFlow']);
    expect(success.bytesRead).toBeGreaterThan(1000);
    const { open, read, process, encode } = success.stagesMs;
    expect(open + read + process + encode).toBeLessThanOrEqual(success.wallMs + 1);
  });

  it('repeats in each report of a task which of the runs of this id it is of', async () => {
    start();
    publish({ incarnation: 'aBc-_123' }, { incarnation: 'aBc-_123', url: '/nowhere/x.root' });
    const seen = await reports(4, 'started', 'success', 'failure');
    expect(seen.map((report) => report.kind !== 'alive' && report.incarnation)).toEqual(Array(4).fill('aBc-_123'));
  });

  it('reads a whole file, or the first part of it, where the task says no entries', async () => {
    start();
    publish({}, { fraction: 0.25 });
    expect((await conclusions(2)).map((report) => report.kind === 'success' && [report.from, report.to])).toEqual([
      [0, 1000],
      [0, 250],
    ]);
  });

  it.each([
    ['a file that is not there', { url: '/nowhere/x.root' }, 'StorageError', /no such file/],
    ['a tree that is not there', { tree: 'maxi' }, 'ConfigError', /there is no 'maxi'/],
    ['entries that are not there', { from: 900, to: 1001 }, 'RootFormatError', /the tree has 1000/],
    ['an analysis that is not there', { analysis: 'atlas-hzz-1920' }, 'ConfigError', /no built-in analysis/],
    ['a parameter that is not there', { parameters: { x: 1 } }, 'ConfigError', /no parameter/],
  ])('reports %s with its reason, and not as worth another try', async (_, task, code, text) => {
    start();
    publish(task);
    expect(await conclusions(1)).toMatchObject([{ kind: 'failure', code, text: expect.stringMatching(text), retryable: false }]);
  });

  it('reports an analysis that throws with the file and the entries lost, and goes on', async () => {
    start();
    publish({ analysis: fileOf('throws', `throw new TypeError('x is not a function')`), from: 0, to: 100 }, {});
    const [failure, success] = await conclusions(2);
    expect(failure).toMatchObject({ code: 'AnalysisError', file: sample, entriesLost: 100, retryable: false });
    expect(success?.kind).toBe('success');
  });

  it('runs no analysis file where tasks come over a network', async () => {
    start({ allowAnalysisFiles: false });
    publish({ analysis: fileOf('fine', 'for (let i = 0; i < entries; i++) out.cutFlow.fill(0);') });
    expect(await conclusions(1)).toMatchObject([{ kind: 'failure', code: 'ConfigError' }]);
  });

  it('replaces a thread that runs out of memory, whose task is worth another try, and goes on', async () => {
    start({ memoryMb: 64 });
    publish({ analysis: fileOf('greedy', 'const all = new Map(); for (let i = 0; ; i++) all.set(i, { i });') }, {});
    const [failure, success] = await conclusions(2);
    expect(failure).toMatchObject({
      kind: 'failure',
      retryable: true,
      text: expect.stringMatching(/needed more than 64 MB/),
      file: sample,
    });
    expect(success).toMatchObject({ kind: 'success', index: 1 });
  });

  it('says in each heartbeat which tasks it holds, also those that wait for a thread', async () => {
    start({ heartbeatMs: 20 });
    publish({ analysis: fileOf('slow', 'const end = Date.now() + 300; while (Date.now() < end);') }, {});
    const alive = await reports(5, 'alive');
    expect(alive).toContainEqual({
      v: 1,
      kind: 'alive',
      worker: 'w',
      threads: 1,
      tasks: [
        { run: 'r', index: 0 },
        { run: 'r', index: 1 },
      ],
    });
  });

  it('gives its tasks back when it is stopped, even from an analysis that hangs', async () => {
    start();
    publish({ analysis: fileOf('hangs', 'for (;;);') }, {});
    await reports(1, 'started');
    // Long enough for the thread to be inside the loop.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    stop.abort();
    await running;
    expect(await queue.tasks.depth()).toBe(2);
  });

  it('says at last that it holds nothing, when all is given back', async () => {
    start();
    publish({ analysis: fileOf('hangs', 'for (;;);') }, {});
    await reports(1, 'started');
    stop.abort();
    await running;
    expect(await reports(1, 'alive')).toMatchObject([{ worker: 'w', tasks: [] }]);
  });

  it('ends without a last word where the queue is closed, and where it takes nothing', async () => {
    await queue.close();
    stop.abort();
    start();
    await expect(running).rejects.toThrow(/closed/);
    queue = openMemoryQueue();
    const reportsTakenNever = { ...queue.reports, publish: () => new Promise<void>(() => {}) };
    start({ queue: { ...queue, reports: reportsTakenNever } });
    await running;
  });

  it('finishes what it computes when it is stopped with time to drain, and gives back the rest', async () => {
    start({ drainMs: 10_000 });
    publish({ analysis: fileOf('slow', 'const end = Date.now() + 300; while (Date.now() < end);') }, {});
    await reports(1, 'started');
    stop.abort();
    await running;
    expect(await conclusions(1)).toMatchObject([{ kind: 'success', index: 0 }]);
    expect(await queue.tasks.depth()).toBe(1);
  });

  it('tells what a task has cost that failed once its file was open, or while it was opened', async () => {
    start();
    publish({ analysis: fileOf('fails', `throw new TypeError('no')`) }, { tree: 'maxi' });
    for (const failure of await conclusions(2)) {
      expect(failure).toMatchObject({ kind: 'failure', cost: { requests: expect.any(Number), retries: 0, places: { files: {} } } });
    }
  });

  it('does short tasks one after the other in each thread, and gives back those not begun when it is stopped', async () => {
    start({ threads: 2 });
    publish(...Array.from({ length: 40 }, () => ({})));
    const done = await conclusions(40);
    expect(new Set(done.map((report) => (report.kind === 'success' ? report.index : -1))).size).toBe(40);
    // Its threads have two tasks in hand each from here on.
    const slow = fileOf('slow', 'const end = Date.now() + 300; while (Date.now() < end);');
    const ends = performance.now() + 400;
    publish(...Array.from({ length: 6 }, (_, i) => ({ index: 100 + i, analysis: slow })));
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    await running;
    expect(performance.now()).toBeLessThan(ends + 2000);
    const back = await queue.tasks.depth();
    expect(back).toBeGreaterThanOrEqual(4);
    expect(await conclusions(6 - back)).toHaveLength(6 - back);
  });

  it('is silent about the start of a task that is over soon, but not of one that was delivered before', async () => {
    const events: string[] = [];
    start({ startedDelayMs: 60_000, onTask: ({ kind, task }) => events.push(`${kind} ${task.index}`) });
    publish({});
    await conclusions(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toEqual(['started 0', 'ended 0']);
    expect(await queue.reports.depth()).toBe(0);
  });

  it('does not say afterwards that a task was started which is over', async () => {
    start({ startedDelayMs: 400 });
    // Its thread is there from here on.
    publish({});
    await conclusions(1);
    publish({});
    await conclusions(1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await queue.reports.depth()).toBe(0);
  });
});
