/** ROOT's codes and C++'s names of numbers. */
import type { ElementType } from './column-type.ts';
import type { PackedType } from './objects/packed-float.ts';

/**
 * Streamer type codes of numbers. 6 (a counter) is int or unsigned as declared; 9 and 19
 * (Double32_t, Float16_t) are packed, and 15 (TObject's bits) may have a process id behind it: these are not read.
 */
export const BASIC_CODES: Readonly<Record<number, ElementType>> = {
  1: 'i8',
  2: 'i16',
  3: 'i32',
  4: 'i64',
  5: 'f32',
  8: 'f64',
  11: 'u8',
  12: 'u16',
  13: 'u32',
  14: 'u64',
  16: 'i64',
  17: 'u64',
  18: 'bool',
};
/** An int that counts a list. */
export const COUNTER = 6;
/** Added to the code of a number: an array of a fixed length, or of one that another member counts. */
export const FIXED_ARRAY = 20;
export const COUNTED_ARRAY = 40;

/** Codes of numbers that are packed as the comment behind their member says. */
export const PACKED_CODES: Readonly<Record<number, PackedType>> = { 9: 'Double32_t', 19: 'Float16_t' };

/** Codes of what is no number (TVirtualStreamerInfo::EReadWrite). What a pointer that is always set leads to is stored as a member is. */
export const CODE = {
  charStar: 7,
  object: 61,
  any: 62,
  objectPointerSet: 63,
  objectPointer: 64,
  tString: 65,
  tObject: 66,
  tNamed: 67,
  anyPointerSet: 68,
  anyPointer: 69,
  stl: 300,
  stlString: 365,
  streamer: 500,
} as const;

/** Types of numbers by their names in C++ and in ROOT. */
export const CPP_ELEMENTS: Readonly<Record<string, ElementType>> = {
  bool: 'bool',
  Bool_t: 'bool',
  char: 'i8',
  Char_t: 'i8',
  'signed char': 'i8',
  int8_t: 'i8',
  'unsigned char': 'u8',
  UChar_t: 'u8',
  uint8_t: 'u8',
  short: 'i16',
  Short_t: 'i16',
  int16_t: 'i16',
  'unsigned short': 'u16',
  UShort_t: 'u16',
  uint16_t: 'u16',
  int: 'i32',
  Int_t: 'i32',
  int32_t: 'i32',
  'unsigned int': 'u32',
  unsigned: 'u32',
  UInt_t: 'u32',
  uint32_t: 'u32',
  long: 'i64',
  'long long': 'i64',
  Long_t: 'i64',
  Long64_t: 'i64',
  int64_t: 'i64',
  'unsigned long': 'u64',
  'unsigned long long': 'u64',
  ULong_t: 'u64',
  ULong64_t: 'u64',
  uint64_t: 'u64',
  float: 'f32',
  Float_t: 'f32',
  double: 'f64',
  Double_t: 'f64',
};

/** TLeaf classes; the second type is that of unsigned leaves. */
export const LEAF_ELEMENTS: Readonly<Record<string, readonly [ElementType, ElementType]>> = {
  TLeafO: ['bool', 'bool'],
  TLeafB: ['i8', 'u8'],
  TLeafS: ['i16', 'u16'],
  TLeafI: ['i32', 'u32'],
  TLeafL: ['i64', 'u64'],
  TLeafG: ['i64', 'u64'],
  TLeafF: ['f32', 'f32'],
  TLeafD: ['f64', 'f64'],
};

/** What people call the element types. */
export const CPP_NAMES: Readonly<Record<ElementType, string>> = {
  bool: 'bool',
  i8: 'int8_t',
  u8: 'uint8_t',
  i16: 'int16_t',
  u16: 'uint16_t',
  i32: 'int32_t',
  u32: 'uint32_t',
  i64: 'int64_t',
  u64: 'uint64_t',
  f32: 'float',
  f64: 'double',
};
