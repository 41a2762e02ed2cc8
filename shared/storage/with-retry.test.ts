import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import { checkedSource } from './checked-source.ts';
import { withRetry } from './with-retry.ts';

function flakySource(failures: number) {
  let left = failures;
  return checkedSource({
    name: 'flaky',
    size: 100,
    counters: { requests: 0, bytes: 0, retries: 0 },
    read: async (_offset, length) => {
      if (left-- > 0) throw new StorageError('busy');
      return new Uint8Array(length);
    },
    close: async () => undefined,
  });
}

const policy = { attempts: 3, baseMs: 1, maxMs: 1 };

describe('withRetry', () => {
  it('reads again what failed, and counts it', async () => {
    const source = withRetry(flakySource(2), policy);
    expect(await source.read(0, 10)).toHaveLength(10);
    expect(source.counters.retries).toBe(2);
  });

  it('reads several ranges again', async () => {
    const source = withRetry(flakySource(2), policy);
    expect(await source.readMany([{ offset: 0, length: 1 }, { offset: 5, length: 2 }])).toHaveLength(2); // biome-ignore format: one line
  });

  it('does not read again what cannot succeed', async () => {
    const source = withRetry(flakySource(0), policy);
    await expect(source.read(99, 2)).rejects.toMatchObject({ retryable: false });
    expect(source.counters.retries).toBe(0);
  });
});
