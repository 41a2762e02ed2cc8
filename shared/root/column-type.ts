/**
 * The types a column can have and the typed arrays that hold them. `f32` is one number an entry, `f32[]` a list an entry
 * (jagged), `f32[3]` a fixed number an entry. Pure: analyses and browsers load it.
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

/** `T`, `T[]` (jagged) or `T[n]` (fixed size). */
export type ColumnType = ElementType | `${ElementType}[]` | `${ElementType}[${number}]`;

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

/** What a batch holds for a column of the given type. */
export type ColumnOf<T extends ColumnType> = T extends ElementType
  ? ScalarColumn<T>
  : T extends `${infer E extends ElementType}[]`
    ? JaggedColumn<E>
    : T extends `${infer E extends ElementType}[${number}]`
      ? FixedColumn<E>
      : never;

/** A column whose type is known only at run time, as the reader hands it out. */
export interface Column {
  readonly type: ColumnType;
  readonly values: ElementArray;
  /** Jagged columns only. */
  readonly offsets?: Int32Array;
  /** Fixed-size columns only. */
  readonly size?: number;
}

type ElementConstructors = {
  readonly [E in ElementType]: {
    readonly BYTES_PER_ELEMENT: number;
    new (length: number): ElementArrays[E];
    new (buffer: ArrayBuffer, byteOffset: number, length: number): ElementArrays[E];
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
export function elementsAt<E extends ElementType>(element: E, buffer: ArrayBuffer, byteOffset: number, length: number): ElementArray<E> {
  return new CONSTRUCTORS[element](buffer, byteOffset, length);
}

/** Bytes of one number in memory. */
export function elementBytes(element: ElementType): number {
  return CONSTRUCTORS[element].BYTES_PER_ELEMENT;
}

/** A column type taken apart: `size` is set for `T[n]` only. */
export interface ParsedColumnType {
  readonly element: ElementType;
  readonly shape: 'scalar' | 'jagged' | 'fixed';
  readonly size: number | undefined;
}

const PATTERN = /^(\w+)(?:\[(\d*)\])?$/;

/**
 * Takes a column type apart.
 * @throws ConfigError where the text is no column type
 */
export function parseColumnType(text: string): ParsedColumnType {
  const [, name, bracket] = PATTERN.exec(text) ?? [];
  const element = ELEMENT_TYPES.find((type) => type === name);
  const size = Number(bracket);
  if (element === undefined || (bracket !== undefined && bracket !== '' && !(size >= 1 && size <= 0x7fffffff))) {
    const hint = `Types are ${ELEMENT_TYPES.join(', ')}, each also as f32[] (jagged) or f32[3] (fixed size).`;
    throw new ConfigError(`'${text}' is not a column type`, { hint });
  }
  if (bracket === undefined) return { element, shape: 'scalar', size: undefined };
  return bracket === '' ? { element, shape: 'jagged', size: undefined } : { element, shape: 'fixed', size };
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
