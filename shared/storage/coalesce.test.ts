import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import { sleep } from '../runtime/retry.ts';
import { checkedSource } from './checked-source.ts';
import { planReads, withCoalescing } from './coalesce.ts';
import type { ByteRange, CountedSource } from './source.ts';

const SIZE = 5000;
const byteAt = (offset: number) => (offset * 7 + (offset >> 8)) & 0xff;
const bytesOf = ({ offset, length }: ByteRange) => Uint8Array.from({ length }, (_, index) => byteAt(offset + index));

/** A source whose bytes follow from their place, and which tells how many reads it had at once. */
function patternSource(delayMs = 0): CountedSource & { readonly reads: ByteRange[]; readonly most: () => number } {
  const reads: ByteRange[] = [];
  let active = 0;
  let most = 0;
  const source = checkedSource({
    name: 'pattern',
    size: SIZE,
    counters: { requests: 0, bytes: 0, retries: 0 },
    read: async (offset, length, signal) => {
      reads.push({ offset, length });
      most = Math.max(most, ++active);
      try {
        if (delayMs > 0) await sleep(delayMs, signal);
        if (offset === 4000) throw new StorageError('bad spot');
        return bytesOf({ offset, length });
      } finally {
        active--;
      }
    },
    close: async () => undefined,
  });
  return { ...source, reads, most: () => most };
}

const range = (offset: number, length: number) => ({ offset, length });
const anyRanges = fc.array(
  fc.tuple(fc.nat(SIZE), fc.nat(300)).map(([offset, length]) => range(offset, Math.min(length, SIZE - offset))),
  { maxLength: 30 },
);
const anyLimits = fc.record({
  gapBytes: fc.nat(200),
  maxBytes: fc.integer({ min: 1, max: 1000 }),
  parallel: fc.integer({ min: 1, max: 5 }),
});

describe('planReads', () => {
  it('joins ranges that are no further apart than the gap', () => {
    expect(planReads([range(0, 10), range(15, 10), range(31, 10)], { gapBytes: 5, maxBytes: 100 })).toEqual([
      { offset: 0, length: 25, members: [0, 1] },
      { offset: 31, length: 10, members: [2] },
    ]);
  });

  it('sorts by offset and remembers who asked', () => {
    expect(planReads([range(50, 10), range(0, 50)], { gapBytes: 0, maxBytes: 100 })).toEqual([{ offset: 0, length: 60, members: [1, 0] }]);
  });

  it('does not join beyond the limit, but leaves a longer single range whole', () => {
    expect(planReads([range(0, 60), range(60, 60), range(200, 500)], { gapBytes: 100, maxBytes: 100 })).toEqual([
      { offset: 0, length: 60, members: [0] },
      { offset: 60, length: 60, members: [1] },
      { offset: 200, length: 500, members: [2] },
    ]);
  });

  it('reads a range inside another one for free', () => {
    expect(planReads([range(0, 500), range(100, 10)], { gapBytes: 0, maxBytes: 100 })).toEqual([
      { offset: 0, length: 500, members: [0, 1] },
    ]);
  });

  it('covers every range that is not empty exactly once, within the limit', () => {
    fc.assert(
      fc.property(anyRanges, anyLimits, (ranges, limits) => {
        const reads = planReads(ranges, limits);
        const members = reads.flatMap((read) => read.members).sort((a, b) => a - b);
        expect(members).toEqual([...ranges.keys()].filter((index) => ranges[index]!.length > 0));
        for (const read of reads) {
          const longest = Math.max(...read.members.map((member) => ranges[member]!.length));
          expect(read.length).toBeLessThanOrEqual(Math.max(limits.maxBytes, longest));
          for (const member of read.members) {
            const { offset, length } = ranges[member]!;
            expect(offset >= read.offset && offset + length <= read.offset + read.length).toBe(true);
          }
        }
      }),
    );
  });
});

describe('withCoalescing', () => {
  it('answers the same bytes as plain reads, for any ranges and limits', async () => {
    await fc.assert(
      fc.asyncProperty(anyRanges, anyLimits, async (ranges, limits) => {
        fc.pre(planReads(ranges, limits).every(({ offset }) => offset !== 4000));
        const source = withCoalescing(patternSource(), limits);
        expect(await source.readMany(ranges)).toEqual(ranges.map(bytesOf));
      }),
    );
  });

  it('refuses a range that is not within the file, also where a sound one would hide it', async () => {
    for (const outside of [range(SIZE - 5, 10), range(-1, 5)]) {
      const source = patternSource();
      const reading = withCoalescing(source, { gapBytes: SIZE, maxBytes: SIZE, parallel: 2 }).readMany([range(0, SIZE), outside]);
      await expect(reading).rejects.toMatchObject({ code: 'StorageError', message: expect.stringContaining('pattern') });
      expect(source.reads).toEqual([]);
    }
  });

  it('has as many reads under way as it may, and no more', async () => {
    const source = patternSource(5);
    const ranges = Array.from({ length: 12 }, (_, index) => range(index * 100, 10));
    await withCoalescing(source, { gapBytes: 0, maxBytes: 100, parallel: 3 }).readMany(ranges);
    expect(source.reads).toHaveLength(12);
    expect(source.most()).toBe(3);
  });

  it('stops the other reads when one fails, and fails with its error', async () => {
    const source = patternSource(20);
    const ranges = [range(4000, 10), ...Array.from({ length: 10 }, (_, index) => range(4100 + index * 50, 10))];
    const failing = withCoalescing(source, { gapBytes: 0, maxBytes: 100, parallel: 2 }).readMany(ranges);
    await expect(failing).rejects.toThrow('bad spot');
    expect(source.reads.length).toBeLessThanOrEqual(4);
  });

  it('leaves no listener on a signal that lives on', async () => {
    const { signal } = new AbortController();
    const added: unknown[] = [];
    const removed: unknown[] = [];
    const watched = Object.assign(signal, {
      addEventListener: (...args: unknown[]) => added.push(args[1]),
      removeEventListener: (...args: unknown[]) => removed.push(args[1]),
    });
    await withCoalescing(patternSource(), { gapBytes: 0, maxBytes: 100, parallel: 2 }).readMany(
      [range(0, 1), range(9, 1)],
      watched as AbortSignal,
    );
    expect(removed).toEqual(added);
    expect(added).toHaveLength(1);
  });
});
