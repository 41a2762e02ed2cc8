import { describe, expect, it } from 'vitest';
import type { ColumnType } from '#shared/root/column-type.ts';
import { convertColumn, isConvertible } from './convert-column.ts';
import { columnFrom } from './test-columns.ts';

describe('a column stored as another type', () => {
  it('is handed out as the declared one, lists and all', () => {
    const stored = columnFrom('u32[]', [[11, 13], [], [13]]);
    expect(convertColumn('lep_type', stored, 'i32[]')).toEqual(columnFrom('i32[]', [[11, 13], [], [13]]));
    expect(convertColumn('sum', columnFrom('f32', [0.5, Number.NaN]), 'f64')).toEqual(columnFrom('f64', [0.5, Number.NaN]));
    const nested = columnFrom('u8[][]', [[[1], []], []]);
    expect(convertColumn('x', nested, 'i32[][]')).toEqual(columnFrom('i32[][]', [[[1], []], []]));
    expect(convertColumn('x', columnFrom('i16[2]', [[1, -2]]), 'f32[2]')).toEqual(columnFrom('f32[2]', [[1, -2]]));
  });

  it('is the same object where nothing changes', () => {
    const stored = columnFrom('f32', [1]);
    expect(convertColumn('x', stored, 'f32')).toBe(stored);
  });

  it.each<[ColumnType, ColumnType, number]>([
    ['i32', 'u32', -1],
    ['u32', 'i32', 2 ** 31],
    ['i32', 'u8', 256],
    ['u8', 'i8', 128],
  ])('is refused if %s as %s does not hold %d', (stored, declared, value) => {
    expect(isConvertible(stored, declared)).toBe(true);
    expect(() => convertColumn('x', columnFrom(stored, [1, value]), declared)).toThrow(`x: the value ${value} does not fit`);
  });

  it.each<[ColumnType, ColumnType]>([
    ['f64', 'f32'],
    ['f32', 'i32'],
    ['i32', 'f32'],
    ['i64', 'i32'],
    ['i64', 'f64'],
    ['u8', 'bool'],
    ['bool', 'u8'],
    ['f32[]', 'f32'],
    ['f32[2]', 'f32[3]'],
    ['f32[][]', 'f32[]'],
    ['f32[][2]', 'f32[][]'],
    ['text', 'u8[]'],
    ['text[]', 'text'],
  ])('is refused if %s cannot be %s without loss', (stored, declared) => {
    expect(isConvertible(stored, declared)).toBe(false);
    expect(() => convertColumn('x', columnFrom(stored, []), declared)).toThrow(`Declare \`x: '${stored}'\`.`);
  });
});
