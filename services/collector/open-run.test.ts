import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenRuns } from './open-runs.ts';

describe('rates of runs', () => {
  let runs: OpenRuns;
  beforeEach(() => {
    vi.useFakeTimers();
    const ledger = {} as ConstructorParameters<typeof OpenRuns>[0]['ledger'];
    runs = new OpenRuns({ ledger, queue: { deleteRun: async () => {} }, onDone: () => {} });
  });
  afterEach(() => void vi.useRealTimers());

  it('are let go when the next run comes, where nothing was counted for ten seconds', () => {
    const [over, on] = [runs.of('over'), runs.of('on')];
    for (const run of [over, on]) run.count('data', 100);
    vi.advanceTimersByTime(9000);
    on.count('data', 100);
    runs.of('third');
    expect([over.meters, on.meters]).toEqual([2, 2]);
    vi.advanceTimersByTime(2000);
    runs.of('fourth');
    expect([over.meters, on.meters]).toEqual([0, 2]);
    expect([over.rate(), over.rate('data'), on.rate('data')]).toEqual([0, 0, 10]);
    expect(over.meters).toBe(0);
  });

  it('begin again where something is counted after all', () => {
    const run = runs.of('r');
    run.count('data', 100);
    vi.advanceTimersByTime(11_000);
    runs.of('other');
    run.count('data', 50);
    expect([run.rate(), run.rate('data')]).toEqual([5, 5]);
  });
});
