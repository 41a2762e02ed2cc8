import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Failure, MESSAGE_VERSION, type Success } from '#shared/queue/messages.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import { exampleSuccess } from '../../test/example-messages.ts';
import { Ledger } from './ledger.ts';

const SPEC: RunSpec = {
  ...{ v: MESSAGE_VERSION, run: 'r', analysis: 'a', parameters: {}, tree: 't', catalogue: {}, fraction: 1, ...DEFAULT_CHUNKS },
  datasets: [
    {
      name: 'd',
      isData: true,
      files: ['x', 'y', 'z'],
      pools: [
        { pool: 'a', files: 2 },
        { pool: 'b', files: 1 },
      ],
    },
  ],
  pools: [{ name: 'a' }, { name: 'b' }],
};
const POOLS = ['a', 'a', 'b'];

const success = (index: number, pool?: string) => exampleSuccess({ run: 'r', index, ...(pool && { pool }) });
const failure = (index: number, attempt: number): Failure => ({
  ...{ v: MESSAGE_VERSION, kind: 'failure', run: 'r', index, attempt, worker: 'w', code: 'StorageError', text: 'gone', file: 'f' },
  retryable: true,
});

describe('pools in the ledger', () => {
  let folder: string;
  let ledger: Ledger;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-pools-'));
    ledger = new Ledger(join(folder, 'l.sqlite'));
  });
  afterEach(() => {
    ledger.close();
    rmSync(folder, { recursive: true });
  });

  const fill = (to = ledger) => {
    to.openRun(SPEC, 'now');
    to.addFiles(
      'r',
      POOLS.map((pool, file) => ({
        file,
        dataset: 'd',
        url: `f${file}`,
        entries: 10,
        bytes: 1000,
        toy: false,
        pool,
        tasks: [{ index: file, from: 0, to: 10 }],
      })),
    );
    to.freeze('r');
  };
  const commit = (report: Success) => ledger.commit([{ report, merge: () => {} }], () => []);
  const fail = (report: Failure, dueMs?: number) => ledger.commit([{ report, dueMs }], () => []);
  const counts = () =>
    Object.fromEntries(ledger.pools('r').map(({ pool, open, committed, failed, taken }) => [pool, [open, committed, failed, taken]]));

  it('count what is open, done by whom, failed and taken over', () => {
    fill();
    expect(counts()).toEqual({ a: [2, 0, 0, 0], b: [1, 0, 0, 0] });
    expect(ledger.pending('r', -1, 10).map(({ pool }) => pool)).toEqual(POOLS);
    ledger.moveTasks('r', [1], 'b');
    expect(counts()).toEqual({ a: [1, 0, 0, 0], b: [2, 0, 0, 1] });
    expect(ledger.issued('r', 10, 'b').map(({ index }) => index)).toEqual([1, 2]);
    commit(success(1, 'b'));
    // A copy of a task of b that a worker of a did.
    commit(success(2, 'a'));
    commit(success(2, 'b'));
    fail(failure(0, 1), 5);
    fail(failure(0, 2));
    expect(counts()).toEqual({ a: [0, 1, 1, 0], b: [0, 1, 0, 1] });
    ledger.retryFailed('r');
    expect(counts()).toEqual({ a: [1, 1, 0, 0], b: [0, 1, 0, 1] });
    ledger.deleteRun('r');
    expect(ledger.pools('r')).toEqual([]);
  });

  it('count a worker of a pool that the run does not know for the pool of the task', () => {
    fill();
    commit(success(0, 'elsewhere'));
    commit(success(1));
    expect(counts()).toEqual({ a: [0, 2, 0, 0], b: [1, 0, 0, 0] });
  });

  it('always add up to the tasks of the run', () => {
    const step = fc.record({
      what: fc.constantFrom('commit', 'fail', 'retry', 'give up', 'move'),
      index: fc.nat(2),
      pool: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        fill();
        for (const [i, { what, index, pool }] of steps.entries()) {
          if (what === 'commit') commit(success(index, pool));
          else if (what === 'fail') fail(failure(index, i + 1), 1);
          else if (what === 'give up') fail(failure(index, i + 1));
          else if (what === 'move') ledger.moveTasks('r', [index], pool);
          else ledger.retryFailed('r');
        }
        const all = Object.values(counts());
        expect(all.reduce((sum, [open = 0, committed = 0, failed = 0]) => sum + open + committed + failed, 0)).toBe(3);
        expect(all.flat().every((count) => count >= 0)).toBe(true);
        expect(ledger.pending('r', -1, 10)).toHaveLength(all.reduce((sum, [open = 0]) => sum + open, 0));
        ledger.deleteRun('r');
      }),
      { numRuns: 30 },
    );
  });

  it('come into a ledger that was begun before there were any', () => {
    const path = join(folder, 'old.sqlite');
    const db = new DatabaseSync(path);
    db.exec(readFileSync(new URL('../../test/fixtures/ledger-v1.sql', import.meta.url), 'utf8'));
    db.close();
    const opened = new Ledger(path);
    expect(opened.pending('r', -1, 10)).toEqual([expect.not.objectContaining({ pool: expect.anything() })]);
    expect(opened.commit([{ report: { ...success(0, 'a'), fileBytes: 1 }, merge: () => {} }], () => [])).toMatchObject([
      { outcome: 'committed' },
    ]);
    opened.deleteRun('r');
    fill(opened);
    expect(opened.pools('r')).toHaveLength(2);
    opened.close();
  });
});
