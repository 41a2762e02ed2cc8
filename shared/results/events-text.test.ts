import { describe, expect, it } from 'vitest';
import { dataText, eventsText } from './events-text.ts';

describe('eventsText', () => {
  it.each([
    [0, '0.000'],
    [123.4567, '123.457'],
    [-2, '-2.000'],
    [0.01234, '0.0123'],
    [999_999_999, '999999999.000'],
    [1e9, '1.00000e+9'],
    [1.2749999999999999e153, '1.27500e+153'],
    [-1.5e160, '-1.50000e+160'],
    [0.000123456789, '0.000123457'],
    [1.275e-170, '1.27500e-170'],
  ])('writes %j as %s', (value, text) => {
    expect(eventsText(value)).toBe(text);
  });

  it('takes fewer decimals where that is asked', () => {
    expect([eventsText(2.5, 2), eventsText(1e-5, 2)]).toEqual(['2.50', '0.0000100000']);
  });
});

describe('dataText', () => {
  it('counts, but where data have weights', () => {
    expect([7, 0, 7.5, 1e150].map(dataText)).toEqual(['7', '0', '7.500', '1.00000e+150']);
  });
});
