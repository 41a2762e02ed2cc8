import { describe, expect, it } from 'vitest';
import { remembered } from './remembered.ts';

describe('remembered', () => {
  it('makes one a key, also for those who ask at the same time', async () => {
    const all = new Map<string, Promise<object>>();
    const make = async () => ({});
    const [one, two] = await Promise.all([remembered(all, 'a', make), remembered(all, 'a', make)]);
    expect(two).toBe(one);
    expect(await remembered(all, 'a', make)).toBe(one);
    expect(await remembered(all, 'b', make)).not.toBe(one);
  });

  it('makes another one after a failure, of which all hear who waited', async () => {
    const all = new Map<string, Promise<string>>();
    const fail = () => Promise.reject(new Error('not yet'));
    const asked = [remembered(all, 'a', fail), remembered(all, 'a', fail)];
    for (const each of asked) await expect(each).rejects.toThrow('not yet');
    expect(await remembered(all, 'a', async () => 'now')).toBe('now');
  });
});
