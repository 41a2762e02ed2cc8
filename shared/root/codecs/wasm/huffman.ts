/**
 * Tables that turn the next bits of a deflate stream into a symbol (RFC 1951, section 3.2.2). A root table is indexed by the
 * first `root` bits; longer codes go on in subtables behind it. An entry is a u32:
 *
 *     0..5   bits to consume: the code and its extra bits
 *     6      LITERAL: the value is a byte
 *     7      SPECIAL: a subtable (SUBTABLE), the end of the block (END), or else a code that means nothing
 *     8..12  bits of the code alone, added to what its proto has here; of a subtable: how many bits index it
 *     16..   value: literal, base of a length or distance; of a subtable: its first entry
 */
import { BAD_CODE, OK } from './status';

export const LITERAL: u32 = 1 << 6;
export const SPECIAL: u32 = 1 << 7;
export const SUBTABLE: u32 = 1 << 13;
export const END: u32 = 1 << 14;

const MAX_BITS: u32 = 15;

/** Symbols of each code length, then where those of a length start in SORTED. */
const COUNTS: usize = memory.data(16 * 4, 16);
const STARTS: usize = memory.data(16 * 4, 16);
const SORTED: usize = memory.data(320 * 2, 16);

/**
 * Builds the table of a code from the lengths of its symbols (a byte each, 0 for unused). `protos` holds each symbol's entry
 * but for the length of its code. `capacity` counts entries. A code of one symbol of one bit may leave the other code out,
 * and a code may be empty, as zlib allows; both only where `lenient`.
 */
export function buildTable(
  lengths: usize,
  symbols: u32,
  protos: usize,
  table: usize,
  root: u32,
  capacity: u32,
  lenient: bool,
): i32 {
  memory.fill(COUNTS, 0, 64);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const slot = COUNTS + ((<usize>load<u8>(lengths + symbol)) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
  const unused = load<u32>(COUNTS);
  let left: i32 = 1;
  let start: u32 = 0;
  let longest: u32 = 0;
  for (let n: u32 = 1; n <= MAX_BITS; n++) {
    const count = load<u32>(COUNTS + (n << 2));
    store<u32>(STARTS + (n << 2), start);
    start += count;
    if (count !== 0) longest = n;
    left = (left << 1) - <i32>count;
    if (left < 0) return BAD_CODE;
  }
  if (left > 0) {
    if (!lenient || longest > 1) return BAD_CODE;
    for (let i: usize = 0; i < <usize>1 << root; i++) store<u32>(table + (i << 2), SPECIAL);
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const n = <u32>load<u8>(lengths + symbol);
    if (n === 0) continue;
    const slot = STARTS + (n << 2);
    const at = load<u32>(slot);
    store<u32>(slot, at + 1);
    store<u16>(SORTED + (at << 1), <u16>symbol);
  }
  if (left > 0) {
    if (unused !== symbols) fillSingle(table, root, protos);
    return OK;
  }
  return fillTable(table, root, capacity, protos, longest);
}

/** The only symbol has the code 0; codes that begin with 1 mean nothing. */
function fillSingle(table: usize, root: u32, protos: usize): void {
  const entry = load<u32>(protos + ((<usize>load<u16>(SORTED)) << 2)) + 0x101;
  for (let i: usize = 0; i < <usize>1 << root; i += 2) store<u32>(table + (i << 2), entry);
}

/** Fills the table of a complete code. Codes run through the symbols in order of length; bits are reversed, as they are read. */
function fillTable(table: usize, root: u32, capacity: u32, protos: usize, longest: u32): i32 {
  let code: u32 = 0;
  let sorted = SORTED;
  for (let n: u32 = 1; n <= root; n++) {
    // So far the table knows n - 1 bits: the same entries hold for either value of the next one.
    const half: usize = <usize>1 << (n - 1);
    if (code !== 0) memory.copy(table + (half << 2), table, half << 2);
    for (let count = load<u32>(COUNTS + (n << 2)); count > 0; count--, sorted += 2) {
      store<u32>(table + (code << 2), load<u32>(protos + ((<usize>load<u16>(sorted)) << 2)) + n * 0x101);
      code = nextCode(code, n);
    }
  }
  let next: u32 = 1 << root;
  let prefix: u32 = u32.MAX_VALUE;
  let start: u32 = 0;
  let subBits: u32 = 0;
  for (let n = root + 1; n <= longest; n++) {
    for (let count = load<u32>(COUNTS + (n << 2)); count > 0; count--, sorted += 2) {
      const own = code & ((1 << root) - 1);
      if (own !== prefix) {
        prefix = own;
        start = next;
        subBits = subtableBits(n, count, root);
        next += 1 << subBits;
        if (next > capacity) return BAD_CODE;
        store<u32>(table + (prefix << 2), SPECIAL | SUBTABLE | (subBits << 8) | (start << 16));
      }
      const entry = load<u32>(protos + ((<usize>load<u16>(sorted)) << 2)) + n * 0x101;
      for (let i = code >> root; i < <u32>1 << subBits; i += 1 << (n - root)) store<u32>(table + ((start + i) << 2), entry);
      code = nextCode(code, n);
    }
  }
  return OK;
}

/** Bits of a subtable whose first code has n bits, `count` of which are to come. */
function subtableBits(n: u32, count: u32, root: u32): u32 {
  let bits = n - root;
  let used = count;
  while (used < <u32>1 << bits && root + bits < MAX_BITS) {
    bits++;
    used = (used << 1) + load<u32>(COUNTS + ((root + bits) << 2));
  }
  return bits;
}

/** The code of n bits behind this one; the last stays as it is. */
// @ts-ignore: decorator
@inline
function nextCode(code: u32, n: u32): u32 {
  const zeros = code ^ (((<u32>1) << n) - 1);
  if (zeros === 0) return code;
  const bit: u32 = 0x80000000 >> <u32>clz<u32>(zeros);
  return (code & (bit - 1)) | bit;
}
