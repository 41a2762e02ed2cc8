import { afterEach, describe, expect, it, vi } from 'vitest';
import { untilAborted } from './until-aborted.ts';

const YEAR_MS = 365 * 24 * 3_600_000;

describe('untilAborted', () => {
  afterEach(() => void vi.useRealTimers());

  it('waits for the abort, for a year if need be', async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    let isOver = false;
    const waiting = untilAborted(stop.signal).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(YEAR_MS);
    expect(isOver).toBe(false);
    stop.abort();
    await waiting;
  });

  it('resolves at once where the signal has aborted before', async () => {
    await expect(untilAborted(AbortSignal.abort())).resolves.toBeUndefined();
  });
});
