import { describe, expect, it } from 'vitest';
import { Prefetch } from './prefetch.ts';

describe('how many tasks a worker holds', () => {
  const many = (wallMs: number) => new Array<number>(50).fill(wallMs);
  const held = (confirmMs: number, ...wallMs: number[]) => {
    const prefetch = new Prefetch(2);
    for (const ms of wallMs) prefetch.note(ms, confirmMs);
    return prefetch.tasks;
  };

  it('is one more than it has threads, at first and where tasks take their time', () => {
    expect(held(40)).toBe(3);
    expect(held(40, ...many(500))).toBe(3);
  });

  it('is more where tasks are short, up to a bound, and less again when they are long', () => {
    expect(held(40, ...many(5))).toBe(3 * 32);
    expect(held(40, ...many(0))).toBe(3 * 512);
    expect(held(40, ...many(1), ...many(500))).toBe(3);
  });

  it('is more where the broker is slow to take results', () => {
    expect(held(1, ...many(5))).toBe(3);
    expect(held(90, ...many(5))).toBe(3 * 64);
  });

  it('is one more for each thread where files are copied ahead', () => {
    expect(new Prefetch(4, 4).tasks).toBe(8);
  });
});
