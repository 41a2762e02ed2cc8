/** The literals of a Zstandard block (RFC 8878, sections 3.1.1.3.1 and 4.2): as they are, one repeated, or by a Huffman code. */
import { OVERSHOOT } from './copy';
import { BAD_BLOCK, BAD_CODE, BAD_SYMBOL, ENDS_EARLY, OK } from './status';
import { LOG, readCode, SYMBOLS, tableLog, WIDTHS } from './zstd-code';
import { bitsBefore, bitsBeforeMarker } from './zstd-fse';

/** The most bytes of a block. */
export const MOST: u32 = 131072;

const LITERALS: usize = memory.data(131072 + 16, 16);

/** The literals, the byte behind them, and where what may be read ends. */
export let literals: usize = 0;
export let literalsEnd: usize = 0;
export let literalsLimit: usize = 0;
/** Where the section ends. */
export let sectionEnd: usize = 0;

/** Reads the section at `from`; at most `most` literals. */
export function readLiterals(from: usize, end: usize, most: u32): i32 {
  if (end - from < 2) return ENDS_EARLY;
  const first = <u32>load<u8>(from);
  const form = (first >> 2) & 3;
  if ((first & 3) >= 2) return compressed(from, end, most, (first & 3) === 3);
  const header: u32 = form === 1 ? 2 : form === 3 ? 3 : 1;
  if (end - from < <usize>header) return ENDS_EARLY;
  let count = first >> 3;
  if (header === 2) count = <u32>load<u16>(from) >> 4;
  else if (header === 3) count = (<u32>load<u16>(from) | (<u32>load<u8>(from, 2) << 16)) >> 4;
  if (count > most) return BAD_BLOCK;
  from += header;
  const stored: u32 = (first & 3) === 0 ? count : 1;
  if (end - from < <usize>stored) return ENDS_EARLY;
  sectionEnd = from + stored;
  if ((first & 3) === 0) {
    place(from, count, end);
  } else {
    memory.fill(LITERALS, load<u8>(from), count);
    place(LITERALS, count, LITERALS + MOST + OVERSHOOT);
  }
  return OK;
}

function place(from: usize, count: u32, limit: usize): void {
  literals = from;
  literalsEnd = from + count;
  literalsLimit = limit;
}

function compressed(from: usize, end: usize, most: u32, again: bool): i32 {
  if (end - from < 5) return ENDS_EARLY;
  const head = <u64>load<u32>(from) | (<u64>load<u8>(from, 4) << 32);
  const form = <u32>(head >> 2) & 3;
  const header: u32 = form < 2 ? 3 : form + 2;
  const width: u32 = form < 2 ? 10 : form === 2 ? 14 : 18;
  const mask: u32 = (1 << width) - 1;
  const count = <u32>(head >> 4) & mask;
  const stored = <u32>(head >> (4 + width)) & mask;
  if (count > most || (form !== 0 && count < 6) || count === 0) return BAD_BLOCK;
  from += header;
  if (end - from < <usize>stored) return ENDS_EARLY;
  sectionEnd = from + stored;
  if (again) {
    if (tableLog === 0) return BAD_BLOCK;
  } else {
    const bytes = readCode(from, stored);
    if (bytes === 0) return BAD_CODE;
    from += bytes;
  }
  place(LITERALS, count, LITERALS + MOST + OVERSHOOT);
  const sound = form === 0 ? oneStream(from, sectionEnd, LITERALS, literalsEnd) : fourStreams(from, sectionEnd, count);
  return sound ? OK : BAD_SYMBOL;
}

function oneStream(from: usize, end: usize, to: usize, toEnd: usize): bool {
  return rest(from, bitsBeforeMarker(from, end - from), to, toEnd);
}

/** The symbols up to `toEnd`, which must use up all bits in front of bit `position`. */
function rest(from: usize, position: i32, to: usize, toEnd: usize): bool {
  const log = tableLog;
  while (to < toEnd) {
    if (position < 0) return false;
    const top = bitsBefore(from, position);
    const next = <usize>(top >> (64 - log));
    store<u8>(to++, load<u8>(next, SYMBOLS));
    position -= <i32>load<u8>(next, WIDTHS);
  }
  return position === 0;
}

/** Four streams of a quarter each, behind the lengths of three of them. */
function fourStreams(from: usize, end: usize, count: u32): bool {
  if (end - from < 10) return false;
  const quarter = (count + 3) >> 2;
  if (quarter * 3 > count) return false;
  const a = from + 6;
  const b = a + load<u16>(from);
  const c = b + load<u16>(from, 2);
  const d = c + load<u16>(from, 4);
  if (d >= end) return false;
  const to = LITERALS;
  if (tableLog === LOG) return together(a, b, c, d, end, to, quarter, count);
  return (
    oneStream(a, b, to, to + quarter) &&
    oneStream(b, c, to + quarter, to + 2 * quarter) &&
    oneStream(c, d, to + 2 * quarter, to + 3 * quarter) &&
    oneStream(d, end, to + 3 * quarter, to + count)
  );
}

/**
 * All four at once, five symbols of each a round. The last bit of a window is set: how many zeros are below it says how many bits
 * are used. That a stream has no more of them shows at the end; until then what is in front of it is read, of 11 bits for each
 * of 32,768 symbols at most, and that much and more of this module's own tables is in front of everything. Shifts by an entry are
 * by its lowest six bits, as WebAssembly has it.
 */
function together(a: usize, b: usize, c: usize, d: usize, end: usize, to: usize, quarter: u32, count: u32): bool {
  if (noMarker(a, b) || noMarker(b, c) || noMarker(c, d) || noMarker(d, end)) return false;
  let atA = b - 8;
  let atB = c - 8;
  let atC = d - 8;
  let atD = end - 8;
  let topA = firstWindow(atA);
  let topB = firstWindow(atB);
  let topC = firstWindow(atC);
  let topD = firstWindow(atD);
  const toB = to + quarter;
  const toC = toB + quarter;
  const toD = toC + quarter;
  const toEnd = to + count;
  const first = to;
  for (let rounds = (count - 3 * quarter) / 5; rounds > 0; rounds--, to += 5) {
    topA = fiveSymbols(topA, to);
    topB = fiveSymbols(topB, to + quarter);
    topC = fiveSymbols(topC, to + 2 * quarter);
    topD = fiveSymbols(topD, to + 3 * quarter);
    atA -= <usize>(ctz<u64>(topA) >> 3);
    atB -= <usize>(ctz<u64>(topB) >> 3);
    atC -= <usize>(ctz<u64>(topC) >> 3);
    atD -= <usize>(ctz<u64>(topD) >> 3);
    topA = (load<u64>(atA) | 1) << (ctz<u64>(topA) & 7);
    topB = (load<u64>(atB) | 1) << (ctz<u64>(topB) & 7);
    topC = (load<u64>(atC) | 1) << (ctz<u64>(topC) & 7);
    topD = (load<u64>(atD) | 1) << (ctz<u64>(topD) & 7);
  }
  const done = to - first;
  return (
    rest(a, left(a, atA, topA), to, toB) &&
    rest(b, left(b, atB, topB), toB + done, toC) &&
    rest(c, left(c, atC, topC), toC + done, toD) &&
    rest(d, left(d, atD, topD), toD + done, toEnd)
  );
}

/** Decodes as many symbols as a window has for certain. @returns the window without them */
// @ts-ignore: decorator
@inline
function fiveSymbols(top: u64, to: usize): u64 {
  top = symbol(top, to);
  top = symbol(top, to + 1);
  top = symbol(top, to + 2);
  top = symbol(top, to + 3);
  return symbol(top, to + 4);
}

// @ts-ignore: decorator
@inline
function symbol(top: u64, to: usize): u64 {
  const next = <usize>(top >> 53);
  store<u8>(to, load<u8>(next, SYMBOLS));
  return top << <u64>load<u8>(next, WIDTHS);
}

function noMarker(from: usize, end: usize): bool {
  return bitsBeforeMarker(from, end - from) < 0;
}

/** The last eight bytes of a stream without its marker. */
function firstWindow(at: usize): u64 {
  const window = load<u64>(at);
  return (window | 1) << (<u64>clz<u64>(window) + 1);
}

/** How many bits of a stream are not used. */
function left(from: usize, at: usize, top: u64): i32 {
  return <i32>((at - from) << 3) + 64 - <i32>ctz<u64>(top);
}
