import { describe, expect, it } from 'vitest';
import { requireAligned } from './aligned.ts';

const lists = (...offsets: number[]) => ({ offsets: Int32Array.from(offsets) });

describe('requireAligned', () => {
  it('takes columns whose lists have the same lengths', () => {
    expect(() => requireAligned({ pt: lists(0, 2, 5), eta: lists(0, 2, 5), phi: lists(0, 2, 5) })).not.toThrow();
    expect(() => requireAligned({})).not.toThrow();
  });

  it('names the columns and the entry that differs', () => {
    expect(() => requireAligned({ pt: lists(0, 2, 5, 6), eta: lists(0, 2, 4, 6) })).toThrow('pt, eta: lists differ in length in entry 1');
    expect(() => requireAligned({ pt: lists(0, 2), eta: lists(0, 2), phi: lists(0, 2, 4) })).toThrow(
      'pt, phi: lists differ in length in entry 1',
    );
  });
});
