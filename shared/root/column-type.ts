/**
 * The types a column can have and the typed arrays that hold them. `f32` is one number an entry, `f32[]` a list an entry
 * (jagged), `f32[3]` a fixed number an entry, `text` a text an entry.
 *
 * Deeper ones are read like an array in C, the outermost step first: `f32[][]` is a list of lists, `f32[][4]` a list of
 * arrays of four, `i32[3][]` three lists, `text[]` a list of texts. Their values stand in one row, as those of all columns,
 * and `levels` leads to them: level 0 says which items of the next level an entry has, the last one which values. Sizes
 * that follow each other are one: C's `[3][4]` is `[12]`.
 *
 * Texts are kept as the bytes that the file has, UTF-8 by custom: `textAt` decodes one. Pure: analyses and browsers load it.
 */
import { ConfigError } from '../errors.ts';

/** Typed array of each element type. A bool is a byte, 0 or 1. */
interface ElementArrays {
  readonly bool: Uint8Array;
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** Type of one number in a column. */
export type ElementType = keyof ElementArrays;

/** What stands in a column: numbers, or texts. */
type ValueType = ElementType | 'text';

/** `T`, `T[]` (jagged), `T[n]` (fixed size), or several of these in each other. */
export type ColumnType = ValueType | `${ValueType}[${string}]`;

/** The typed array of an element type. */
export type ElementArray<E extends ElementType = ElementType> = ElementArrays[E];

/** One number an entry: `values[entry]`. */
export interface ScalarColumn<E extends ElementType = ElementType> {
  readonly values: ElementArray<E>;
}

/** A list an entry: `values[offsets[entry]]` up to `values[offsets[entry + 1] - 1]`. */
export interface JaggedColumn<E extends ElementType = ElementType> {
  readonly values: ElementArray<E>;
  /** entries + 1 numbers; the first is 0. */
  readonly offsets: Int32Array;
}

/** The same number of values in each entry: from `values[entry * size]` on. */
export interface FixedColumn<E extends ElementType = ElementType> {
  readonly values: ElementArray<E>;
  readonly size: number;
}

/** The texts of a column, as bytes: text `i` stands in `values` from `offsets[i]` up to `offsets[i + 1]`. See `textAt`. */
export interface TextColumn {
  readonly values: Uint8Array;
  /** One more than there are texts; the first is 0. */
  readonly offsets: Int32Array;
}

/** A step of lists: item `i` of this level has items `offsets[i]` up to `offsets[i + 1] - 1` of the next. */
export interface ListLevel {
  readonly offsets: Int32Array;
}

/** A step of arrays: item `i` of this level has the `size` items from `i * size` on of the next. */
export interface ArrayLevel {
  readonly size: number;
}

/** One step from the entries of a column to its values. */
export type ColumnLevel = (ListLevel & { readonly size?: never }) | (ArrayLevel & { readonly offsets?: never });

/** Lists and arrays in each other: `levels` leads from the entries to the values, the outermost first. */
interface NestedColumn<E extends ElementType, Brackets extends string> {
  readonly values: ElementArray<E>;
  readonly levels: LevelsOf<Brackets>;
}

type LevelsOf<Brackets extends string> = Brackets extends `[]${infer Inner}`
  ? readonly [ListLevel, ...LevelsOf<Inner>]
  : Brackets extends `[${number}]${infer Inner}`
    ? readonly [ArrayLevel, ...LevelsOf<Inner>]
    : readonly [];

/** What a batch holds for a column of the given type. */
export type ColumnOf<T extends ColumnType> = T extends ElementType
  ? ScalarColumn<T>
  : T extends `${infer E extends ElementType}[]`
    ? JaggedColumn<E>
    : T extends `${infer E extends ElementType}[${number}]`
      ? FixedColumn<E>
      : T extends `${infer E extends ElementType}[${infer Inner}`
        ? NestedColumn<E, `[${Inner}`>
        : T extends `text[${infer Inner}`
          ? TextColumn & { readonly levels: LevelsOf<`[${Inner}`> }
          : TextColumn;

/** A column whose type is known only at run time, as the reader hands it out. */
export interface Column {
  readonly type: ColumnType;
  readonly values: ElementArray;
  /** Jagged columns, and columns of texts: of the texts' bytes. */
  readonly offsets?: Int32Array;
  /** Fixed-size columns only. */
  readonly size?: number;
  /** Nested columns only. */
  readonly levels?: readonly ColumnLevel[];
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text `index` of a column of texts. Bytes that are no UTF-8 come out as U+FFFD; `values` has them as they are. */
export function textAt({ values, offsets }: TextColumn, index: number): string {
  return utf8.decode(values.subarray(offsets[index], offsets[index + 1]));
}

/** The steps from the entries of any column to its values; to the bytes of its texts, where it has texts. */
export function levelsOf({ offsets, size, levels = [] }: Column): readonly ColumnLevel[] {
  if (offsets !== undefined) return [...levels, { offsets }];
  return size === undefined ? levels : [...levels, { size }];
}

type ElementConstructors = {
  readonly [E in ElementType]: {
    readonly BYTES_PER_ELEMENT: number;
    new (length: number): ElementArrays[E];
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): ElementArrays[E];
  };
};

const CONSTRUCTORS: ElementConstructors = {
  bool: Uint8Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** All element types. */
export const ELEMENT_TYPES = Object.keys(CONSTRUCTORS) as readonly ElementType[];

/** A typed array of `length` zeros. */
export function createElements<E extends ElementType>(element: E, length: number): ElementArray<E> {
  return new CONSTRUCTORS[element](length);
}

/** A view of `length` numbers that stand in `buffer`. */
export function elementsAt<E extends ElementType>(
  element: E,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): ElementArray<E> {
  return new CONSTRUCTORS[element](buffer, byteOffset, length);
}

/** Bytes of one number in memory. */
export function elementBytes(element: ElementType): number {
  return CONSTRUCTORS[element].BYTES_PER_ELEMENT;
}

/** A column type taken apart: `size` is set for `T[n]` only. */
export interface ParsedColumnType {
  /** Of texts: u8, their bytes. */
  readonly element: ElementType;
  readonly text: boolean;
  readonly shape: 'scalar' | 'jagged' | 'fixed' | 'nested';
  readonly size: number | undefined;
  /** The brackets, the outermost first: a list, or the size of an array. */
  readonly levels: readonly ('list' | number)[];
}

const PATTERN = /^(\w+)((?:\[\d*\])*)$/;
const MOST_LEVELS = 32;

/**
 * Takes a column type apart.
 * @throws ConfigError where the text is no column type
 */
export function parseColumnType(type: string): ParsedColumnType {
  const [, name, brackets = ''] = PATTERN.exec(type) ?? [];
  const text = name === 'text';
  const element = text ? 'u8' : ELEMENT_TYPES.find((known) => known === name);
  const levels = [...brackets.matchAll(/\[(\d*)\]/g)].map(([, size]) => (size === '' ? 'list' : Number(size)));
  const wrongSize = levels.some((size) => size !== 'list' && !(size >= 1 && size <= 0x7fffffff));
  const inRow = levels.some((size, i) => size !== 'list' && typeof levels[i + 1] === 'number');
  if (element === undefined || wrongSize || inRow || levels.length > MOST_LEVELS) {
    const hint = inRow
      ? 'Sizes that follow each other are one: f32[12] instead of f32[3][4].'
      : `Types are ${ELEMENT_TYPES.join(', ')} and text, each also as f32[] (jagged), f32[3] (fixed size), f32[][] and so on.`;
    throw new ConfigError(`'${type}' is not a column type`, { hint });
  }
  const [outer] = levels;
  const size = !text && levels.length === 1 && outer !== 'list' ? outer : undefined;
  const shape = levels.length > 1 || (text && levels.length === 1) ? 'nested' : outer === undefined ? 'scalar' : size ? 'fixed' : 'jagged';
  return { element, text, shape, size, levels };
}

/** The column type of values behind lists and arrays, the outermost first; sizes that follow each other become one. */
export function formatColumnType(value: ElementType | 'text', levels: readonly ('list' | number)[]): ColumnType {
  const merged = mergeSizes(
    levels,
    (size) => (size === 'list' ? undefined : size),
    (size) => size,
  );
  return `${value}${merged.map((size) => (size === 'list' ? '[]' : `[${size}]`)).join('')}` as ColumnType;
}

/** A column of the given type from all steps to its values; the last one, if it holds texts, leads to their bytes. */
export function makeColumn(type: ColumnType, values: ElementArray, steps: readonly ColumnLevel[]): Column {
  const { shape, text } = parseColumnType(type);
  const merged = mergeSizes(
    steps,
    ({ size }) => size,
    (size): ColumnLevel => ({ size }),
  );
  const last = merged.at(-1);
  const levels = text ? merged.slice(0, -1) : merged;
  if (shape === 'nested') return { type, values, levels, ...(text && last?.offsets && { offsets: last.offsets }) };
  return { type, values, ...last };
}

/** Arrays of arrays as arrays. */
function mergeSizes<T>(levels: readonly T[], sizeOf: (level: T) => number | undefined, level: (size: number) => T): T[] {
  const merged: T[] = [];
  for (const next of levels) {
    const [inner, outer] = [sizeOf(next), merged.length === 0 ? undefined : sizeOf(merged.at(-1) as T)];
    if (inner === undefined || outer === undefined) merged.push(next);
    else merged[merged.length - 1] = level(outer * inner);
  }
  return merged;
}

/** True if `text` is a column type. */
export function isColumnType(text: unknown): text is ColumnType {
  if (typeof text !== 'string') return false;
  try {
    parseColumnType(text);
    return true;
  } catch {
    return false;
  }
}
