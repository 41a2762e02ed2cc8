/** Bytes of a page -> numbers. Pages are little-endian, and so are the machines that JavaScript runs on. */
import { RootFormatError, UnsupportedError } from '../../errors.ts';
import { createElements, type ElementArray, type ElementType, elementBytes } from '../column-type.ts';
import { type Encoding, encodingOf } from './column-types.ts';
import type { ColumnRecord } from './schema.ts';

const CHAR = 0x02;

/** Bytes of a page of this many elements. */
export function pageBytes({ bits }: Pick<ColumnRecord, 'bits'>, elements: number): number {
  return Math.ceil((elements * bits) / 8);
}

/** The encoding of a column that is to be read. @throws UnsupportedError where it is not known */
export function knownEncoding(column: ColumnRecord): Encoding {
  const encoding = encodingOf(column);
  if (encoding === undefined) throw new UnsupportedError(`columns of type 0x${column.type.toString(16)} with ${column.bits} bits`);
  return encoding;
}

/**
 * Decodes the `count` elements of a page into `out` from `at` on, as numbers of type `element`.
 * @throws RootFormatError where a number does not fit into `element`
 */
export function decodePage(
  column: ColumnRecord,
  bytes: Uint8Array,
  count: number,
  element: ElementType,
  out: ElementArray,
  at: number,
): void {
  const encoding = knownEncoding(column);
  // Characters are bytes, with or without a sign.
  const same = encoding.element === element || (column.type === CHAR && elementBytes(element) === 1);
  if (encoding.kind === 'plain' && same) {
    plainElements(encoding, bytes, out, at);
    return;
  }
  const packed = encoding.kind === 'truncated' || encoding.kind === 'quantised';
  const elements = packed ? packedFloats(column, encoding, bytes, count) : wideElements(encoding, bytes, count);
  convert(elements, encoding.element, element, out, at);
}

/** Decodes a page of an index column: where lists end, counted from the beginning of the cluster. */
export function decodeIndexPage(column: ColumnRecord, bytes: Uint8Array, count: number, out: Float64Array, at: number): void {
  const encoding = knownEncoding(column);
  if (encoding.kind !== 'index') throw new UnsupportedError(`lists that end where a column of type 0x${column.type.toString(16)} says`);
  const width = elementBytes(encoding.element);
  const plain = new Uint8Array(count * width);
  joinBytes(encoding, bytes, plain, width);
  const words = new Uint32Array(plain.buffer);
  const delta = encoding.transform === 'delta';
  let last = 0;
  for (let i = 0; i < count; i++) {
    const value = width === 4 ? words[i]! : words[2 * i]! + words[2 * i + 1]! * 2 ** 32;
    last = delta ? last + value : value;
    out[at + i] = last;
  }
}

function plainElements(encoding: Encoding, bytes: Uint8Array, out: ElementArray, at: number): void {
  const width = out.BYTES_PER_ELEMENT;
  const place = new Uint8Array(out.buffer, out.byteOffset + at * width, bytes.length);
  joinBytes(encoding, bytes, place, width);
  if (encoding.transform === 'zigzag') undoZigzag(place, width);
}

/** Elements of an encoding in its own type. */
function wideElements(encoding: Encoding, bytes: Uint8Array, count: number): ElementArray {
  if (encoding.kind === 'bit') return Uint8Array.from({ length: count }, (_, i) => ((bytes[i >> 3] as number) >> (i & 7)) & 1);
  if (encoding.kind === 'half') {
    const halves = new Uint16Array(count);
    joinBytes(encoding, bytes, new Uint8Array(halves.buffer), 2);
    return Float32Array.from(halves, halfToNumber);
  }
  const elements = createElements(encoding.element, count);
  plainElements(encoding, bytes, elements, 0);
  return elements;
}

/** Brings the bytes of each element together. `out` begins where its numbers may. */
function joinBytes({ split }: Encoding, bytes: Uint8Array, out: Uint8Array, width: number): void {
  if (!split || width === 1) {
    out.set(bytes);
    return;
  }
  const count = out.length / width;
  if (width === 2) {
    const words = new Uint16Array(out.buffer, out.byteOffset, count);
    // A page has just as many bytes as its elements need.
    for (let i = 0; i < count; i++) words[i] = bytes[i]! | (bytes[i + count]! << 8);
    return;
  }
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length / 4);
  for (let word = 0; word < width / 4; word++) joinWords(bytes.subarray(word * 4 * count), count, words.subarray(word), width / 4);
}

/** Writes every `step`th word out of four stretches of bytes. */
function joinWords(bytes: Uint8Array, count: number, words: Uint32Array, step: number): void {
  const [second, third, fourth] = [count, 2 * count, 3 * count];
  for (let i = 0, to = 0; i < count; i++, to += step) {
    words[to] = bytes[i]! | (bytes[i + second]! << 8) | (bytes[i + third]! << 16) | (bytes[i + fourth]! << 24);
  }
}

/** 0, -1, 1, -2 ... from 0, 1, 2, 3 ... */
function undoZigzag(bytes: Uint8Array, width: number): void {
  const { buffer, byteOffset, byteLength } = bytes;
  if (width === 2) {
    const numbers = new Uint16Array(buffer, byteOffset, byteLength / 2);
    for (let i = 0; i < numbers.length; i++) numbers[i] = ((numbers[i] as number) >>> 1) ^ -((numbers[i] as number) & 1);
    return;
  }
  const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  const step = width / 4;
  for (let i = 0; i < words.length; i += step) {
    const low = words[i] as number;
    const high = step === 2 ? (words[i + 1] as number) : 0;
    const sign = -(low & 1);
    words[i] = ((low >>> 1) | (high << 31)) ^ sign;
    if (step === 2) words[i + 1] = (high >>> 1) ^ sign;
  }
}

/** The number that 16 bits of IEEE-754 stand for. */
function halfToNumber(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Floats of any number of bits, one behind the other. */
function packedFloats({ bits, min, max }: ColumnRecord, { kind }: Encoding, bytes: Uint8Array, count: number): Float32Array | Float64Array {
  const numbers = unpackBits(bytes, bits, count);
  if (kind === 'truncated') {
    const words = Uint32Array.from(numbers, (number) => number * 2 ** (32 - bits));
    return new Float32Array(words.buffer);
  }
  const step = (max - min) / (2 ** bits - 1);
  return numbers.map((number) => min + number * step);
}

/** Whole numbers of `bits` bits, the lowest first. */
function unpackBits(bytes: Uint8Array, bits: number, count: number): Float64Array {
  const numbers = new Float64Array(count);
  const range = 2 ** bits;
  // Below 2^39: exact.
  let held = 0;
  let heldBits = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    for (; heldBits < bits; heldBits += 8) held += (bytes[next++] as number) * 2 ** heldBits;
    numbers[i] = held % range;
    held = Math.floor(held / range);
    heldBits -= bits;
  }
  return numbers;
}

const WHOLE: Readonly<Partial<Record<ElementType, readonly [number, number]>>> = {
  i8: [-(2 ** 7), 2 ** 7 - 1],
  u8: [0, 2 ** 8 - 1],
  i16: [-(2 ** 15), 2 ** 15 - 1],
  u16: [0, 2 ** 16 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
};

function isFloat(element: ElementType): boolean {
  return element === 'f32' || element === 'f64';
}

/** True if a field of one type may be stored in a column of another. */
export function canConvert(from: ElementType, to: ElementType): boolean {
  return isFloat(from) === isFloat(to);
}

/** Puts numbers of one type into an array of another, which has the same kind of numbers. */
function convert(elements: ElementArray, from: ElementType, to: ElementType, out: ElementArray, at: number): void {
  if (to === 'bool') {
    for (let i = 0; i < elements.length; i++) out[at + i] = Number(elements[i]) === 0 ? 0 : 1;
  } else if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    for (let i = 0; i < elements.length; i++) {
      const value = BigInt(elements[i] as number | bigint);
      out[at + i] = value;
      if (out[at + i] !== value) throw doesNotFit(value, from, to);
    }
  } else {
    const [lowest, highest] = WHOLE[to] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < elements.length; i++) {
      const value = Number(elements[i]);
      if (value < lowest || value > highest) throw doesNotFit(value, from, to);
      out[at + i] = value;
    }
  }
}

function doesNotFit(value: number | bigint, from: ElementType, to: ElementType): RootFormatError {
  return new RootFormatError(`${value}, stored as ${from}, is no ${to}`);
}
