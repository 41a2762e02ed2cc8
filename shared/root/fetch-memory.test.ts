import { describe, expect, it } from 'vitest';
import { FetchMemory } from './fetch-memory.ts';

/** Memory with room for `bytes`, and where that is. */
function used(bytes: number): { memory: FetchMemory; buffer: ArrayBufferLike } {
  const memory = FetchMemory.borrow(bytes);
  return { memory, buffer: memory.restart()(bytes).buffer };
}

describe('memory for what is fetched', () => {
  it('is left to the next reader, but never to two', () => {
    const first = used(1000);
    first.memory.keep();
    expect(used(500).buffer).toBe(first.buffer);
    expect(used(500).buffer).not.toBe(first.buffer);
  });

  it('is not there for others while its reader has it', () => {
    const { buffer } = used(1000);
    expect(used(1000).buffer).not.toBe(buffer);
  });

  it('grows for a reader who asks for more', () => {
    const small = used(1000);
    small.memory.keep();
    const large = used(100_000);
    expect(large.memory).toBe(small.memory);
    expect(large.buffer.byteLength).toBeGreaterThanOrEqual(100_000);
  });

  it('is kept for the two largest, and not at all above 32 MB', () => {
    const [a, b, c, huge] = [used(3000), used(1000), used(2000), used(40 * 2 ** 20)];
    for (const { memory } of [a, b, c, huge]) memory.keep();
    expect(used(10).buffer).toBe(a.buffer);
    expect(used(10).buffer).toBe(c.buffer);
    expect([b.buffer, huge.buffer]).not.toContain(used(10).buffer);
  });
});
