import { describe, expect, it } from 'vitest';
import { Prefetch } from './prefetch.ts';

describe('how many tasks a worker holds', () => {
  const held = (...wallMs: number[]) => {
    const prefetch = new Prefetch(2);
    for (const ms of wallMs) prefetch.note(ms);
    return prefetch.tasks;
  };

  it('is one more than it has threads, at first and where tasks take their time', () => {
    expect(held()).toBe(3);
    expect(held(...new Array<number>(50).fill(500))).toBe(3);
  });

  it('is more where tasks are short, up to a bound, and less again when they are long', () => {
    expect(held(...new Array<number>(50).fill(5))).toBe(3 * 8);
    expect(held(...new Array<number>(50).fill(0))).toBe(3 * 32);
    expect(held(...new Array<number>(50).fill(1), ...new Array<number>(50).fill(500))).toBe(3);
  });
});
