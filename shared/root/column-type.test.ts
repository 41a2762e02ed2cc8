import { describe, expect, expectTypeOf, it } from 'vitest';
import { isPipelineError } from '../errors.ts';
import { type ColumnOf, createElements, ELEMENT_TYPES, elementBytes, isColumnType, parseColumnType } from './column-type.ts';

describe('column types', () => {
  it('are taken apart into element and shape', () => {
    expect(parseColumnType('f32')).toEqual({ element: 'f32', shape: 'scalar', size: undefined });
    expect(parseColumnType('u64[]')).toEqual({ element: 'u64', shape: 'jagged', size: undefined });
    expect(parseColumnType('bool[12]')).toEqual({ element: 'bool', shape: 'fixed', size: 12 });
  });

  it.each(['', 'float', 'f32[', 'f32[][]', 'f32[0]', 'f32[-1]', 'f32[1.5]', 'f32[99999999999]', ' f32', 'toString', 'constructor[]'])(
    'refuse %j',
    (text) => {
      expect(isColumnType(text)).toBe(false);
      expect(() => parseColumnType(text)).toThrow('is not a column type');
      try {
        parseColumnType(text);
      } catch (error) {
        expect(isPipelineError(error, 'ConfigError')).toBe(true);
      }
    },
  );

  it('map to typed arrays, a bool to a byte', () => {
    expect(ELEMENT_TYPES.map(elementBytes)).toEqual([1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8]);
    expect(createElements('bool', 3)).toEqual(new Uint8Array(3));
    expect(createElements('i64', 2)).toEqual(new BigInt64Array(2));
  });

  it('give TypeScript the arrays of a column', () => {
    expectTypeOf<ColumnOf<'f32'>['values']>().toEqualTypeOf<Float32Array>();
    expectTypeOf<ColumnOf<'u32[]'>['values']>().toEqualTypeOf<Uint32Array>();
    expectTypeOf<ColumnOf<'u32[]'>['offsets']>().toEqualTypeOf<Int32Array>();
    expectTypeOf<ColumnOf<'bool[4]'>['values']>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<ColumnOf<'bool[4]'>['size']>().toEqualTypeOf<number>();
    expectTypeOf<ColumnOf<'i64'>>().not.toHaveProperty('offsets');
  });
});
