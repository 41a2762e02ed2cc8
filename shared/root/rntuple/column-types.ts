/** The column types of the specification: what the elements of a page are and how their bytes are arranged. */
import type { ElementType } from '../column-type.ts';

export interface Encoding {
  /** What the elements are by themselves; a field may hold them in another type. */
  readonly element: ElementType;
  /**
   * plain: numbers as they are, bit: packed, half: 16-bit floats, truncated: floats without their last bits,
   * quantised: whole numbers over a range. index: numbers that end lists.
   */
  readonly kind: 'plain' | 'bit' | 'half' | 'truncated' | 'quantised' | 'index';
  /** First all first bytes, then all second bytes ... */
  readonly split: boolean;
  /** What was done to the numbers before that. */
  readonly transform: 'none' | 'zigzag' | 'delta';
  /** Least and most bits of an element. */
  readonly bits: readonly [number, number];
}

function encoding(
  element: ElementType,
  bits: number | readonly [number, number],
  { kind = 'plain', split = false, transform = 'none' }: Partial<Pick<Encoding, 'kind' | 'split' | 'transform'>> = {},
): Encoding {
  return { element, kind, split, transform, bits: typeof bits === 'number' ? [bits, bits] : bits };
}

const SPLIT = { split: true } as const;
const ZIGZAG = { split: true, transform: 'zigzag' } as const;

/** By the code of the type. 0x10 (Switch, of variants) is not here. */
const ENCODINGS: Readonly<Record<number, Encoding>> = {
  0: encoding('bool', 1, { kind: 'bit' }),
  1: encoding('u8', 8),
  2: encoding('i8', 8),
  3: encoding('i8', 8),
  4: encoding('u8', 8),
  5: encoding('i16', 16),
  6: encoding('u16', 16),
  7: encoding('i32', 32),
  8: encoding('u32', 32),
  9: encoding('i64', 64),
  10: encoding('u64', 64),
  11: encoding('f32', 16, { kind: 'half' }),
  12: encoding('f32', 32),
  13: encoding('f64', 64),
  14: encoding('u32', 32, { kind: 'index' }),
  15: encoding('u64', 64, { kind: 'index' }),
  17: encoding('i16', 16, ZIGZAG),
  18: encoding('u16', 16, SPLIT),
  19: encoding('i32', 32, ZIGZAG),
  20: encoding('u32', 32, SPLIT),
  21: encoding('i64', 64, ZIGZAG),
  22: encoding('u64', 64, SPLIT),
  23: encoding('f32', 16, { kind: 'half', ...SPLIT }),
  24: encoding('f32', 32, SPLIT),
  25: encoding('f64', 64, SPLIT),
  26: encoding('u32', 32, { kind: 'index', split: true, transform: 'delta' }),
  27: encoding('u64', 64, { kind: 'index', split: true, transform: 'delta' }),
  28: encoding('f32', [10, 31], { kind: 'truncated' }),
  29: encoding('f32', [1, 32], { kind: 'quantised' }),
};

/** The encoding of a column; undefined for a type that is not known, or with a number of bits that it cannot have. */
export function encodingOf({ type, bits }: { readonly type: number; readonly bits: number }): Encoding | undefined {
  const found = ENCODINGS[type];
  return found !== undefined && bits >= found.bits[0] && bits <= found.bits[1] ? found : undefined;
}

/** C++ types of fields with one column, without `std::` and `_t`. */
const FIELD_ELEMENTS: Readonly<Record<string, ElementType>> = {
  bool: 'bool',
  byte: 'u8',
  char: 'i8',
  int8: 'i8',
  uint8: 'u8',
  int16: 'i16',
  uint16: 'u16',
  int32: 'i32',
  uint32: 'u32',
  int64: 'i64',
  uint64: 'u64',
  float: 'f32',
  double: 'f64',
};

/** The type that a field's values have in memory; undefined for a type that is not a number. */
export function fieldElement(typeName: string): ElementType | undefined {
  const name = /^(?:std::)?(\w+?)(?:_t)?$/.exec(typeName)?.[1];
  return name !== undefined && Object.hasOwn(FIELD_ELEMENTS, name) ? FIELD_ELEMENTS[name] : undefined;
}
