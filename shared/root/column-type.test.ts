import { describe, expect, expectTypeOf, it } from 'vitest';
import { isPipelineError } from '../errors.ts';
import {
  type ArrayLevel,
  type ColumnOf,
  createElements,
  ELEMENT_TYPES,
  elementBytes,
  formatColumnType,
  isColumnType,
  type ListLevel,
  levelsOf,
  makeColumn,
  parseColumnType,
  type TextColumn,
  textAt,
} from './column-type.ts';

describe('column types', () => {
  it('are taken apart into element and shape', () => {
    const number = { text: false, size: undefined };
    expect(parseColumnType('f32')).toEqual({ ...number, element: 'f32', shape: 'scalar', levels: [] });
    expect(parseColumnType('u64[]')).toEqual({ ...number, element: 'u64', shape: 'jagged', levels: ['list'] });
    expect(parseColumnType('bool[12]')).toEqual({ ...number, element: 'bool', shape: 'fixed', size: 12, levels: [12] });
    expect(parseColumnType('f32[][4]')).toEqual({ ...number, element: 'f32', shape: 'nested', levels: ['list', 4] });
    expect(parseColumnType('i8[3][]')).toEqual({ ...number, element: 'i8', shape: 'nested', levels: [3, 'list'] });
    expect(parseColumnType('text')).toEqual({ element: 'u8', text: true, size: undefined, shape: 'scalar', levels: [] });
    expect(parseColumnType('text[]')).toEqual({ element: 'u8', text: true, size: undefined, shape: 'nested', levels: ['list'] });
  });

  it.each([
    '',
    'float',
    'f32[',
    'f32[]]',
    'f32[3][4]',
    `f32${'[]'.repeat(33)}`,
    'text[',
    'f32[0]',
    'f32[-1]',
    'f32[1.5]',
    'f32[99999999999]',
    ' f32',
    'toString',
    'constructor[]',
  ])('refuse %j', (text) => {
    expect(isColumnType(text)).toBe(false);
    expect(() => parseColumnType(text)).toThrow('is not a column type');
    try {
      parseColumnType(text);
    } catch (error) {
      expect(isPipelineError(error, 'ConfigError')).toBe(true);
    }
  });

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
    expectTypeOf<ColumnOf<'f32[][]'>['levels']>().toEqualTypeOf<readonly [ListLevel, ListLevel]>();
    expectTypeOf<ColumnOf<'i16[][4]'>['levels']>().toEqualTypeOf<readonly [ListLevel, ArrayLevel]>();
    expectTypeOf<ColumnOf<'i16[][4]'>['values']>().toEqualTypeOf<Int16Array>();
    expectTypeOf<ColumnOf<'text'>>().toEqualTypeOf<TextColumn>();
    expectTypeOf<ColumnOf<'text[]'>['levels']>().toEqualTypeOf<readonly [ListLevel]>();
  });
});

describe('nested columns', () => {
  const offsets = Int32Array.of(0, 2, 3);
  const inner = Int32Array.of(0, 1, 1, 4);
  const values = Float32Array.of(1, 2, 3, 4);

  it('are made from the steps to their values, and give them back', () => {
    expect(makeColumn('f32', values, [])).toEqual({ type: 'f32', values });
    expect(makeColumn('f32[]', values, [{ offsets }])).toEqual({ type: 'f32[]', values, offsets });
    expect(makeColumn('f32[4]', values, [{ size: 2 }, { size: 2 }])).toEqual({ type: 'f32[4]', values, size: 4 });
    const nested = makeColumn('f32[][]', values, [{ offsets }, { offsets: inner }]);
    expect(nested).toEqual({ type: 'f32[][]', values, levels: [{ offsets }, { offsets: inner }] });
    expect(levelsOf(nested)).toEqual([{ offsets }, { offsets: inner }]);
  });

  it('have the type of their steps', () => {
    expect(formatColumnType('f32', ['list', 3, 4, 'list'])).toBe('f32[][12][]');
    expect(formatColumnType('text', [])).toBe('text');
  });

  it('of texts keep the bytes of each', () => {
    const bytes = Uint8Array.of(0x61, 0xc3, 0xa4, 0xff);
    const column = makeColumn('text[]', bytes, [{ offsets: Int32Array.of(0, 2, 3) }, { offsets: Int32Array.of(0, 1, 3, 4) }]);
    expect(levelsOf(column)).toHaveLength(2);
    const texts = column as unknown as ColumnOf<'text[]'>;
    expect([0, 1, 2].map((index) => textAt(texts, index))).toEqual(['a', 'ä', '\ufffd']);
    expect([...texts.values.subarray(texts.offsets[2])]).toEqual([0xff]);
  });
});
