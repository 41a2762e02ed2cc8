import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, StorageError } from '../errors.ts';
import { DEFAULT_RETRY, retry, retryDelayMs, sleep } from './retry.ts';

const policy = { attempts: 4, baseMs: 1, maxMs: 4 };

describe('retry', () => {
  it('returns the first success and counts what came before it', async () => {
    const waits: number[] = [];
    const result = await retry(
      async (attempt) => {
        if (attempt < 3) throw new StorageError('busy');
        return attempt;
      },
      { policy, onRetry: (_error, attempt) => waits.push(attempt) },
    );
    expect(result).toBe(3);
    expect(waits).toEqual([1, 2]);
  });

  it('throws the last error when the attempts are used up', async () => {
    let tries = 0;
    const failing = retry(
      async () => {
        tries++;
        throw new StorageError(`busy ${tries}`);
      },
      { policy },
    );
    await expect(failing).rejects.toThrow('busy 4');
    expect(tries).toBe(4);
  });

  it('begins no other try when its patience is over', async () => {
    let tries = 0;
    const failing = retry(
      async () => {
        tries++;
        await sleep(20);
        throw new StorageError('busy');
      },
      { policy: { attempts: 1000, baseMs: 1, maxMs: 1, patienceMs: 50 } },
    );
    await expect(failing).rejects.toThrow('busy');
    expect(tries).toBeLessThanOrEqual(3);
  });

  it.each([
    ['an error that says it is final', new StorageError('gone', { retryable: false })],
    ['an error of a class that is final', new ConfigError('wrong')],
    ['an error that is not ours', new TypeError('bug')],
  ])('does not try again after %s', async (_name, error) => {
    let tries = 0;
    const failing = retry(
      async () => {
        tries++;
        throw error;
      },
      { policy },
    );
    await expect(failing).rejects.toBe(error);
    expect(tries).toBe(1);
  });

  it.each([
    [undefined, 500],
    [3000, 3000],
    [100, 500],
    [1e9, 60_000],
  ])('waits at least as long as a server asks: %s ms, but not for ever', async (retryAfterMs, expected) => {
    const stop = new AbortController();
    let waits = 0;
    const failing = retry(
      async () => {
        throw new StorageError('busy', { retryAfterMs });
      },
      {
        policy: { attempts: 2, baseMs: 1000, maxMs: 1000 },
        random: () => 0,
        signal: stop.signal,
        onRetry: (_error, _attempt, delayMs) => {
          waits = delayMs;
          stop.abort(new Error('enough'));
        },
      },
    );
    await expect(failing).rejects.toThrow('enough');
    expect(waits).toBe(expected);
  });

  it('stops waiting when it is aborted', async () => {
    const controller = new AbortController();
    const failing = retry(
      async () => {
        throw new StorageError('busy');
      },
      {
        policy: { attempts: 5, baseMs: 60_000, maxMs: 60_000 },
        signal: controller.signal,
        onRetry: () => controller.abort(new Error('enough')),
      },
    );
    await expect(failing).rejects.toThrow('enough');
  });

  it('does not start when it is aborted already', async () => {
    let tries = 0;
    const never = retry(async () => tries++, { policy, signal: AbortSignal.abort(new Error('enough')) });
    await expect(never).rejects.toThrow('enough');
    expect(tries).toBe(0);
  });
});

describe('retryDelayMs', () => {
  it('lies between half and all of the doubled base, and never above the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (attempt, random) => {
        const delay = retryDelayMs(DEFAULT_RETRY, attempt, random);
        const full = Math.min(DEFAULT_RETRY.maxMs, DEFAULT_RETRY.baseMs * 2 ** (attempt - 1));
        return delay >= full / 2 && delay <= full;
      }),
    );
  });
});

describe('sleep', () => {
  it('rejects at once with the reason when aborted before', async () => {
    await expect(sleep(60_000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
