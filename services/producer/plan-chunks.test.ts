import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkLimits, planChunks } from './plan-chunks.ts';

const limits: ChunkLimits = { fraction: 1, chunkEntries: 1_000_000, chunkBytes: 256e6 };
const clusters = (step: number, entries: number) => Array.from({ length: Math.ceil(entries / step) }, (_, i) => i * step);

describe('planChunks', () => {
  it('leaves a file whole up to the limits', () => {
    const file = { entries: 1_000_000, bytes: 1e9, toy: false, columnBytes: 256e6, clusters: clusters(1000, 1_000_000) };
    expect(planChunks(file, limits)).toEqual([{ from: 0, to: 1_000_000 }]);
  });

  it('cuts a file with too many entries at clusters', () => {
    const file = { entries: 2_500_000, bytes: 1, toy: false, columnBytes: 1, clusters: clusters(300_000, 2_500_000) };
    expect(planChunks(file, limits)).toEqual([
      { from: 0, to: 900_000 },
      { from: 900_000, to: 1_800_000 },
      { from: 1_800_000, to: 2_500_000 },
    ]);
  });

  it('cuts a file with too many bytes in the columns asked for', () => {
    const file = { entries: 100, bytes: 1e12, toy: false, columnBytes: 512e6, clusters: clusters(10, 100) };
    expect(planChunks(file, limits)).toEqual([
      { from: 0, to: 50 },
      { from: 50, to: 100 },
    ]);
  });

  it('makes every cluster a chunk where more are wanted, whatever number of entries a damaged file claims', () => {
    const file = { entries: 2 ** 50, bytes: 1, toy: false, columnBytes: 1, clusters: [0, 10, 500] };
    expect(planChunks(file, limits)).toEqual([
      { from: 0, to: 10 },
      { from: 10, to: 500 },
      { from: 500, to: 2 ** 50 },
    ]);
  });

  it('reads the first part of a file, and counts only its bytes', () => {
    const file = { entries: 1001, bytes: 1, toy: false, columnBytes: 300e6, clusters: clusters(10, 1001) };
    expect(planChunks(file, { ...limits, fraction: 0.5 })).toEqual([{ from: 0, to: 500 }]);
  });

  it('makes one empty chunk of a file with nothing to read', () => {
    expect(planChunks({ entries: 0, bytes: 400, toy: false, columnBytes: 0, clusters: [0] }, limits)).toEqual([{ from: 0, to: 0 }]);
  });

  it('covers every entry once, at cluster boundaries, whatever the limits', () => {
    const cases = fc.record({
      entries: fc.integer({ min: 0, max: 5000 }),
      starts: fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 }),
      chunkEntries: fc.integer({ min: 1, max: 6000 }),
      chunkBytes: fc.integer({ min: 1, max: 6000 }),
      fraction: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ entries, starts, ...options }) => {
        const sorted = [...new Set([0, ...starts])].sort((a, b) => a - b);
        const chunks = planChunks({ entries, bytes: 1, toy: false, columnBytes: 3000, clusters: sorted }, options);
        expect(chunks[0]?.from).toBe(0);
        expect(chunks.at(-1)?.to).toBe(Math.floor(entries * options.fraction));
        for (const [i, { from, to }] of chunks.entries()) {
          expect(to > from || chunks.length === 1).toBe(true);
          if (i > 0) expect(from).toBe(chunks[i - 1]?.to);
          expect(sorted).toContain(from);
        }
      }),
    );
  });
});
