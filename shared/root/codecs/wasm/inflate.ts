/**
 * Deflate and zlib streams (RFC 1951, RFC 1950). Bits wait in a 64-bit buffer; far from both ends eight bytes are loaded at
 * once and copies may overshoot, near them every step is checked.
 */
import { adler32 } from './adler';
import { copyMatch, copyMatchExactly } from './copy';
import { buildTable, END, LITERAL, SPECIAL, SUBTABLE } from './huffman';
import {
  BAD_BLOCK,
  BAD_CHECKSUM,
  BAD_CODE,
  BAD_DISTANCE,
  BAD_HEADER,
  BAD_SYMBOL,
  ENDS_EARLY,
  OK,
  TOO_LONG,
  TOO_SHORT,
} from './status';

const ROOT: u32 = 11;
const ROOT_MASK: u32 = (1 << ROOT) - 1;
const DISTANCE_ROOT: u32 = 8;
const DISTANCE_MASK: u32 = (1 << DISTANCE_ROOT) - 1;
const ORDER_ROOT: u32 = 7;
/** The same for a window with two bits below the next one: an entry has four bytes. */
const ROOT_INDEX: usize = <usize>ROOT_MASK << 2;
const DISTANCE_INDEX: usize = <usize>DISTANCE_MASK << 2;
/** Makes the bits of a code two more: then they lead from the end of such a window to the extra bits. */
const BELOW: u32 = 2 << 8;

/** Entries: the largest tables that 288 and 32 symbols with 15 bits can need are 2342 and 402. */
const CAPACITY: u32 = 2400;
const DISTANCE_CAPACITY: u32 = 410;
// @ts-ignore: decorator
@inline
const TABLE: usize = memory.data(2400 * 4, 16);
// @ts-ignore: decorator
@inline
const DISTANCES: usize = memory.data(410 * 4, 16);
const ORDER_TABLE: usize = memory.data(128 * 4, 16);
const PROTOS: usize = memory.data(288 * 4, 16);
const DISTANCE_PROTOS: usize = memory.data(32 * 4, 16);
const ORDER_PROTOS: usize = memory.data(19 * 4, 16);
const LENGTHS: usize = memory.data(512, 16);
/** In which order the lengths of the code for code lengths are stored. */
const ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

for (let symbol: u32 = 0; symbol < 256; symbol++) store<u32>(PROTOS + (symbol << 2), LITERAL | BELOW | (symbol << 16));
store<u32>(PROTOS + (256 << 2), SPECIAL | END);
let base: u32 = 3;
for (let symbol: u32 = 257; symbol < 285; symbol++) {
  const extra: u32 = symbol < 265 ? 0 : (symbol - 261) >> 2;
  store<u32>(PROTOS + (symbol << 2), (base << 16) | BELOW | extra);
  base += 1 << extra;
}
store<u32>(PROTOS + (285 << 2), (258 << 16) | BELOW);
for (let symbol: u32 = 286; symbol < 288; symbol++) store<u32>(PROTOS + (symbol << 2), SPECIAL);
base = 1;
for (let symbol: u32 = 0; symbol < 30; symbol++) {
  const extra: u32 = symbol < 4 ? 0 : (symbol - 2) >> 1;
  store<u32>(DISTANCE_PROTOS + (symbol << 2), (base << 16) | BELOW | extra);
  base += 1 << extra;
}
for (let symbol: u32 = 30; symbol < 32; symbol++) store<u32>(DISTANCE_PROTOS + (symbol << 2), SPECIAL);
for (let symbol: u32 = 0; symbol < 19; symbol++) store<u32>(ORDER_PROTOS + (symbol << 2), symbol << 16);

/** Input: next byte, end, and the buffer with its number of bits. `overrun` counts zero bytes that stand for missing ones. */
let input: usize = 0;
let inputEnd: usize = 0;
let buffer: u64 = 0;
let bits: u32 = 0;
let overrun: u32 = 0;
/** Where the next byte of output goes. */
let output: usize = 0;
/** True while the tables are those of the fixed codes. */
let fixed: bool = false;
/** True where the first `length` bytes are wanted, whatever follows them. */
let partial: bool = false;

/** The most that one round of the fast loop takes: two loads of eight bytes; three literals, a match, its overshoot. */
const FAST_INPUT: usize = 16;
const FAST_OUTPUT: usize = 3 + 258 + 16;

/** Raw deflate: `bytes` bytes at `from` must become exactly `length` at `to`. What follows the stream is not looked at. */
export function inflateRaw(from: usize, bytes: usize, to: usize, length: usize): i32 {
  partial = false;
  return inflate(from, bytes, to, length);
}

/** The first `length` bytes of a zlib stream. The rest is not decoded, so there is no checksum to compare. */
export function inflateStart(from: usize, bytes: usize, to: usize, length: usize): i32 {
  if (!isZlib(from, bytes)) return bytes < 2 ? ENDS_EARLY : BAD_HEADER;
  partial = true;
  return inflate(from + 2, bytes - 2, to, length);
}

function inflate(from: usize, bytes: usize, to: usize, length: usize): i32 {
  input = from;
  inputEnd = from + bytes;
  buffer = 0;
  bits = 0;
  overrun = 0;
  output = to;
  let last: bool = false;
  do {
    refill();
    last = (buffer & 1) !== 0;
    const kind = <u32>(buffer >> 1) & 3;
    consume(3);
    if (isOverrun()) return ENDS_EARLY;
    let status: i32 = BAD_BLOCK;
    if (kind === 0) status = stored(to + length);
    else if (kind !== 3) {
      status = kind === 1 ? fixedTables() : dynamicTables();
      if (status === OK) status = compressed(to, to + length);
    }
    if (status !== OK) return status === CUT ? OK : status;
  } while (!last);
  return output === to + length ? OK : TOO_SHORT;
}

/** A zlib stream; its Adler-32 is checked. */
export function inflateZlib(from: usize, bytes: usize, to: usize, length: usize): i32 {
  if (!isZlib(from, bytes)) return bytes < 2 ? ENDS_EARLY : BAD_HEADER;
  const status = inflateRaw(from + 2, bytes - 2, to, length);
  if (status !== OK) return status;
  unread();
  if (inputEnd - input < 4) return ENDS_EARLY;
  return bswap<u32>(load<u32>(input)) === adler32(to, length) ? OK : BAD_CHECKSUM;
}

/** Deflate with a window of up to 32 KB, and no preset dictionary. */
function isZlib(from: usize, bytes: usize): bool {
  if (bytes < 2) return false;
  const method = <u32>load<u8>(from);
  const flags = <u32>load<u8>(from + 1);
  return (method & 15) === 8 && method >> 4 <= 7 && ((method << 8) | flags) % 31 === 0 && (flags & 0x20) === 0;
}

/** Fills the buffer to 56 bits or more, with zeros where the input ends. */
function refill(): void {
  while (bits < 56) {
    if (input < inputEnd) buffer |= (<u64>load<u8>(input++)) << bits;
    else overrun++;
    bits += 8;
  }
}

// @ts-ignore: decorator
@inline
function consume(count: u32): void {
  buffer >>= count;
  bits -= count;
}

/** Gives a byte back to the input, which has not ended. */
function putBack(): void {
  input--;
  bits -= 8;
  buffer &= (<u64>1 << bits) - 1;
}

/** True once bits were consumed that the input does not have. */
// @ts-ignore: decorator
@inline
function isOverrun(): bool {
  return bits < overrun << 3;
}

/** Gives whole bytes in the buffer back to the input. */
function unread(): void {
  input -= (bits >> 3) - overrun;
  buffer = 0;
  bits = 0;
  overrun = 0;
}

function stored(outputEnd: usize): i32 {
  consume(bits & 7);
  unread();
  if (inputEnd - input < 4) return ENDS_EARLY;
  const length = <u32>load<u16>(input);
  if (length !== (<u32>load<u16>(input + 2) ^ 0xffff)) return BAD_BLOCK;
  input += 4;
  if (inputEnd - input < length) return ENDS_EARLY;
  const room = <u32>(outputEnd - output);
  if (room < length) {
    if (!partial) return TOO_LONG;
    memory.copy(output, input, room);
    return CUT;
  }
  memory.copy(output, input, length);
  input += length;
  output += length;
  return OK;
}

function fixedTables(): i32 {
  if (fixed) return OK;
  fixed = true;
  memory.fill(LENGTHS, 8, 288);
  memory.fill(LENGTHS + 144, 9, 112);
  memory.fill(LENGTHS + 256, 7, 24);
  buildTable(LENGTHS, 288, PROTOS, TABLE, ROOT, CAPACITY, true);
  memory.fill(LENGTHS, 5, 32);
  return buildTable(LENGTHS, 32, DISTANCE_PROTOS, DISTANCES, DISTANCE_ROOT, DISTANCE_CAPACITY, true);
}

/** Reads the codes of a block (section 3.2.7). */
function dynamicTables(): i32 {
  fixed = false;
  refill();
  const literals: u32 = 257 + (<u32>buffer & 31);
  const distances: u32 = 1 + (<u32>(buffer >> 5) & 31);
  const ordered: u32 = 4 + (<u32>(buffer >> 10) & 15);
  consume(14);
  if (literals > 286 || distances > 30) return BAD_CODE;
  memory.fill(LENGTHS, 0, 19);
  for (let i: u32 = 0; i < ordered; i++) {
    refill();
    store<u8>(LENGTHS + <usize>load<u8>(ORDER + i), <u8>(<u32>buffer & 7));
    consume(3);
  }
  if (buildTable(LENGTHS, 19, ORDER_PROTOS, ORDER_TABLE, ORDER_ROOT, 128, false) !== OK) return BAD_CODE;
  const all = literals + distances;
  for (let i: u32 = 0; i < all; ) {
    refill();
    if (isOverrun()) return ENDS_EARLY;
    const entry = load<u32>(ORDER_TABLE + ((<usize>buffer & 127) << 2));
    consume(entry & 63);
    const symbol = entry >> 16;
    if (symbol < 16) {
      store<u8>(LENGTHS + i++, <u8>symbol);
      continue;
    }
    if (symbol === 16 && i === 0) return BAD_CODE;
    const value: u8 = symbol === 16 ? load<u8>(LENGTHS + i - 1) : 0;
    const width: u32 = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    const least: u32 = symbol === 18 ? 11 : 3;
    const count: u32 = least + (<u32>buffer & ((1 << width) - 1));
    consume(width);
    if (count > all - i) return BAD_CODE;
    memory.fill(LENGTHS + i, value, count);
    i += count;
  }
  if (isOverrun()) return ENDS_EARLY;
  if (load<u8>(LENGTHS + 256) === 0) return BAD_CODE;
  const status = buildTable(LENGTHS, literals, PROTOS, TABLE, ROOT, CAPACITY, true);
  if (status !== OK) return status;
  return buildTable(LENGTHS + literals, distances, DISTANCE_PROTOS, DISTANCES, DISTANCE_ROOT, DISTANCE_CAPACITY, true);
}

/** The symbols of a block up to its end: as many as possible the fast way. */
function compressed(outputStart: usize, outputEnd: usize): i32 {
  const status = fast(outputStart, outputEnd);
  return status === MORE ? careful(outputStart, outputEnd) : status;
}

/** Not answers to the outside: the block goes on, but too near to an end for the fast loop; all that is wanted is there. */
const MORE: i32 = -1;
const CUT: i32 = -2;

function fast(outputStart: usize, outputEnd: usize): i32 {
  if (inputEnd - input < FAST_INPUT || outputEnd - output < FAST_OUTPUT) return MORE;
  const lastInput = inputEnd - FAST_INPUT;
  const lastOutput = outputEnd - FAST_OUTPUT;
  if (bits >= 56) putBack();
  let from = input;
  let to = output;
  // Below the next bit are two that mean nothing: so an index needs no shift by the size of an entry.
  let window = buffer << 2;
  let count = bits + 2;
  let status: i32 = MORE;
  // A load fills all 64 bits; `count` says 56 to 63 of them, and what is beyond comes again, the same, with the next load.
  window |= load<u64>(from) << count;
  from += (63 - count) >> 3;
  count |= 56;
  let entry = load<u32>(<usize>window & ROOT_INDEX, TABLE);
  // Entries are looked up as soon as their bits are there, ahead of the load or copy that need not wait for them.
  while (true) {
    if (entry & LITERAL) {
      store<u8>(to, <u8>(entry >> 16));
      window >>= <u64>entry;
      count -= entry & 63;
      to++;
      entry = load<u32>(<usize>window & ROOT_INDEX, TABLE);
      if (entry & LITERAL) {
        store<u8>(to, <u8>(entry >> 16));
        window >>= <u64>entry;
        count -= entry & 63;
        to++;
        entry = load<u32>(<usize>window & ROOT_INDEX, TABLE);
        if (entry & LITERAL) {
          store<u8>(to, <u8>(entry >> 16));
          window >>= <u64>entry;
          count -= entry & 63;
          to++;
          entry = load<u32>(<usize>window & ROOT_INDEX, TABLE);
          if (entry & LITERAL) {
            store<u8>(to, <u8>(entry >> 16));
            window >>= <u64>entry;
            count -= entry & 63;
            to++;
            if (from > lastInput || to > lastOutput) break;
            entry = load<u32>(<usize>window & ROOT_INDEX, TABLE);
            window |= load<u64>(from) << count;
            from += (63 - count) >> 3;
            count |= 56;
            continue;
          }
        }
      }
    }
    // Three literals of a root table took 33 of 56 bits at most: 23 are left, and a length takes up to 20.
    if (entry & SPECIAL) {
      if (entry & SUBTABLE) {
        const mask = (<u32>1 << ((entry >> 8) & 31)) - 1;
        entry = load<u32>((<usize>(entry >> 16) + (<usize>(window >> (2 + ROOT)) & mask)) << 2, TABLE);
      }
      if (entry & LITERAL) {
        store<u8>(to++, <u8>(entry >> 16));
        window >>= <u64>entry;
        count -= entry & 63;
        if (from > lastInput || to > lastOutput) break;
        window |= load<u64>(from) << count;
        from += (63 - count) >> 3;
        count |= 56;
        entry = load<u32>(<usize>window & ROOT_INDEX, TABLE);
        continue;
      }
      if (entry & SPECIAL) {
        window >>= <u64>entry;
        count -= entry & 63;
        status = entry & END ? OK : BAD_SYMBOL;
        break;
      }
    }
    const length = <usize>(entry >> 16) + <usize>((window & ((<u64>4 << <u64>entry) - 1)) >> <u64>(entry >> 8));
    window >>= <u64>entry;
    count -= entry & 63;
    // 53 of 64 bits are gone at most: enough are left for the root table.
    entry = load<u32>(<usize>window & DISTANCE_INDEX, DISTANCES);
    window |= load<u64>(from) << count;
    from += (63 - count) >> 3;
    count |= 56;
    if (entry & SPECIAL) {
      if (entry & SUBTABLE) {
        const mask = (<u32>1 << ((entry >> 8) & 31)) - 1;
        entry = load<u32>((<usize>(entry >> 16) + (<usize>(window >> (2 + DISTANCE_ROOT)) & mask)) << 2, DISTANCES);
      }
      if (entry & SPECIAL) {
        status = BAD_SYMBOL;
        break;
      }
    }
    const distance = <usize>(entry >> 16) + <usize>((window & ((<u64>4 << <u64>entry) - 1)) >> <u64>(entry >> 8));
    window >>= <u64>entry;
    count -= entry & 63;
    if (distance > to - outputStart) {
      status = BAD_DISTANCE;
      break;
    }
    const end = to + length;
    if (from > lastInput || end > lastOutput) {
      copyMatch(to, distance, length);
      to = end;
      break;
    }
    entry = load<u32>(<usize>window & ROOT_INDEX, TABLE);
    window |= load<u64>(from) << count;
    from += (63 - count) >> 3;
    count |= 56;
    copyMatch(to, distance, length);
    to = end;
  }
  input = from;
  output = to;
  bits = count - 2;
  buffer = (window >> 2) & ((<u64>1 << bits) - 1);
  return status;
}

function careful(outputStart: usize, outputEnd: usize): i32 {
  while (true) {
    if (partial && output === outputEnd) return CUT;
    refill();
    let entry = load<u32>(TABLE + ((<usize>buffer & ROOT_MASK) << 2));
    if (entry & SUBTABLE) entry = subEntry(TABLE, entry, ROOT);
    if (entry & SPECIAL && !(entry & END)) return isOverrun() ? ENDS_EARLY : BAD_SYMBOL;
    const value = <usize>(entry >> 16) + extra(entry);
    consume(entry & 63);
    if (isOverrun()) return ENDS_EARLY;
    if (entry & END) return OK;
    if (entry & LITERAL) {
      if (output === outputEnd) return TOO_LONG;
      store<u8>(output++, <u8>value);
      continue;
    }
    entry = load<u32>(DISTANCES + ((<usize>buffer & DISTANCE_MASK) << 2));
    if (entry & SUBTABLE) entry = subEntry(DISTANCES, entry, DISTANCE_ROOT);
    if (entry & SPECIAL) return BAD_SYMBOL;
    const distance = <usize>(entry >> 16) + extra(entry);
    consume(entry & 63);
    if (isOverrun()) return ENDS_EARLY;
    if (distance > output - outputStart) return BAD_DISTANCE;
    const room = outputEnd - output;
    if (value > room && !partial) return TOO_LONG;
    const length = value < room ? value : room;
    copyMatchExactly(output, distance, length);
    output += length;
  }
}

function subEntry(table: usize, entry: u32, root: u32): u32 {
  const mask = (<u32>1 << ((entry >> 8) & 31)) - 1;
  return load<u32>(table + ((<usize>(entry >> 16) + (<usize>(buffer >> root) & mask)) << 2));
}

/** The extra bits that follow the code of an entry. */
function extra(entry: u32): usize {
  return <usize>((buffer & ((<u64>1 << (entry & 63)) - 1)) >> (((entry >> 8) & 31) - 2));
}
