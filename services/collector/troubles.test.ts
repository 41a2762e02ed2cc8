/** What must not follow from a cancelled, forgotten or broken run, or from a list that is not complete. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { Queue } from '#shared/queue/queue.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import { startProducer } from '../producer/producer.ts';
import { Collector, type CollectorEvent } from './collector.ts';
import { Ledger } from './ledger.ts';

const SILENCE_MS = 300;
/** Lost tasks are looked for every two seconds. */
const TWO_LOOKS_MS = 4500;
const ENTRIES = 100;

let folder: string;
let ledger: Ledger;
let queue: Queue;
let collector: Collector;
let events: CollectorEvent[];

function start(analyses = 'analyses'): void {
  queue = openMemoryQueue();
  events = [];
  collector = new Collector({
    ...{ ledger, queue, silenceMs: SILENCE_MS, retry: { attempts: 3, baseMs: 1, maxMs: 2 } },
    allowAnalysisFiles: { folder: `${pathToFileURL(join(folder, analyses))}/` },
    onEvent: (event) => void events.push(event),
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troubles-'));
  mkdirSync(join(folder, 'analyses'));
  ledger = new Ledger(join(folder, 'ledger.sqlite'));
  start();
});
afterEach(async () => {
  await Promise.all([queue.close(), collector.close()]);
  ledger.close();
  rmSync(folder, { recursive: true });
});

function specOf(run: string, files: number): RunSpec {
  const catalogue = plainCatalogue();
  const dataset = { name: catalogue.datasets[0]?.name ?? '', isData: true, files: new Array<string>(files).fill(`synthetic://${ENTRIES}`) };
  const what = { analysis: 'rehearsal', parameters: {}, tree: 'rehearsal', catalogue, fraction: 1, datasets: [dataset] };
  return { v: 1, run, ...what, ...DEFAULT_CHUNKS };
}

/** A run of files with a task each, its list not frozen yet. */
async function planned(spec: RunSpec): Promise<void> {
  await collector.open(spec);
  for (const { name, files } of spec.datasets) {
    const plan = (url: string, file: number) => ({
      ...{ file, dataset: name, url, entries: ENTRIES, bytes: 1 },
      tasks: [{ index: file, from: 0, to: ENTRIES }],
    });
    await collector.add(spec.run, files.map(plan));
  }
}

async function frozen(run: string, files: number): Promise<void> {
  await planned(specOf(run, files));
  await collector.freeze(run);
}

const started = (run: string, index = 0) => queue.reports.publish({ v: 1, kind: 'started', run, index, attempt: 1, worker: 'w' });

it('a cancelled run is neither planned nor published any further, and whoever does that hears of it', async () => {
  let described = 0;
  const describe = async () => {
    described += 1;
    if (described === 2) await collector.cancel('r');
    return { entries: ENTRIES, bytes: 1, toy: true, columnBytes: 1, clusters: [0] };
  };
  const producing = startProducer({ spec: specOf('r', 5), queue, taskList: collector, describe, signal: new AbortController().signal });
  await expect(producing).rejects.toThrow(/run r was cancelled. Submit it again/);
  await expect(collector.issue('r')).rejects.toThrow(/was cancelled/);
  await expect(collector.retry('r')).rejects.toThrow(/cancelled while it was planned.* `higgsflow cleanup r`/);
  expect(await collector.snapshot('r')).toMatchObject({ state: 'cancelled' });
  expect(await queue.tasks.depth('r')).toBe(0);
});

it('tasks that a producer still publishes of a cancelled run do not stay', async () => {
  await frozen('r', 3);
  const tasks = await collector.pending('r', -1, 10);
  await collector.cancel('r');
  for (const task of tasks) await queue.tasks.publish(task);
  expect(await queue.tasks.depth('r')).toBe(3);
  await vi.waitFor(async () => expect(await queue.tasks.depth('r')).toBe(0), 5000);
});

it('a run that was cancelled is published whole when it is taken up again', async () => {
  await frozen('r', 2);
  await collector.issue('r');
  await vi.waitFor(async () => expect(await queue.tasks.depth('r')).toBe(2));
  const failure = { code: 'StorageError' as const, text: 'no answer', file: 'f', retryable: true };
  await queue.reports.publish({ v: 1, kind: 'failure', run: 'r', index: 0, attempt: 1, worker: 'w', ...failure });
  await vi.waitFor(async () => expect(await queue.tasks.depth('r')).toBe(3));
  await collector.cancel('r');
  await expect(collector.issue('r')).rejects.toThrow(/was cancelled. `higgsflow retry r` takes it up again/);
  await collector.retry('r');
  await vi.waitFor(async () => expect(await queue.tasks.depth('r')).toBe(2));
  expect((await collector.pending('r', -1, 10)).map(({ attempt }) => attempt)).toEqual([2, 1]);
});

it('tasks are published once, however often that is asked for', async () => {
  await frozen('r', 3);
  for (let times = 0; times < 2; times++) {
    await collector.issue('r');
    await sleep(300);
  }
  expect(await queue.tasks.depth('r')).toBe(3);
});

it('a worker that vanishes with a task of a cancelled or forgotten run disturbs nobody', { timeout: 10_000 }, async () => {
  await frozen('cancelled', 2);
  await frozen('forgotten', 2);
  await started('cancelled');
  await started('forgotten');
  await sleep(50);
  await collector.cancel('cancelled');
  await collector.remove('forgotten');
  await sleep(TWO_LOOKS_MS);
  expect([collector.broken, await queue.tasks.depth()]).toEqual([undefined, 0]);
});

it('a list that is not frozen is not published', { timeout: 10_000 }, async () => {
  await planned(specOf('r', 2));
  await sleep(TWO_LOOKS_MS);
  expect(await queue.tasks.depth('r')).toBe(0);
});

it.each([
  ['a cancelled run that is taken up again', () => collector.cancel('r'), () => collector.retry('r')],
  ['a run that has the name of a forgotten one', () => collector.remove('r'), () => frozen('r', 2)],
])('the queue of %s is not deleted any more', { timeout: 10_000 }, async (_, end, begin) => {
  await frozen('r', 2);
  await end();
  const deleted: string[] = [];
  const { deleteRun } = queue;
  Object.assign(queue, { deleteRun: (run: string) => deleteRun(run).then(() => deleted.push(run)) });
  await begin();
  await sleep(TWO_LOOKS_MS);
  expect(deleted).toEqual([]);
});

it('all that was lost is published again, of any number of runs', { timeout: 10_000 }, async () => {
  await frozen('a', 600);
  await frozen('b', 600);
  await vi.waitFor(async () => expect([await queue.tasks.depth('a'), await queue.tasks.depth('b')]).toEqual([600, 600]), 8000);
});

it('a run whose analysis is gone is told of, and leaves the others alone', { timeout: 10_000 }, async () => {
  const shared = new URL('../../shared/', import.meta.url);
  writeFileSync(join(folder, 'analyses', 'mine.ts'), `export { analysis } from '${shared}analysis/rehearsal.ts';`);
  await planned({ ...specOf('mine', 1), analysis: 'analyses:mine.ts' });
  await collector.freeze('mine');
  await frozen('good', 1);
  await Promise.all([collector.close(), queue.close()]);
  // Another folder, for Node keeps what it has loaded.
  start('empty');
  const gone = /run mine cannot be shown or counted: .*mine\.ts/;
  expect(await collector.runs()).toMatchObject([
    { run: 'good', analysis: 'rehearsal' },
    { run: 'mine', error: expect.stringMatching(gone) },
  ]);
  await expect(collector.snapshot('mine')).rejects.toThrow(gone);
  // Both lost their queues.
  await vi.waitFor(async () => expect(await queue.tasks.depth('good')).toBe(1), 8000);
  const failure = { code: 'StorageError' as const, text: 'no answer', file: 'f', retryable: true };
  await queue.reports.publish({ v: 1, kind: 'failure', run: 'mine', index: 0, attempt: 1, worker: 'w', ...failure });
  await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ kind: 'refused' })));
  expect(collector.broken).toBeUndefined();
  expect(events.filter(({ kind }) => kind === 'broken')).toMatchObject([{ run: 'mine' }]);
});

it('two who read the files of runs at once get all of them', () => {
  const urls = (run: string) => Array.from({ length: 3 }, (_, file) => `${run}/${file}.root`);
  for (const run of ['a', 'b']) {
    const spec = specOf(run, 3);
    ledger.openRun(spec, 'now');
    const dataset = spec.datasets[0]?.name ?? '';
    ledger.addFiles(
      run,
      urls(run).map((url, file) => ({ file, dataset, url, tasks: [{ index: file }] })),
    );
  }
  const [a, b] = ['a', 'b'].map((run) => ledger.files(run)[Symbol.iterator]());
  const seen = Array.from({ length: 3 }, () => [a?.next().value?.url, b?.next().value?.url]);
  expect(seen).toEqual(urls('a').map((url, i) => [url, urls('b')[i]]));
});
