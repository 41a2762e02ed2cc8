/**
 * What a branch holds, from its class, its leaves and the file's class descriptions. Everything else builds on this
 * choice, so whatever is not known exactly is refused here with its reason.
 */
import type { ColumnType, ElementType } from './column-type.ts';
import { list, type Members, number, object, text } from './members.ts';
import type { RootObject } from './object-reader.ts';
import type { StreamerCatalogue } from './streamer-info.ts';

/** How the bytes of an entry become numbers. */
export interface Layout {
  readonly element: ElementType;
  /**
   * fixed: `size` numbers an entry. counted: numbers one after the other behind `headerBytes` bytes an entry.
   * vector: an std::vector with its 10-byte header (byte count, version, length).
   */
  readonly kind: 'fixed' | 'counted' | 'vector';
  readonly size: number;
  readonly headerBytes: number;
}

/** C++ type for people, and the layout or the reason why there is none. */
export interface BranchType {
  readonly cppType: string;
  readonly layout?: Layout;
  readonly unsupported?: string;
}

/** std::vector<T> in an entry: byte count 4, version 2, length 4. */
export const VECTOR_HEADER_BYTES = 10;

/** TLeaf classes; the second name is for unsigned leaves. */
const LEAVES: Readonly<Record<string, readonly [ElementType, ElementType]>> = {
  TLeafO: ['bool', 'bool'],
  TLeafB: ['i8', 'u8'],
  TLeafS: ['i16', 'u16'],
  TLeafI: ['i32', 'u32'],
  TLeafL: ['i64', 'u64'],
  TLeafG: ['i64', 'u64'],
  TLeafF: ['f32', 'f32'],
  TLeafD: ['f64', 'f64'],
};

/**
 * Streamer type codes of numbers. 6 (a counter) is int or unsigned as declared; 9 and 19
 * (Double32_t, Float16_t) are packed, and 15 (TObject's bits) may have a process id behind it: these are not read.
 */
const BASIC_CODES: Readonly<Record<number, ElementType>> = {
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
const COUNTER = 6;
const FIXED_ARRAY = 20;
const COUNTED_ARRAY = 40;

const CPP_ELEMENTS: Readonly<Record<string, ElementType>> = {
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

const CPP_NAMES: Readonly<Record<ElementType, string>> = {
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

/** The column type of a layout. */
export function columnTypeOf({ kind, element, size }: Layout): ColumnType {
  if (kind !== 'fixed') return `${element}[]`;
  return size === 1 ? element : `${element}[${size}]`;
}

/** Chooses the type of a branch that holds data (one without sub-branches). */
export function branchType(branch: RootObject, streamers: StreamerCatalogue): BranchType {
  const { members } = branch;
  const leaves = list(members, 'fLeaves').filter((leaf) => leaf !== undefined);
  if (branch.unreadable !== undefined) return { cppType: branch.className, unsupported: branch.unreadable };
  if (branch.className === 'TBranch') return leafType(members, leaves);
  if (branch.className === 'TBranchElement') return elementType(members, leaves, streamers);
  return { cppType: text(members, 'fClassName') || branch.className, unsupported: `branches of class ${branch.className} are not read` };
}

function leafType(members: Members, leaves: readonly RootObject[]): BranchType {
  const [leaf] = leaves;
  if (leaf === undefined) return { cppType: 'void', unsupported: 'it has no leaf' };
  if (leaves.length > 1)
    return { cppType: `struct {${text(members, 'fTitle')}}`, unsupported: 'a leaf list with several leaves is not read' };
  const element = LEAVES[leaf.className]?.[number(leaf.members, 'fIsUnsigned') === 0 ? 0 : 1];
  if (element === undefined)
    return {
      cppType: leaf.className === 'TLeafC' ? 'char*' : leaf.className,
      unsupported: `leaves of class ${leaf.className} are not read`,
    };
  const size = number(leaf.members, 'fLen');
  const cpp = CPP_NAMES[element];
  if (object(leaf.members, 'fLeafCount') === undefined) return fixed(element, size, `${cpp}${dimensions(leaf, size)}`);
  if (size !== 1) return { cppType: `${cpp}[]${dimensions(leaf, size)}`, unsupported: 'a list of arrays is not read' };
  return { cppType: `${cpp}[]`, layout: { kind: 'counted', element, size: 1, headerBytes: 0 } };
}

/** `[3][4]` as the leaf's title has it, where that agrees with its length. */
function dimensions(leaf: RootObject, size: number): string {
  const brackets = text(leaf.members, 'fTitle').match(/\[\d+\]/g) ?? [];
  const product = brackets.reduce((all, bracket) => all * Number(bracket.slice(1, -1)), 1);
  if (product === size && brackets.length > 0) return brackets.join('');
  return size === 1 ? '' : `[${size}]`;
}

function fixed(element: ElementType, size: number, cppType: string): BranchType {
  if (size < 1) return { cppType, unsupported: `its leaf has length ${size}` };
  return { cppType, layout: { kind: 'fixed', element, size, headerBytes: 0 } };
}

function elementType(members: Members, leaves: readonly RootObject[], streamers: StreamerCatalogue): BranchType {
  const kind = number(members, 'fType');
  const code = number(members, 'fStreamerType');
  const size = leaves[0] === undefined ? 1 : number(leaves[0].members, 'fLen');
  const className = text(members, 'fClassName');
  const typeName = memberTypeName(members, className, streamers);
  const scalar = code === COUNTER ? CPP_ELEMENTS[typeName] : BASIC_CODES[code];
  if (kind === 31 || kind === 41) return collectionMember(scalar, `${className}::${text(members, 'fName')}`, size);
  if (kind !== 0) return { cppType: className, unsupported: `objects of class ${className} are not read` };
  if (scalar !== undefined) return fixed(scalar, size, CPP_NAMES[scalar]);
  const array = BASIC_CODES[code - FIXED_ARRAY];
  if (array !== undefined) return fixed(array, size, `${CPP_NAMES[array]}[${size}]`);
  const counted = BASIC_CODES[code - COUNTED_ARRAY];
  if (counted !== undefined)
    return { cppType: `${CPP_NAMES[counted]}[]`, layout: { kind: 'counted', element: counted, size: 1, headerBytes: 1 } };
  return vectorType(typeName);
}

/** A number that every object of a split collection has: a list an entry. */
function collectionMember(element: ElementType | undefined, name: string, size: number): BranchType {
  if (element === undefined || size !== 1)
    return { cppType: `${name}[]`, unsupported: 'this kind of member of a split collection is not read' };
  return { cppType: `${CPP_NAMES[element]}[]`, layout: { kind: 'counted', element, size: 1, headerBytes: 0 } };
}

/** The class of a top-level object, or of the member of its parent that the branch holds. */
function memberTypeName(members: Members, className: string, streamers: StreamerCatalogue): string {
  const id = number(members, 'fID');
  if (id < 0) return className;
  const info = streamers.find(className, number(members, 'fClassVersion'));
  return info?.elements[id]?.typeName || className || 'an unknown class';
}

function vectorType(cppType: string): BranchType {
  const inner = /^(?:std::)?vector<\s*(.*?)\s*>$/.exec(cppType)?.[1];
  const element = inner === undefined ? undefined : CPP_ELEMENTS[inner];
  if (element === undefined) return { cppType, unsupported: `values of class ${cppType} are not read` };
  return { cppType: `std::vector<${CPP_NAMES[element]}>`, layout: { kind: 'vector', element, size: 1, headerBytes: VECTOR_HEADER_BYTES } };
}
