import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inFb, luminosityShare } from './luminosity.ts';

describe('luminosityShare', () => {
  it('adds up to the whole file for any chunks in any order, to the last bit', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 1_000_003 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 3000, noNaN: true }), cuts, (luminosityFb, inner) => {
        const entries = 1_000_003;
        const edges = [0, ...inner, entries].sort((a, b) => a - b);
        const shares = edges.slice(1).map((to, i) => luminosityShare(luminosityFb, { from: edges[i] ?? 0, to, entries }));
        const sum = (list: bigint[]) => list.reduce((total, share) => total + share, 0n);
        expect(sum(shares)).toBe(sum(shares.toReversed()));
        expect(sum(shares)).toBe(luminosityShare(luminosityFb, { from: 0, to: entries, entries }));
        expect(inFb(sum(shares)) / luminosityFb).toBeCloseTo(1, 5);
        for (const share of shares) expect(share >= 0n).toBe(true);
      }),
    );
  });

  it('of a file without entries is the whole: that no event passed is what was measured', () => {
    expect(inFb(luminosityShare(0.5, { from: 0, to: 0, entries: 0 }))).toBe(0.5);
  });
});
