/**
 * Histograms as bytes, for messages and for the ledger. Canonical: equal bins, entries and exact sums give equal bytes,
 * whatever the order of fills and merges was; and only such bytes are accepted.
 *
 * Layout: "HFH", version 1, the axes' bins, then the cells in C order. A whole number is a LEB128 varint.
 * - axis: kind 0 (regular): bins, lo and hi as float64; 1 (variable): number of edges, the edges; 2 (category): number,
 *   then each name's length and UTF-8 bytes. Names, labels and units of axes are not in it.
 * - cell: entries; where 0, the length of the run of empty cells; otherwise the sums of w and w².
 * - sum: 2 × byte length + (1 if negative); if not 0 the number of zero bytes left out at the low end, then the
 *   bytes of |sum| in units of 2^-1074, least significant first, the first and the last of them not zero.
 */
import { MessageError } from '../errors.ts';
import type { Axis } from './axis.ts';
import { type ExactSums, firstLimb, lastLimb, MAGNITUDE_LIMBS } from './exact-sums.ts';
import type { Histogram } from './histogram.ts';

const VERSION = 1;
/** 2^53 fills of the largest double need no more. */
const MAX_SUM_BYTES = 269;
/** Sums of no more bytes are added as two doubles, where the units of neither are past the largest double. */
const SHORT_BYTES = 8;
const SHORT_END = 250;
/** 256^i units of 2^-1074. */
const UNITS = Float64Array.from({ length: SHORT_END + 4 }, (_, i) => 2 ** (8 * i - 1074));
/** Doubles below it are whole numbers of less than 2^60 in one of these units. */
const SHORT_LIMIT = UNITS[SHORT_END]!;
/** Scratch. */
const limbs = new Uint32Array(MAGNITUDE_LIMBS);
const HINT = 'The bytes are damaged, or were made by another version or for another histogram.';

/** @throws AnalysisError if the sums are past anything that doubles can add up to. */
export function encodeHistogram(histogram: Histogram): Uint8Array {
  const header = headerOf(histogram.axes);
  const writer = new ByteWriter();
  for (const byte of header) writer.byte(byte);
  const { entries, sumw, sumw2 } = histogram.exact();
  let empty = 0;
  for (let cell = 0; cell <= histogram.cells; cell++) {
    const count = entries[cell];
    if (count === 0) {
      empty += 1;
      continue;
    }
    if (empty > 0) {
      writer.varint(0);
      writer.varint(empty);
      empty = 0;
    }
    if (count === undefined) break;
    writer.varint(count);
    writeSum(writer, sumw, cell);
    writeSum(writer, sumw2, cell);
  }
  return writer.bytes();
}

/**
 * Adds the fills of an encoded histogram to one with the same axes; exactly. Memory is bounded by the axes, never by what
 * the bytes say.
 *
 * @throws MessageError if the bytes are not what `encodeHistogram` writes for a histogram with these bins; a part of them
 * may have been added then.
 */
export function addEncoded(histogram: Histogram, bytes: Uint8Array): void {
  const { axes, cells } = histogram;
  const reader = new ByteReader(bytes, axes);
  reader.expect(headerOf(axes));
  const { entries, sumw, sumw2 } = histogram.exact();
  let afterRun = false;
  for (let cell = 0; cell < cells; ) {
    const count = reader.varint();
    if (count === 0) {
      const run = reader.varint();
      if (afterRun || run < 1 || run > cells - cell) throw reader.fault('a run of empty cells is wrong');
      afterRun = true;
      cell += run;
      continue;
    }
    afterRun = false;
    // In range: below `cells`.
    entries[cell]! += count;
    addSum(reader, sumw, cell);
    if (addSum(reader, sumw2, cell) < 0) throw reader.fault('a sum of squares is negative');
    cell += 1;
  }
  if (!reader.atEnd) throw reader.fault('there are bytes after the last cell');
}

function writeHeader(writer: ByteWriter, axes: readonly Axis[]): void {
  for (const char of 'HFH') writer.byte(char.charCodeAt(0));
  writer.byte(VERSION);
  writer.varint(axes.length);
  for (const axis of axes) {
    if (axis.type === 'regular') {
      writer.byte(0);
      writer.varint(axis.bins);
      writer.float64(axis.lo);
      writer.float64(axis.hi);
    } else if (axis.type === 'variable') {
      writer.byte(1);
      writer.varint(axis.edges.length);
      for (const edge of axis.edges) writer.float64(edge);
    } else {
      writer.byte(2);
      writer.varint(axis.categories.length);
      for (const text of axis.categories) {
        const utf8 = new TextEncoder().encode(text);
        writer.varint(utf8.length);
        for (const byte of utf8) writer.byte(byte);
      }
    }
  }
}

/** Axes do not change, and a run's are the same for each partial. */
const headers = new WeakMap<readonly Axis[], Uint8Array>();

function headerOf(axes: readonly Axis[]): Uint8Array {
  const known = headers.get(axes);
  if (known !== undefined) return known;
  const writer = new ByteWriter();
  writeHeader(writer, axes);
  const header = writer.bytes();
  headers.set(axes, header);
  return header;
}

function writeSum(writer: ByteWriter, sums: ExactSums, cell: number): void {
  const double = sums.asDouble(cell);
  if (double !== undefined && Math.abs(double) < SHORT_LIMIT) {
    writeDouble(writer, double);
    return;
  }
  const sign = sums.magnitude(cell, limbs);
  if (sign === 0) writer.varint(0);
  else writeLimbs(writer, sign, 0, firstLimb(limbs, sums.lowestLimb), lastLimb(limbs, sums.limbsEnd));
}

/** A sum that is a double of less than SHORT_LIMIT: no more than two limbs, of as large a unit as there is. */
function writeDouble(writer: ByteWriter, value: number): void {
  if (value === 0) {
    writer.varint(0);
    return;
  }
  number.setFloat64(0, Math.abs(value));
  const high = number.getUint32(0);
  const low = number.getUint32(4);
  const exponent = high >>> 20;
  // Subnormals have the units of exponent 1 and no hidden bit.
  const position = exponent === 0 ? 0 : exponent - 1;
  const top = exponent === 0 ? high : (high & 0xfffff) | 0x100000;
  const unit = position >>> 3;
  const shift = position & 7;
  limbs[0] = low << shift;
  // Two steps: JavaScript would take `>>> 32` as `>>> 0`.
  limbs[1] = (top << shift) | ((low >>> 1) >>> (31 - shift));
  writeLimbs(writer, value < 0 ? -1 : 1, unit, limbs[0] === 0 ? 1 : 0, limbs[1] === 0 ? 0 : 1);
}

/** Writes the bytes of the scratch limbs from `first` to `last`, which are not 0, without the zeros around them; `unit` as in `UNITS`. */
function writeLimbs(writer: ByteWriter, sign: -1 | 1, unit: number, first: number, last: number): void {
  const lowest = limbs[first]!;
  const trailingZeros = 31 - Math.clz32(lowest & -lowest);
  const from = 4 * first + (trailingZeros >>> 3);
  const to = 4 * last + 4 - (Math.clz32(limbs[last]!) >>> 3);
  writer.varint(2 * (to - from) + (sign < 0 ? 1 : 0));
  writer.varint(unit + from);
  for (let i = from; i < to; i++) writer.byte((limbs[i >>> 2]! >>> (8 * (i & 3))) & 0xff);
}

/** Reads a sum, adds it to a cell and returns its sign. */
function addSum(reader: ByteReader, sums: ExactSums, cell: number): -1 | 0 | 1 {
  const lengthAndSign = reader.varint();
  if (lengthAndSign === 0) return 0;
  const length = Math.floor(lengthAndSign / 2);
  const from = reader.varint();
  if (length === 0 || length + from > MAX_SUM_BYTES) throw reader.fault('a sum is too long');
  const sign = lengthAndSign % 2 === 1 ? -1 : 1;
  const isShort = length <= SHORT_BYTES && from < SHORT_END;
  const shift = isShort ? 0 : from;
  if (isShort) limbs[0] = limbs[1] = 0;
  else limbs.fill(0);
  for (let i = 0; i < length; i++) {
    const byte = reader.byte();
    if (byte === 0 && (i === 0 || i === length - 1)) throw reader.fault('a sum is not in its shortest form');
    // In range: below MAX_SUM_BYTES, which is below 4 * MAGNITUDE_LIMBS.
    limbs[(shift + i) >>> 2]! |= byte << (8 * ((shift + i) & 3));
  }
  if (!isShort) sums.addMagnitude(cell, sign, limbs);
  else {
    // Two doubles, both exact: a short sum is added as fills are.
    sums.add(cell, sign * limbs[0]! * UNITS[from]!);
    if (length > 4) sums.add(cell, sign * limbs[1]! * UNITS[from + 4]!);
  }
  return sign;
}

/** Room that writers use one after the other. */
let room = new Uint8Array(4096);
const number = new DataView(new ArrayBuffer(8));

/** One at a time. */
class ByteWriter {
  #length = 0;

  byte(value: number): void {
    if (this.#length === room.length) {
      const longer = new Uint8Array(2 * this.#length);
      longer.set(room);
      room = longer;
    }
    room[this.#length++] = value;
  }

  /** A whole number 0..2^53-1, seven bits a byte. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  float64(value: number): void {
    // `+ 0`: an edge of -0 is the same edge as 0.
    number.setFloat64(0, value + 0, true);
    for (let i = 0; i < 8; i++) this.byte(number.getUint8(i));
  }

  bytes(): Uint8Array {
    return room.slice(0, this.#length);
  }
}

class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #axes: readonly Axis[];
  #offset = 0;

  constructor(bytes: Uint8Array, axes: readonly Axis[]) {
    this.#bytes = bytes;
    this.#axes = axes;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw this.fault('the bytes end too early');
    this.#offset += 1;
    return byte;
  }

  varint(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (value > Number.MAX_SAFE_INTEGER) throw this.fault('a number is too large');
      if (byte < 0x80) {
        if (byte === 0 && unit > 1) throw this.fault('a number is not in its shortest form');
        return value;
      }
      // Zeros in a row would pass the test above for ever.
      if (unit > Number.MAX_SAFE_INTEGER) throw this.fault('a number is too large');
      unit *= 0x80;
    }
  }

  expect(header: Uint8Array): void {
    for (const byte of header) if (this.byte() !== byte) throw this.fault('this is not a histogram with these bins');
  }

  fault(reason: string): MessageError {
    const object = this.#axes.map(({ name }) => name).join(' × ');
    return new MessageError(reason, { object, offset: this.#offset, hint: HINT });
  }
}
