import { closeSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure, Success } from '#shared/queue/messages.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { PlannedFile } from '#shared/queue/task-list.ts';
import { Ledger } from './ledger.ts';

const spec: RunSpec = {
  v: 1,
  run: 'r1',
  analysis: 'a',
  parameters: { cut: 1 },
  tree: 'mini',
  catalogue: { name: 'c' },
  fraction: 1,
  chunkEntries: 100,
  chunkBytes: 1000,
  datasets: [
    { name: 'data', isData: true, files: ['b.root'] },
    { name: 'mc', isData: false, files: ['a.root', 'broken.root'] },
  ],
};

const files: PlannedFile[] = [
  {
    file: 0,
    dataset: 'data',
    url: 'b.root',
    entries: 250,
    bytes: 999,
    tasks: [0, 1, 2].map((i) => ({ index: i, from: i * 100, to: Math.min(250, (i + 1) * 100) })),
  },
  { file: 1, dataset: 'mc', url: 'a.root', entries: 50, bytes: 999, tasks: [{ index: 3, from: 0, to: 50 }] },
  { file: 2, dataset: 'mc', url: 'broken.root', tasks: [{ index: 4 }] },
];

function success(index: number, from: number, to: number, fileEntries: number): Success {
  const stagesMs = { open: 1, read: 2, process: 3, encode: 0 };
  const head = { v: 1 as const, kind: 'success' as const, run: 'r1', index, attempt: 1, worker: 'w' };
  return {
    ...head,
    from,
    to,
    fileEntries,
    fileBytes: 999,
    toy: true,
    bytesRead: 10,
    requests: 1,
    wallMs: 6,
    cpuMs: 5,
    retries: 2,
    places: { files: { bytes: 10, requests: 1 } },
    stagesMs,
    histograms: {},
  };
}

function failure(index: number, attempt: number, more: Partial<Failure> = {}): Failure {
  return {
    v: 1,
    kind: 'failure',
    run: 'r1',
    index,
    attempt,
    worker: 'w',
    code: 'StorageError',
    text: 'gone',
    file: 'f',
    retryable: true,
    ...more,
  };
}

describe('ledger', () => {
  let folder: string;
  let path: string;
  let ledger: Ledger;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    path = join(folder, 'ledger.sqlite');
    ledger = new Ledger(path);
  });
  afterEach(() => {
    ledger.close();
    rmSync(folder, { recursive: true });
  });

  const planned = () => {
    ledger.openRun(spec, '2020-01-01T00:00:00Z');
    ledger.addFiles('r1', files);
    ledger.freeze('r1');
  };
  const reopen = () => {
    ledger.close();
    ledger = new Ledger(path);
  };
  const commit = (report: Success | Failure, dueMs?: number) => {
    const merged: string[] = [];
    const verdict = report.kind === 'success' ? { report, merge: (dataset: string) => merged.push(dataset) } : { report, dueMs };
    const [booked] = ledger.commit([verdict], () =>
      merged.map((dataset) => ({ run: 'r1', dataset, histogram: 'h', bytes: new Uint8Array([7]) })),
    );
    return booked?.outcome;
  };
  const pending = () => ledger.pending('r1', -1, 100).map(({ index }) => index);

  it('keeps a run, its tasks and its counters over a restart', () => {
    planned();
    expect(commit(success(1, 100, 200, 250))).toBe('committed');
    reopen();
    expect(ledger.run('r1')).toEqual({
      ...{ state: 'running', frozen: true, startedAt: '2020-01-01T00:00:00Z', elapsedMs: 0 },
      ...{ incarnation: expect.stringMatching(/^[\w-]{8}$/), endings: 0 },
    });
    expect(ledger.spec('r1')).toEqual(spec);
    expect(ledger.openRun(spec, 'later')).toEqual({ frozen: true });
    expect(pending()).toEqual([0, 2, 3, 4]);
    const [data, mc] = ledger.counters('r1');
    expect(data).toMatchObject({ dataset: 'data', files: 1, filesDone: 0, tasks: 3, committed: 1, entriesFull: 250, entriesAsked: 250 });
    expect(data).toMatchObject({ entriesCommitted: 100, bytesRead: 10, requests: 1, wallMs: 6, readMs: 2 });
    expect(mc).toMatchObject({ dataset: 'mc', files: 2, filesUnknown: 1, tasks: 2, committed: 0, entriesAsked: 50 });
    expect(ledger.sum('r1', 'data', 'h')).toEqual(new Uint8Array([7]));
    expect([...ledger.files('r1')].map(({ url, entries }) => [url, entries])).toEqual([
      ['b.root', 250],
      ['a.root', 50],
      ['broken.root', undefined],
    ]);
  });

  it('refuses what is said of an earlier run of the same id, and takes what does not say of which it is', () => {
    planned();
    const { incarnation } = ledger.run('r1') ?? {};
    ledger.deleteRun('r1');
    planned();
    for (const report of [success(1, 100, 200, 250), failure(1, 1)])
      expect(() => commit({ ...report, incarnation })).toThrow(`of an earlier run r1 (${incarnation}), which was removed`);
    expect(ledger.counters('r1')[0]).toMatchObject({ committed: 0, failed: 0 });
    expect(commit({ ...success(1, 100, 200, 250), incarnation: ledger.pending('r1', -1, 1)[0]?.incarnation })).toBe('committed');
    expect(commit(success(0, 0, 100, 250))).toBe('committed');
  });

  it('sums up what attempts cost, by dataset and by worker, each attempt once', () => {
    planned();
    commit(success(1, 100, 200, 250));
    commit(success(1, 100, 200, 250));
    const cost = { wallMs: 3, cpuMs: 2, bytesRead: 30, requests: 2, retries: 1, places: { 'http://a': { bytes: 30, requests: 2 } } };
    for (const _ of [1, 2]) commit(failure(4, 1, { worker: 'other', cost }), 1000);
    commit(failure(3, 1));
    reopen();
    const own = { attempts: 1, cpuMs: 5, wallMs: 6, retries: 2, places: { files: { bytes: 10, requests: 1 } } };
    const failed = { attempts: 1, cpuMs: 2, wallMs: 3, retries: 1, places: { 'http://a': { bytes: 30, requests: 2 } } };
    expect(ledger.costs('r1')).toEqual({
      datasets: [
        { name: 'data', ...own },
        { name: 'mc', ...failed },
      ],
      workers: [
        { name: 'other', ...failed },
        { name: 'w', ...own },
      ],
    });
    expect(ledger.counters('r1').map(({ bytesRead, requests }) => [bytesRead, requests])).toEqual([
      [10, 1],
      [30, 2],
    ]);
    expect(ledger.costSoFar('r1')).toEqual({ coreSeconds: 0.007, bytesFrom: { files: 10, 'http://a': 30 } });
    ledger.deleteRun('r1');
    expect(ledger.costs('r1')).toEqual({ datasets: [], workers: [] });
  });

  it('keeps a bounded number of workers and places, and adds up all the same', () => {
    ledger.openRun(spec, 'now');
    const tasks = Array.from({ length: 1500 }, (_, index) => ({ index, from: index, to: index + 1 }));
    ledger.addFiles('r1', [{ file: 0, dataset: 'data', url: 'b.root', entries: 1500, bytes: 999, tasks }]);
    for (const { index, from, to } of tasks) {
      const places = { [`http://${index % 100}`]: { bytes: 10, requests: 1 } };
      commit({ ...success(index, from, to, 1500), worker: `w${index}`, places });
    }
    const { datasets, workers } = ledger.costs('r1');
    expect([workers.length, Object.keys(datasets[0]?.places ?? {}).length]).toEqual([1000, 20]);
    for (const rows of [datasets, workers]) {
      const bytes = rows.flatMap(({ places }) => Object.values(places).map((place) => place.bytes));
      expect(bytes.reduce((sum, each) => sum + each, 0)).toBe(15_000);
    }
  });

  it('goes on with a half planned list where it stopped, and takes the same files twice', () => {
    ledger.openRun(spec, 'now');
    ledger.addFiles('r1', files.slice(0, 1));
    reopen();
    expect(ledger.openRun(spec, 'now')).toEqual({ frozen: false });
    ledger.addFiles('r1', files);
    expect(ledger.counters('r1').map(({ tasks }) => tasks)).toEqual([3, 2]);
  });

  it('refuses a list and a spec that differ, and says in what', () => {
    planned();
    const other = { ...files[1]!, tasks: [{ index: 3, from: 0, to: 49 }] };
    expect(() => ledger.addFiles('r1', [other])).toThrow(expect.objectContaining({ code: 'MessageError', file: 'a.root' }));
    expect(() => ledger.openRun({ ...spec, parameters: { cut: 2 }, fraction: 0.5 }, 'now')).toThrow(/another parameters, fraction/);
  });

  it('counts a partial once, whatever comes after it', () => {
    planned();
    expect(commit(success(3, 0, 50, 50))).toBe('committed');
    expect(commit(success(3, 0, 50, 50))).toBe('duplicate');
    expect(commit(failure(3, 2))).toBe('duplicate');
    expect(ledger.counters('r1')[1]).toMatchObject({ committed: 1, failed: 0, entriesCommitted: 50, filesDone: 1 });
  });

  it('counts the luminosity of files by the part of their entries that is committed, the same for any chunks and order', () => {
    const luminosityFb = 0.1234567891;
    const cut = (edges: number[]) => edges.slice(1).map((to, i) => [edges[i] ?? 0, to] as const);
    const chunked = (edges: number[]): PlannedFile => ({
      ...(files[0] as PlannedFile),
      luminosityFb,
      tasks: cut(edges).map(([from, to], index) => ({ index, from, to })),
    });
    const sums = [
      { edges: [0, 100, 200, 250], order: [2, 0, 1] },
      { edges: [0, 250], order: [0] },
      { edges: [0, 7, 33, 250], order: [0, 1, 2] },
    ].map(({ edges, order }) => {
      const ledger = new Ledger(':memory:');
      ledger.openRun(spec, '2026-01-01T00:00:00Z');
      ledger.addFiles('r1', [chunked(edges)]);
      const reports = order.map((i) => cut(edges)[i] as readonly [number, number]);
      const read = order.map((index, i) => {
        const [from, to] = reports[i] as readonly [number, number];
        for (let twice = 0; twice < 2; twice++) ledger.commit([{ report: success(index, from, to, 250), merge: () => {} }], () => []);
        return ledger.counters('r1')[0]?.luminosityFb ?? 0;
      });
      ledger.close();
      expect(read[0]).toBeCloseTo((luminosityFb * ((reports[0]?.[1] ?? 0) - (reports[0]?.[0] ?? 0))) / 250, 14);
      return read.at(-1);
    });
    expect(sums).toEqual([luminosityFb, luminosityFb, luminosityFb]);
  });

  it('hands on the other places of a file with its tasks', () => {
    const ledger = new Ledger(':memory:');
    ledger.openRun(spec, '2026-01-01T00:00:00Z');
    ledger.addFiles('r1', [{ ...(files[0] as PlannedFile), replicas: ['s3://b/b.root'] }, files[1] as PlannedFile]);
    expect(ledger.pending('r1', 1, 2).map(({ replicas }) => replicas)).toEqual([['s3://b/b.root'], undefined]);
    ledger.close();
  });

  it('does not add the sums of a duplicate', () => {
    planned();
    let merges = 0;
    const verdict = { report: success(3, 0, 50, 50), merge: () => merges++ };
    expect(ledger.commit([verdict, verdict], () => [])).toMatchObject([{ outcome: 'committed', dataset: 'mc' }, { outcome: 'duplicate' }]);
    expect(merges).toBe(1);
  });

  it('refuses a partial of other entries, of a changed file and of an unknown task, and keeps nothing of its batch', () => {
    planned();
    const good = { report: success(0, 0, 100, 250), merge: () => {} };
    for (const bad of [
      success(1, 100, 201, 250),
      success(1, 100, 200, 251),
      { ...success(1, 100, 200, 250), fileBytes: 998 },
      success(99, 0, 1, 1),
      { ...success(1, 100, 200, 250), run: 'r2' },
    ]) {
      expect(() => ledger.commit([good, { report: bad, merge: () => {} }], () => [])).toThrow(
        expect.objectContaining({ code: 'MessageError' }),
      );
    }
    expect(pending()).toEqual([0, 1, 2, 3, 4]);
    expect(ledger.counters('r1')[0]).toMatchObject({ committed: 0, entriesCommitted: 0 });
  });

  it('gives a task its next attempt when its wait is over, once', () => {
    planned();
    expect(commit(failure(3, 1), 1000)).toBe('retry');
    expect(ledger.takeDue(999, 10)).toEqual([]);
    expect(ledger.takeDue(1000, 10)).toMatchObject([{ run: 'r1', index: 3, dataset: 'mc', url: 'a.root', from: 0, to: 50, attempts: 1 }]);
    expect(ledger.takeDue(2000, 10)).toEqual([]);
    expect(commit(failure(3, 1), 1000)).toBe('duplicate');
    expect(ledger.issued('r1', 10).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  });

  it('lists what failed with the entries lost, counts it, and takes a late success back in', () => {
    planned();
    expect(commit(failure(1, 5, { code: 'CodecError', text: 'bad block' }))).toBe('failed');
    expect(commit(failure(4, 1))).toBe('failed');
    expect(ledger.failures('r1', 10)).toEqual([
      {
        index: 1,
        dataset: 'data',
        url: 'b.root',
        code: 'CodecError',
        text: 'bad block',
        from: 100,
        to: 200,
        entriesLost: 100,
        attempts: 5,
      },
      {
        index: 4,
        dataset: 'mc',
        url: 'broken.root',
        code: 'StorageError',
        text: 'gone',
        from: undefined,
        to: undefined,
        entriesLost: undefined,
        attempts: 1,
      },
    ]);
    expect(ledger.counters('r1').map(({ failed, entriesLost, filesDone }) => [failed, entriesLost, filesDone])).toEqual([
      [1, 100, 0],
      [1, 0, 1],
    ]);
    expect(commit(success(1, 100, 200, 250))).toBe('committed');
    expect(ledger.counters('r1')[0]).toMatchObject({ committed: 1, failed: 0, entriesLost: 0 });
    expect(ledger.failures('r1', 10)).toHaveLength(1);
  });

  it('learns the size of a file that could not be opened when the run was planned', () => {
    planned();
    expect(commit(success(4, 0, 40, 80))).toBe('committed');
    expect(ledger.counters('r1')[1]).toMatchObject({
      filesUnknown: 0,
      filesToy: 1,
      entriesFull: 130,
      entriesAsked: 90,
      entriesCommitted: 40,
    });
  });

  it('gives failed tasks new attempts when asked', () => {
    planned();
    commit(failure(1, 5));
    commit(failure(4, 5));
    expect(ledger.retryFailed('r1')).toBe(2);
    expect(pending()).toEqual([0, 1, 2, 3, 4]);
    expect(ledger.failures('r1', 10)).toEqual([]);
    expect(ledger.counters('r1').map(({ failed, entriesLost, filesDone }) => [failed, entriesLost, filesDone])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(commit(failure(1, 1), 5)).toBe('retry');
  });

  it('keeps a second process out', () => {
    expect(() => new Ledger(path)).toThrow(/another process works with this ledger/);
  });

  it('says that the disk is full, keeps what was committed, and goes on when there is room', () => {
    ledger.close();
    ledger = new Ledger(path, { maxBytes: statSync(path).size + 40_000 });
    planned();
    const big = () => [{ run: 'r1', dataset: 'data', histogram: 'h', bytes: new Uint8Array(100_000) }];
    const verdict = { report: success(0, 0, 100, 250), merge: () => {} };
    expect(() => ledger.commit([verdict], big)).toThrow(/disk is full.*--resume/);
    expect(pending()).toContain(0);
    reopen();
    expect(ledger.commit([verdict], big)).toMatchObject([{ outcome: 'committed' }]);
  });

  it('tells a file that is no ledger, and a damaged one', () => {
    const other = join(folder, 'other');
    writeFileSync(other, 'this is not a database, whatever its name says. '.repeat(100));
    expect(() => new Ledger(other)).toThrow(/the ledger is damaged .*--force/);
    planned();
    ledger.addFiles(
      'r1',
      Array.from({ length: 2000 }, (_, i) => ({ file: 3 + i, dataset: 'mc', url: `${i}.root`, tasks: [{ index: 5 + i }] })),
    );
    reopen();
    ledger.close();
    const file = openSync(path, 'r+');
    for (let page = 1; page < 30; page += 1) writeSync(file, new Uint8Array(2000).fill(0x5a), 0, 2000, page * 4096);
    closeSync(file);
    expect(() => new Ledger(path)).toThrow(/the ledger is damaged/);
    truncateSync(path, 0);
    ledger = new Ledger(path);
    expect(ledger.runs()).toEqual([]);
  });
});
