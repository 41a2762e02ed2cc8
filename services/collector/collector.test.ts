import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveParameters } from '#shared/analysis/parameters.ts';
import { startPartial } from '#shared/analysis/partial.ts';
import { loadAnalysis } from '#shared/analysis/registry.ts';
import { loadBuiltInCatalogue } from '#shared/datasets/built-in.ts';
import { regular } from '#shared/histogram/axis.ts';
import { encodeHistogram } from '#shared/histogram/codec.ts';
import { Histogram } from '#shared/histogram/histogram.ts';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { Failure, Success, Task } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { Collector } from './collector.ts';
import { Ledger } from './ledger.ts';

const analysis = await loadAnalysis('atlas-hzz-2020');
const catalogue = await loadBuiltInCatalogue('atlas-2020');
const datasets = [
  { name: 'data_D', isData: true, files: ['d.root'] },
  { name: 'llll', isData: false, files: ['l.root'] },
];
const limits = { fraction: 1, chunkEntries: 100, chunkBytes: 1e9 };
const spec: RunSpec = { v: 1, run: 'r', analysis: 'atlas-hzz-2020', parameters: {}, tree: 'mini', catalogue, ...limits, datasets };

/** A partial with `entries` entries of weight 1 before the cuts. */
function partial(entries: number): Record<string, Uint8Array> {
  const out = startPartial(analysis, resolveParameters(analysis));
  for (let i = 0; i < entries; i += 1) out.cutFlow.fill(0);
  return Object.fromEntries(Object.entries(out).map(([name, histogram]) => [name, encodeHistogram(histogram)]));
}

function success({ run, index, incarnation, attempt, from = 0, to = 100 }: Task, histograms = partial(to - from)): Success {
  const stagesMs = { open: 0, read: 0, process: 0, encode: 0 };
  const sizes = {
    fileEntries: 200,
    fileBytes: 1,
    toy: false,
    bytesRead: 7,
    requests: 1,
    wallMs: 1,
    cpuMs: 0.5,
    retries: 0,
    places: { files: { bytes: 7, requests: 1 } },
  };
  return { v: 1, kind: 'success', run, index, incarnation, attempt, worker: 'w', from, to, ...sizes, stagesMs, histograms };
}

function failure({ run, index, incarnation, attempt, from, to }: Task, retryable: boolean): Failure {
  const head = { v: 1 as const, kind: 'failure' as const, run, index, incarnation, attempt, worker: 'w' };
  return { ...head, code: 'StorageError', text: 'no answer', file: 'l.root', from, to, retryable };
}

describe('collector', () => {
  let folder: string;
  let ledger: Ledger;
  let queue: Queue;
  let collector: Collector;
  let events: string[];
  let states: string[];
  const stop = () => new AbortController().signal;

  const start = (silenceMs = 60_000) => {
    queue = openMemoryQueue();
    events = [];
    states = [];
    collector = new Collector({
      ...{ ledger, queue, silenceMs },
      retry: { attempts: 3, baseMs: 1, maxMs: 2 },
      allowAnalysisFiles: false,
      onEvent: (event) => {
        if (event.kind === 'refused') events.push(event.letter.reason);
        if (event.kind === 'run') states.push(event.state);
      },
    });
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'collector-'));
    ledger = new Ledger(join(folder, 'ledger.sqlite'));
    start();
  });
  afterEach(async () => {
    await queue.close();
    await collector.close();
    ledger.close();
    rmSync(folder, { recursive: true });
  });

  /** The run with its two files of two tasks each, frozen; returns the tasks. */
  const planned = async () => {
    await collector.open(spec);
    await collector.add(
      'r',
      datasets.map(({ name, files: [url = ''] }, file) => ({
        file,
        dataset: name,
        url,
        entries: 200,
        bytes: 1,
        toy: false,
        tasks: [0, 1].map((chunk) => ({ index: 2 * file + chunk, from: 100 * chunk, to: 100 * chunk + 100 })),
      })),
    );
    await collector.freeze('r');
    return collector.pending('r', -1, 100);
  };
  const report = async (...reports: (Success | Failure)[]) => {
    for (const each of reports) await queue.reports.publish(each);
  };
  /** The next `count` tasks that are published. */
  const published = async (count: number) => {
    const tasks: Task[] = [];
    const enough = new AbortController();
    await queue.tasks.consume(
      async ({ message }) => {
        tasks.push(message);
        if (tasks.length === count) enough.abort();
      },
      { prefetch: 1, signal: enough.signal },
    );
    return tasks;
  };
  const edition = async () => (await collector.runs()).find(({ run }) => run === 'r')?.edition;
  /** Why the next message was refused. */
  const refused = async () => {
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return events.shift();
  };

  it('hands out the open tasks as messages with all that a worker needs', async () => {
    const [first] = await planned();
    const head = { v: 1, run: 'r', index: 0, dataset: 'data_D', isData: true, url: 'd.root' };
    const { incarnation } = ledger.run('r') ?? {};
    const more = { tree: 'mini', analysis: 'atlas-hzz-2020', parameters: {}, from: 0, to: 100, attempt: 1 };
    expect(first).toEqual({ ...head, incarnation, ...more });
  });

  it('counts each partial once and ends the run with the last one', async () => {
    const tasks = await planned();
    await report(...tasks.map((task) => success(task)), ...tasks.map((task) => success(task, partial(99))));
    expect(await collector.finished('r', stop())).toBe('complete');
    const snapshot = await collector.snapshot('r');
    expect(snapshot?.datasets.map(({ histograms }) => histograms['cutFlow']?.entries[0])).toEqual([200, 200]);
    expect(snapshot?.totals).toMatchObject({ tasksCommitted: 4, entriesCommitted: 400, bytesRead: 28, completeness: 1 });
  });

  it('keeps the sums of a run in memory only while it goes on', async () => {
    let reads = 0;
    const sum = ledger.sum.bind(ledger);
    ledger.sum = (...which) => {
      reads += 1;
      return sum(...which);
    };
    const readsOfSnapshot = async () => {
      const before = reads;
      const snapshot = await collector.snapshot('r');
      return [reads - before, snapshot?.totals.entriesCommitted];
    };
    const tasks = await planned();
    await readsOfSnapshot();
    expect(await readsOfSnapshot()).toEqual([0, 0]);
    await report(...tasks.map((task) => success(task)));
    expect(await collector.finished('r', stop())).toBe('complete');
    const perRun = datasets.length * Object.keys(partial(0)).length;
    expect([await readsOfSnapshot(), await readsOfSnapshot()]).toEqual([
      [perRun, 400],
      [perRun, 400],
    ]);
  });

  it('goes on where it was when it starts again', async () => {
    const [first, second] = await planned();
    await report(success(first as Task), success(second as Task));
    await collector.close();
    await queue.close();
    start();
    const state = await collector.open(spec);
    expect(state).toMatchObject({ frozen: true });
    const open = await collector.pending('r', -1, 100);
    expect(open.map(({ index }) => index)).toEqual([2, 3]);
    await report(...open.map((task) => success(task)));
    expect(await collector.finished('r', stop())).toBe('complete');
    expect((await collector.snapshot('r'))?.datasets[0]?.histograms['cutFlow']?.entries[0]).toBe(200);
  });

  it('publishes a failed task again while it has attempts, then says that it failed', async () => {
    const tasks = await planned();
    const [third] = tasks.slice(2);
    await report(...tasks.filter(({ index }) => index !== 2).map((task) => success(task)), failure(third as Task, true));
    for (const attempt of [2, 3]) {
      const [again] = await published(1);
      expect(again).toEqual({ ...third, attempt });
      await report(failure(again as Task, true));
    }
    expect(await collector.finished('r', stop())).toBe('incomplete');
    const snapshot = await collector.snapshot('r');
    expect(snapshot?.failures).toEqual([
      { dataset: 'llll', file: 'l.root', code: 'StorageError', message: 'no answer', from: 0, to: 100, entriesLost: 100, attempts: 3 },
    ]);
    expect(snapshot?.datasets[1]).toMatchObject({ completeness: 0.5, entriesLost: 100, tasksFailed: 1, filesDone: 1 });
  });

  it('normalises simulation to the data read and to what was read of itself, at any moment', async () => {
    const [data, , first, second] = await planned();
    const scale = async () => (await collector.snapshot('r'))?.datasets[1]?.scale ?? Number.NaN;
    const until = async (count: number) => {
      for await (const { totals } of collector.changes('r', stop())) if (totals.tasksCommitted === count) return;
    };
    expect(await scale()).toBe(0);
    await report(success(data as Task), success(first as Task));
    await until(2);
    const half = await scale();
    await report(success(second as Task));
    await until(3);
    expect(await scale()).toBeCloseTo(half / 2, 12);
    expect((await collector.snapshot('r'))?.experiment.luminosityReadFb).toBeCloseTo(4.7 / 2, 10);
  });

  it('does not count a partial with other axes or histograms: the task has failed', async () => {
    const tasks = await planned();
    const other = { ...partial(1), m4l: encodeHistogram(new Histogram([regular(5, 0, 1, { name: 'x' })])) };
    const { cutFlow: _, ...less } = partial(1);
    // All in one transaction: what is sound is counted once, although the first try of it is rolled back.
    await report(
      success(tasks[0] as Task),
      success(tasks[1] as Task, other),
      success(tasks[2] as Task),
      success(tasks[3] as Task, less as Record<string, Uint8Array>),
    );
    expect(await collector.finished('r', stop())).toBe('incomplete');
    const snapshot = await collector.snapshot('r');
    expect(snapshot?.failures.map(({ code }) => code)).toEqual(['MessageError', 'MessageError']);
    expect(snapshot?.datasets.map(({ entriesCommitted }) => entriesCommitted)).toEqual([100, 100]);
    expect(snapshot?.datasets.map(({ histograms }) => histograms['cutFlow']?.entries[0])).toEqual([100, 100]);
  });

  it('refuses reports of unknown runs and tasks, and says why', async () => {
    const [task] = await planned();
    await report(success({ ...(task as Task), run: 'other' }));
    expect(await refused()).toMatch(/no run other/);
    await report(success({ ...(task as Task), index: 99 }));
    expect(await refused()).toMatch(/no task 99 of run r/);
    expect((await collector.snapshot('r'))?.totals.tasksCommitted).toBe(0);
  });

  it('counts a task as failed that no worker could handle', async () => {
    const [task] = await planned();
    await queue.deadLetters.publish({ message: task, reason: 'delivered too often', queue: 'tasks', deliveries: 51 });
    expect(await refused()).toBe('delivered too often');
    for await (const { failures } of collector.changes('r', stop())) if (failures.length > 0) break;
    expect((await collector.snapshot('r'))?.failures).toMatchObject([{ code: 'MessageError', file: 'd.root', entriesLost: 100 }]);
  });

  it('cancels a run: what is committed stays, what comes later is not counted', async () => {
    const tasks = await planned();
    await queue.tasks.publish(tasks[1] as Task);
    await report(success(tasks[0] as Task));
    for await (const { totals } of collector.changes('r', stop())) if (totals.tasksCommitted === 1) break;
    await collector.cancel('r');
    expect(await queue.tasks.depth('r')).toBe(0);
    await report(success(tasks[1] as Task));
    await collector.close();
    expect(await collector.snapshot('r')).toMatchObject({ state: 'cancelled', totals: { tasksCommitted: 1 } });
  });

  it('gives failed tasks new attempts when asked, publishes them, and forgets their failures', async () => {
    const tasks = await planned();
    await report(...tasks.slice(1).map((task) => success(task)), failure(tasks[0] as Task, false));
    expect(await collector.finished('r', stop())).toBe('incomplete');
    expect(await collector.retry('r')).toBe(1);
    const [again] = await published(1);
    expect(again).toEqual(tasks[0]);
    await report(success(again as Task));
    expect(await collector.finished('r', stop())).toBe('complete');
    const snapshot = await collector.snapshot('r');
    expect(snapshot?.failures).toEqual([]);
    expect(snapshot?.datasets.map(({ histograms }) => histograms['cutFlow']?.entries[0])).toEqual([200, 200]);
  });

  it('is complete when late partials have come for all that had failed, and its files are due again', async () => {
    const tasks = await planned();
    await report(...tasks.slice(2).map((task) => success(task)), ...tasks.slice(0, 2).map((task) => failure(task, false)));
    expect(await collector.finished('r', stop())).toBe('incomplete');
    const editions = [await edition()];
    const comes = async (task: Task | undefined, state: string) => {
      await collector.tellOutput('r', {});
      const committed = ledger.counters('r')[0]?.committed ?? 0;
      await report(success(task as Task));
      await vi.waitFor(() => expect(ledger.counters('r')[0]?.committed).toBe(committed + 1));
      expect([ledger.run('r')?.state, ledger.outcome('r')]).toEqual([state, undefined]);
      editions.push(await edition());
    };
    await comes(tasks[0], 'incomplete');
    await comes(tasks[1], 'complete');
    expect(states).toEqual(['running', 'incomplete', 'complete']);
    expect(editions).toEqual([3, 4, 6]);
    expect((await collector.snapshot('r'))?.failures).toEqual([]);
  });

  it('sees after a restart that a run is complete, too', async () => {
    const tasks = await planned();
    await report(...tasks.map((task) => success(task)));
    expect(await collector.finished('r', stop())).toBe('complete');
    await collector.close();
    await queue.close();
    ledger.setState('r', 'incomplete');
    start();
    expect(ledger.run('r')?.state).toBe('complete');
  });

  it('has another edition when a retry of it changed nothing but ended', async () => {
    const tasks = await planned();
    await report(...tasks.slice(1).map((task) => success(task)), failure(tasks[0] as Task, false));
    expect(await collector.finished('r', stop())).toBe('incomplete');
    expect(await edition()).toBe(4);
    await collector.retry('r');
    await report(failure(tasks[0] as Task, false));
    expect(await collector.finished('r', stop())).toBe('incomplete');
    expect([await edition(), (await collector.snapshot('r'))?.edition]).toEqual([5, 5]);
  });

  it('publishes the tasks itself for a producer that has no broker', async () => {
    const tasks = await planned();
    await collector.issue('r');
    expect(await published(4)).toEqual(tasks);
  });

  it('forgets a run altogether, and refuses its reports then', async () => {
    const [task] = await planned();
    await collector.remove('r');
    expect([await collector.runs(), await collector.snapshot('r')]).toEqual([[], undefined]);
    await report(success(task as Task));
    expect(await refused()).toMatch(/no run r/);
    expect(await planned()).toHaveLength(4);
  });

  it('counts nothing that was asked for by an earlier run of the same id', async () => {
    const old = await planned();
    await collector.remove('r');
    const tasks = await planned();
    await queue.reports.publish({ v: 1, kind: 'started', run: 'r', index: 0, incarnation: old[0]?.incarnation, attempt: 1, worker: 'w' });
    await report(success(old[0] as Task, partial(99)), failure(old[1] as Task, false));
    await queue.deadLetters.publish({ message: old[2], reason: 'delivered too often', queue: 'tasks', deliveries: 51 });
    const reasons = [await refused(), await refused(), await refused(), await refused()];
    expect(reasons.filter((reason) => /of an earlier run r \(.{8}\), which was removed/.test(reason ?? ''))).toHaveLength(3);
    expect((await collector.snapshot('r'))?.tasksRunning).toBe(0);
    await report(...tasks.map((task) => success(task)));
    expect(await collector.finished('r', stop())).toBe('complete');
    expect((await collector.snapshot('r'))?.datasets.map(({ histograms }) => histograms['cutFlow']?.entries[0])).toEqual([200, 200]);
  });

  it('goes on with its open runs after a restart', async () => {
    const tasks = await planned();
    await report(...tasks.slice(0, 3).map((task) => success(task)));
    for await (const { totals } of collector.changes('r', stop())) if (totals.tasksCommitted === 3) break;
    await collector.close();
    await queue.close();
    start(300);
    expect(collector.openRuns()).toEqual(['r']);
    expect(await published(1)).toEqual([tasks[3]]);
    await report(success(tasks[3] as Task));
    expect(await collector.finished('r', stop())).toBe('complete');
  });

  it('publishes tasks again that nobody holds, and counts the attempt of a worker that vanished', async () => {
    await queue.close();
    await collector.close();
    start(300);
    const tasks = await planned();
    await queue.reports.publish({ v: 1, kind: 'started', run: 'r', index: 0, attempt: 1, worker: 'gone' });
    const again = await published(4);
    expect(again.map(({ index, attempt }) => [index, attempt]).sort()).toEqual([
      [0, 2],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    expect(tasks).toHaveLength(4);
  });

  it('tells whoever waits that the disk is full, and loses nothing that was counted', async () => {
    const tasks = await planned();
    await report(success(tasks[0] as Task));
    for await (const { totals } of collector.changes('r', stop())) if (totals.tasksCommitted === 1) break;
    await collector.close();
    await queue.close();
    ledger.close();
    const path = join(folder, 'ledger.sqlite');
    ledger = new Ledger(path, { maxBytes: statSync(path).size });
    start();
    await collector.open(spec);
    const done = collector.finished('r', stop());
    // Sums that grow need pages that the file may not have.
    const wide = startPartial(analysis, resolveParameters(analysis));
    for (let i = 0; i < 20_000; i += 1) wide['m4l']?.fill(80 + (170 * i) / 20_000, 10 ** ((i % 280) - 140));
    const histograms = Object.fromEntries(Object.entries(wide).map(([name, histogram]) => [name, encodeHistogram(histogram)]));
    await report(success(tasks[2] as Task, histograms));
    await expect(done).rejects.toThrow(/disk is full/);
    expect(ledger.counters('r').map(({ committed }) => committed)).toEqual([1, 0]);
  });
});
