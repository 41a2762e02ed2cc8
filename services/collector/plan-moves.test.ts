import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PoolLook, planMoves, REST_MS } from './plan-moves.ts';

const look = (pool: string, more: Partial<PoolLook> = {}): PoolLook => ({
  ...{
    pool,
    waiting: 0,
    isIdle: more.waiting === undefined,
    workers: 1,
    threads: 2,
    holds: 0,
    perSecond: 0,
    tookMsAgo: Number.POSITIVE_INFINITY,
  },
  ...more,
});

const anyPools = fc.uniqueArray(
  fc.record({
    pool: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    waiting: fc.nat(5000),
    isIdle: fc.boolean(),
    workers: fc.nat(20),
    threads: fc.nat(100),
    holds: fc.nat(100),
    perSecond: fc.double({ min: 0, max: 1000, noNaN: true }),
    tookMsAgo: fc.constantFrom(0, REST_MS - 1, REST_MS, Number.POSITIVE_INFINITY),
  }),
  { selector: ({ pool }) => pool },
);

describe('moves of waiting tasks', () => {
  it('go to a pool that has nothing to do, from one that has no workers', () => {
    expect(planMoves([look('a', { waiting: 100, workers: 0, threads: 0 }), look('b')])).toEqual([{ from: 'a', to: 'b', tasks: 3 }]);
  });

  it('are as many as the taker will have done soon', () => {
    const dead = look('a', { waiting: 1000, workers: 0, threads: 0 });
    expect(planMoves([dead, look('b', { perSecond: 20 })])).toEqual([{ from: 'a', to: 'b', tasks: 100 }]);
  });

  it('leave a pool with workers the half of what waits there, and its last task to whoever is free', () => {
    const slow = (waiting: number) => look('a', { waiting, holds: 3 });
    const fast = look('b', { perSecond: 100 });
    expect(planMoves([slow(11), fast])).toEqual([{ from: 'a', to: 'b', tasks: 6 }]);
    expect(planMoves([slow(1), fast])).toEqual([{ from: 'a', to: 'b', tasks: 1 }]);
  });

  it('come first from pools without workers', () => {
    const looks = [look('busy', { waiting: 900 }), look('dead', { waiting: 2, workers: 0, threads: 0 }), look('idle')];
    expect(planMoves(looks)).toEqual([
      { from: 'dead', to: 'idle', tasks: 2 },
      { from: 'busy', to: 'idle', tasks: 1 },
    ]);
  });

  it('are none while no pool is idle, and none to a pool without workers', () => {
    expect(planMoves([look('a', { waiting: 9 }), look('b', { waiting: 1 })])).toEqual([]);
    expect(planMoves([look('a', { waiting: 9 }), look('b', { workers: 0, threads: 0 })])).toEqual([]);
  });

  it('are none away from a pool that has just taken tasks, unless its workers are gone', () => {
    const taken = { waiting: 50, tookMsAgo: REST_MS - 1 };
    expect(planMoves([look('a', taken), look('b')])).toEqual([]);
    expect(planMoves([look('a', { ...taken, workers: 0 }), look('b')])).toHaveLength(1);
  });

  it('never move more than waits, never in a circle, and whatever is asked for is bounded', () => {
    fc.assert(
      fc.property(anyPools, (looks) => {
        const moves = planMoves(looks);
        const givers = new Set(moves.map(({ from }) => from));
        const takers = new Set(moves.map(({ to }) => to));
        for (const taker of takers) expect(givers.has(taker)).toBe(false);
        for (const { pool, waiting, workers, tookMsAgo } of looks) {
          const given = moves.filter(({ from }) => from === pool).reduce((sum, { tasks }) => sum + tasks, 0);
          const got = moves.filter(({ to }) => to === pool).reduce((sum, { tasks }) => sum + tasks, 0);
          expect(given).toBeLessThanOrEqual(workers === 0 ? waiting : Math.ceil(waiting / 2));
          expect(got).toBeLessThanOrEqual(1000);
          if (got > 0) expect(workers).toBeGreaterThan(0);
          if (given > 0 && workers > 0) expect(tookMsAgo).toBeGreaterThanOrEqual(REST_MS);
        }
        for (const { tasks } of moves) expect(Number.isSafeInteger(tasks) && tasks > 0).toBe(true);
      }),
    );
  });

  it('empty all pools in the end, as long as one has workers', () => {
    const sizes = fc.array(fc.record({ waiting: fc.nat(300), workers: fc.constantFrom(0, 0, 1, 3) }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sizes, (pools) => {
        fc.pre(pools.some(({ workers }) => workers > 0));
        const state = pools.map(({ waiting, workers }, i) => ({ pool: `p${i}`, waiting, workers, tookAt: Number.NEGATIVE_INFINITY }));
        const all = state.reduce((sum, { waiting }) => sum + waiting, 0);
        let moved = 0;
        let second = 0;
        for (; state.some(({ waiting }) => waiting > 0); second += 1) {
          // A worker does a task a second.
          for (const each of state) each.waiting = Math.max(0, each.waiting - each.workers);
          const looks = state.map(({ pool, waiting, workers, tookAt }) =>
            look(pool, {
              waiting,
              isIdle: waiting === 0,
              workers,
              threads: workers,
              perSecond: workers,
              tookMsAgo: second * 1000 - tookAt,
            }),
          );
          for (const { from, to, tasks } of planMoves(looks)) {
            moved += tasks;
            for (const each of state) {
              if (each.pool === from) each.waiting -= tasks;
              if (each.pool === to) Object.assign(each, { waiting: each.waiting + tasks, tookAt: second * 1000 });
            }
          }
          if (second > 2 * all + 10) break;
        }
        expect(state.every(({ waiting }) => waiting === 0)).toBe(true);
        // To and fro would move each task many times.
        expect(moved).toBeLessThanOrEqual(2 * all);
      }),
    );
  });
});
