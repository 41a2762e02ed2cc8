import { describe, expect, it } from 'vitest';
import { bytesText, countOfText, secondsText, shortText } from './format.ts';

describe('numbers for people', () => {
  it('shorten with decimal prefixes and three digits', () => {
    expect([0, 7, 999, 999.6, 1234, 12_345, 123_456, 999_999, 4.56e6, 7e13].map(shortText)).toEqual(
      ['0', '7', '999', '1.00 k', '1.23 k', '12.3 k', '123 k', '1.00 M', '4.56 M', '70.0 T'].map((text) => text.replace(' ', '\u202f')),
    );
    expect([12, 12e6].map(bytesText)).toEqual(['12\u202fB', '12.0\u202fMB']);
  });

  it('have a decimal as few seconds', () => {
    expect([0, 0.04, 0.42, 9.94, 9.95, 12.3, 1234].map(secondsText)).toEqual(['0.0', '0.0', '0.4', '9.9', '10', '12', '1.23\u202fk']);
  });

  it('do not invent a total', () => {
    expect(countOfText(5, 10)).toBe('5 of 10');
    expect(countOfText(5, undefined)).toBe('5 of ?');
  });
});
