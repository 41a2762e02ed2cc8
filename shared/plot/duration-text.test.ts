import { describe, expect, it } from 'vitest';
import { durationText, elapsedText } from './duration-text.ts';

describe('durations', () => {
  it('are told in the two largest units', () => {
    expect([0, 400, 42_000, 59_600, 185_000, 7_800_000, undefined, Number.NaN].map(durationText)).toEqual([
      ...['0 s', '0 s', '42 s', '1 min 00 s', '3 min 05 s', '2 h 10 min', '–', '–'],
    ]);
  });

  it('that were measured have tenths where they are short', () => {
    expect([0, 1234, 59_940, 59_960, 14_074_000].map(elapsedText)).toEqual(['0.0 s', '1.2 s', '59.9 s', '1 min 00 s', '3 h 54 min']);
  });
});
