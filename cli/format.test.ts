import { describe, expect, it } from 'vitest';
import { formatTable } from './format.ts';

describe('formatTable', () => {
  it('sets numbers to the right, and all else to the left', () => {
    expect(
      formatTable([
        ['name', 'size'],
        ['a', '12 MB'],
        ['bc', '7 B'],
        ['d', '-2.5'],
        ['e', '1e+9'],
      ]),
    ).toEqual(['name  size', 'a     12 MB', 'bc      7 B', 'd      -2.5', 'e      1e+9']);
  });

  it('counts what is seen: marks above a letter take no place', () => {
    const [marked = '', plain = ''] = formatTable([
      ['tt\u0304', '10'],
      ['ZZ*', '2'],
    ]);
    expect(marked.replace('\u0304', '').indexOf('1')).toBe(plain.indexOf('2') - 1);
  });
});
