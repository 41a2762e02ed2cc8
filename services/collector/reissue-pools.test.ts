import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import { MESSAGE_VERSION, type Task } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import { exampleTask } from '../../test/example-messages.ts';
import { InFlight } from './in-flight.ts';
import { Ledger } from './ledger.ts';
import { Reissue } from './reissue.ts';
import { loadRunModel } from './run-model.ts';
import { Stealing } from './stealing.ts';

const SILENCE_MS = 1000;
const SPEC: RunSpec = {
  ...{ v: MESSAGE_VERSION, run: 'r', analysis: 'rehearsal', parameters: {}, tree: 'none', catalogue: plainCatalogue(), fraction: 1 },
  ...DEFAULT_CHUNKS,
  datasets: [
    {
      name: 'events',
      isData: true,
      files: ['x', 'y'],
      pools: [
        { pool: 'a', files: 1 },
        { pool: 'b', files: 1 },
      ],
    },
  ],
  pools: [{ name: 'a', storage: { STAGE_IN_DIR: '/fast' } }, { name: 'b' }],
  storage: { DOWNLOAD_MAX_KB: '100' },
};

describe('tasks of several pools', () => {
  let folder: string;
  let ledger: Ledger;
  let queue: Queue;
  let published: Task[];
  let waiting: Record<string, number>;
  const inFlight = () => new InFlight();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reissue-'));
    ledger = new Ledger(join(folder, 'l.sqlite'));
    published = [];
    waiting = { a: 0, b: 0 };
    const memory = openMemoryQueue();
    const tasks = {
      ...{ consume: memory.tasks.consume, depth: async (_: string | undefined, pool = '') => waiting[pool] ?? 0 },
      publish: async (task: Task) => void published.push(task),
    };
    queue = { ...memory, tasks, takeWaiting: async (_, limit, pass) => takeFrom(limit, pass) };
    ledger.openRun(SPEC, 'now');
    const file = (index: number, pool: string) => ({ file: index, dataset: 'events', url: 'xy'[index] ?? '', entries: 10, bytes: 1, pool });
    ledger.addFiles(
      'r',
      ['a', 'b'].map((pool, index) => ({ ...file(index, pool), tasks: [{ index, from: 0, to: 10 }] })),
    );
    ledger.freeze('r');
  });
  afterEach(() => {
    ledger.close();
    rmSync(folder, { recursive: true });
  });

  /** The task of pool a waits. */
  const takeFrom = async (limit: number, pass: (tasks: readonly Task[]) => Promise<void>) => {
    const taken = Math.min(limit, waiting['a'] ?? 0);
    const [task] = ledger.pending('r', -1, 1);
    if (task === undefined || taken === 0) return 0;
    await pass([{ ...exampleTask(task.index, 'r'), pool: 'a' }]);
    waiting['a'] = 0;
    return 1;
  };
  const alive = (worker: string, pool: string, tasks: readonly number[] = []) =>
    ({ v: MESSAGE_VERSION, kind: 'alive', worker, pool, threads: 2, tasks: tasks.map((index) => ({ run: 'r', index })) }) as const;
  const model = () => loadRunModel(SPEC, false);

  it('that got lost are published to their own pool, though another one still has tasks that wait', async () => {
    const reissue = new Reissue({
      ...{ ledger, queue, inFlight: inFlight(), model, silenceMs: SILENCE_MS },
      conclude: async () => {},
      onReissue: () => {},
    });
    waiting['a'] = 1;
    await reissue.publishLost(['r'], 0);
    await reissue.publishLost(['r'], SILENCE_MS);
    expect(published).toMatchObject([{ index: 1, pool: 'b', storage: { DOWNLOAD_MAX_KB: '100' } }]);
  });

  it('are read as their pool reads them, wherever they were first', async () => {
    const workers = inFlight();
    workers.note(alive('w', 'b'), 0);
    const moves: unknown[] = [];
    const stealing = new Stealing({
      ledger,
      queue,
      inFlight: workers,
      model: () => loadRunModel({ ...SPEC, steal: true }, false),
      onMoved: (_, move) => moves.push(move),
    });
    waiting['a'] = 1;
    await stealing.look(['r'], 0);
    expect(moves).toEqual([]); // once may be a gap between two tasks
    await stealing.look(['r'], 1000);
    expect(moves).toEqual([{ from: 'a', to: 'b', tasks: 1 }]);
    expect(published).toMatchObject([{ index: 0, pool: 'b', storage: { DOWNLOAD_MAX_KB: '100' } }]);
    expect(published[0]?.storage).not.toHaveProperty('STAGE_IN_DIR');
    expect(ledger.pools('r')).toMatchObject([
      { pool: 'a', open: 0 },
      { pool: 'b', open: 2, taken: 1 },
    ]);
  });

  it('stay where they are while the list of their run is still being published', async () => {
    const workers = inFlight();
    workers.note(alive('w', 'b'), 0);
    const spec = { ...SPEC, run: 'open', steal: true };
    ledger.openRun(spec, 'now');
    const onMoved = () => expect.unreachable();
    const stealing = new Stealing({ ledger, queue, inFlight: workers, model: () => loadRunModel(spec, false), onMoved });
    waiting['a'] = 1;
    for (const atMs of [0, 1000]) await stealing.look(['open'], atMs);
    expect(published).toEqual([]);
  });

  it('are not remembered of a run that is over: it begins anew', async () => {
    const workers = inFlight();
    const moved: number[] = [];
    let nowMs = 0;
    const stealing = new Stealing({
      ...{ ledger, queue, inFlight: workers, onMoved: () => moved.push(nowMs) },
      model: () => loadRunModel({ ...SPEC, steal: true }, false),
    });
    const look = async (atMs: number, runs: readonly string[], depths: Record<string, number>) => {
      nowMs = atMs;
      waiting = depths;
      workers.note(alive('w', 'b'), atMs);
      await stealing.look(runs, atMs);
    };
    for (const atMs of [0, 1000]) await look(atMs, ['r'], { a: 1, b: 0 });
    expect(moved).toEqual([1000]);
    // It has just taken some: no second look is needed.
    await look(2000, ['r'], { a: 0, b: 1 });
    await look(3000, ['r'], { a: 1, b: 0 });
    expect(moved).toEqual([1000, 3000]);
    await look(4000, ['r'], { a: 0, b: 1 });
    await look(5000, [], { a: 0, b: 0 });
    await look(6000, ['r'], { a: 1, b: 0 });
    expect(moved).toEqual([1000, 3000]);
  });

  it('stay where they are in a run that does not allow it, and while nobody is free', async () => {
    const workers = inFlight();
    workers.note(alive('w', 'b'), 0);
    const onMoved = () => expect.unreachable();
    const forbidden = new Stealing({ ledger, queue, inFlight: workers, model, onMoved });
    const nobody = new Stealing({
      ledger,
      queue,
      inFlight: inFlight(),
      model: () => loadRunModel({ ...SPEC, steal: true }, false),
      onMoved,
    });
    waiting['a'] = 1;
    for (const atMs of [0, 1000, 2000]) for (const stealing of [forbidden, nobody]) await stealing.look(['r'], atMs);
    expect(published).toEqual([]);
  });
});
