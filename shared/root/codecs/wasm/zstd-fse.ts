/**
 * Tables of the tANS codes of Zstandard (RFC 8878, section 4.1): how they are stored, and how a state finds its symbol. An entry is
 * a u64:
 *
 *     0..31   base of the value that the symbol stands for
 *     32..39  how many extra bits are added to it
 *     40..47  how many bits lead to the next state
 *     48..63  what is added to those: the result is the index of the next state's entry in STATES
 */

/** All tables; each is known by the index of its first entry. */
const STATES: usize = memory.data(1792 * 8, 16);
/** The table of weights; those of lengths, distances and matches that are always there, 64 entries each; and those that blocks bring. */
export const WEIGHT_STATES: u32 = 0;
export const DEFAULT_STATES: u32 = 64;
export const BROUGHT_STATES: u32 = 256;
export const MOST_STATES: u32 = 512;

/** Shares of the symbols as they are stored: -1 is one state of the last ones. */
export const SHARES: usize = memory.data(256 * 2, 16);
/** The next state of each symbol while a table is built, and the symbol of each state. */
const NEXT: usize = memory.data(256 * 2, 16);
const SPREAD: usize = memory.data(512);

/** Of the table that was read last: bits of a state, and the number of symbols. */
export let sharesLog: u32 = 0;
export let sharesSymbols: u32 = 0;

/**
 * Reads the shares of a table of at most 2^maxLog states and `maxSymbols` symbols.
 * @returns how many bytes they take; 0 where they make no table
 */
export function readShares(from: usize, bytes: usize, maxLog: u32, maxSymbols: u32): usize {
  if (bytes === 0) return 0;
  const log = (<u32>load<u8>(from) & 15) + 5;
  if (log > maxLog) return 0;
  const end: u32 = <u32>bytes << 3;
  let at: u32 = 4;
  let symbol: u32 = 0;
  let left: i32 = (1 << log) + 1; // states that are not given away, and one
  while (left > 1) {
    if (symbol === maxSymbols || at >= end) return 0;
    const width: u32 = 32 - clz<u32>(left);
    const window = bitsAt(from, bytes, at);
    // Values below `spare` take a bit less.
    const half: i32 = 1 << (width - 1);
    const spare = (half << 1) - 1 - left;
    let value = <i32>window & (half - 1);
    if (value < spare) at += width - 1;
    else {
      value = <i32>window & ((half << 1) - 1);
      if (value >= half) value -= spare;
      at += width;
    }
    const share = value - 1;
    left -= share < 0 ? 1 : share;
    store<i16>(SHARES + (symbol++ << 1), <i16>share);
    if (share !== 0) continue;
    // A row of symbols without any: two bits say how many more, 3 that the row goes on.
    for (let more: u32 = 3; more === 3; ) {
      if (at >= end) return 0;
      more = bitsAt(from, bytes, at) & 3;
      at += 2;
      if (more > maxSymbols - symbol) return 0;
      for (let i: u32 = 0; i < more; i++) store<i16>(SHARES + (symbol++ << 1), 0);
    }
  }
  if (at > end) return 0;
  sharesLog = log;
  sharesSymbols = symbol;
  return (at + 7) >> 3;
}

/** 25 bits or more from bit `at` on, with zeros behind the last byte. */
function bitsAt(from: usize, bytes: usize, at: u32): u32 {
  const first: usize = at >> 3;
  if (bytes - first >= 4) return load<u32>(from + first) >> (at & 7);
  let window: u32 = 0;
  for (let i: usize = first; i < bytes; i++) window |= <u32>load<u8>(from + i) << (<u32>(i - first) << 3);
  return window >> (at & 7);
}

/** Builds the table of SHARES; `values` holds the lower half of each symbol's entry, and its extra bits (a u64 each). */
export function buildStates(table: u32, log: u32, symbols: u32, values: usize): void {
  const size: u32 = 1 << log;
  const mask = size - 1;
  let high = mask;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const share = <i32>load<i16>(SHARES + (symbol << 1));
    if (share < 0) store<u8>(SPREAD + high--, <u8>symbol);
    store<u16>(NEXT + (symbol << 1), share < 0 ? 1 : <u16>share);
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    for (let share = <i32>load<i16>(SHARES + (symbol << 1)); share > 0; share--) {
      store<u8>(SPREAD + at, <u8>symbol);
      do at = (at + step) & mask;
      while (at > high);
    }
  }
  for (let state: u32 = 0; state < size; state++) {
    const symbol = <u32>load<u8>(SPREAD + state);
    const next = <u32>load<u16>(NEXT + (symbol << 1));
    store<u16>(NEXT + (symbol << 1), <u16>(next + 1));
    const width = log - (31 - clz<u32>(next));
    const lead = (<u64>(table + (next << width) - size) << 48) | (<u64>width << 40);
    store<u64>(STATES + ((table + state) << 3), lead | load<u64>(values + (symbol << 3)));
  }
}

/** A table of one state, which takes no bits. */
export function buildState(table: u32, value: usize): void {
  store<u64>(STATES + (table << 3), (<u64>table << 48) | load<u64>(value));
}

/** Where the bits of a stream that is read from its end begin: so many stand in front of the marker; -1 where it is missing. */
export function bitsBeforeMarker(from: usize, bytes: usize): i32 {
  if (bytes === 0) return -1;
  const last = <u32>load<u8>(from + bytes - 1);
  return last === 0 ? -1 : <i32>((bytes - 1) << 3) + 31 - <i32>clz<u32>(last);
}

/**
 * The bits in front of bit `position` of such a stream, the next one on top: 57 of them at least. What stands in front of the stream
 * may be among them; it lies in the memory, for this module's own tables are in front of everything.
 */
// @ts-ignore: decorator
@inline
export function bitsBefore(from: usize, position: i32): u64 {
  return load<u64>(from + ((position + 7) >> 3) - 8) << <u64>((0 - position) & 7);
}

/** The first `count` (0..57) bits on top. */
// @ts-ignore: decorator
@inline
export function topBits(top: u64, count: u64): u64 {
  return (top >> 1) >> (63 - count);
}

/** The entry of a state, by its index. */
// @ts-ignore: decorator
@inline
export function stateAt(index: usize): u64 {
  return load<u64>(STATES + (index << 3));
}
