/**
 * LZMA2 (.xz format 1.2, and the LZMA specification): chunks of bytes as they are, or of symbols behind a range coder whose
 * probabilities adapt with every bit. The decoded bytes are their own dictionary.
 */
import { copyMatch, copyMatchExactly, OVERSHOOT } from './copy';
import { BAD_BLOCK, BAD_CODE, BAD_DISTANCE, BAD_SYMBOL, ENDS_EARLY, OK, TOO_LONG, TOO_SHORT } from './status';

/** Probabilities of a bit 0, in 2048ths, two bytes each: addresses of their tables. The names are those of the specification. */
const LENGTH_CODER: usize = (2 + 2 * 16 * 8 + 256) * 2;
// @ts-ignore: decorator
@inline
const PROBABILITIES: usize = memory.data((192 + 4 * 12 + 192 + 256 + 128 + 16 + 2 * 514 + 0x3000) * 2, 16);
// @ts-ignore: decorator
@inline
const IS_MATCH: usize = PROBABILITIES;
// @ts-ignore: decorator
@inline
const IS_REP: usize = IS_MATCH + 192 * 2;
// @ts-ignore: decorator
@inline
const IS_REP0: usize = IS_REP + 12 * 2;
// @ts-ignore: decorator
@inline
const IS_REP1: usize = IS_REP0 + 12 * 2;
// @ts-ignore: decorator
@inline
const IS_REP2: usize = IS_REP1 + 12 * 2;
// @ts-ignore: decorator
@inline
const IS_REP0_LONG: usize = IS_REP2 + 12 * 2;
// @ts-ignore: decorator
@inline
const SLOTS: usize = IS_REP0_LONG + 192 * 2;
// @ts-ignore: decorator
@inline
const SPECIAL: usize = SLOTS + 256 * 2;
// @ts-ignore: decorator
@inline
const ALIGN: usize = SPECIAL + 128 * 2;
// @ts-ignore: decorator
@inline
const MATCH_LENGTH: usize = ALIGN + 16 * 2;
// @ts-ignore: decorator
@inline
const REP_LENGTH: usize = MATCH_LENGTH + LENGTH_CODER;
// @ts-ignore: decorator
@inline
const LITERALS: usize = REP_LENGTH + LENGTH_CODER;

const HALF: u16 = 1024;
const TOP: u32 = 1 << 24;
/**
 * Bits of literals are as good as random: a branch would be taken wrongly every other time. Without one, with `one` all bits set or
 * none: what a probability loses is (p >> 5) for a 1 and ((p - 2017) >> 5), which is negative, for a 0.
 */
const NEGATIVE: u32 = 31 - 2048;

/** No symbol takes more bytes of input than this, and the end of the input is decoded from a copy with as many zeros behind. */
const MOST_INPUT: usize = 32;
const TAIL: usize = memory.data(3 * 32, 16);

/** What goes on from chunk to chunk. */
let literalContext: u32 = 0;
let literalMask: u32 = 0;
let positionMask: u32 = 0;
let state: u32 = 0;
let rep0: usize = 1;
let rep1: usize = 1;
let rep2: usize = 1;
let rep3: usize = 1;

/** Where the input stands when `lzma2` is done. */
export let inputAfter: usize = 0;

/**
 * The chunks at `from` must become exactly `length` bytes at `to`; with `partial`, `length` or more, of which the first are
 * wanted.
 */
export function lzma2(from: usize, bytes: usize, to: usize, length: usize, partial: bool): i32 {
  const inputEnd = from + bytes;
  const end = to + length;
  let output = to;
  let start = to; // of the dictionary
  let needs: u32 = 3; // the first chunk resets the dictionary, and brings properties
  while (from < inputEnd) {
    if (partial && output === end) return OK;
    const control = <u32>load<u8>(from++);
    if (control === 0) {
      inputAfter = from;
      return output === end ? OK : TOO_SHORT;
    }
    if (control < 0x80) {
      if (control > 2 || (control === 2 && needs === 3)) return BAD_BLOCK;
      if (control === 1) {
        start = output;
        needs = 2;
      }
      if (inputEnd - from < 2) return ENDS_EARLY;
      const size = <usize>bswap<u16>(load<u16>(from)) + 1;
      from += 2;
      if (size > inputEnd - from) return ENDS_EARLY;
      if (size > end - output && !partial) return TOO_LONG;
      const wanted = size < end - output ? size : end - output;
      memory.copy(output, from, wanted);
      output += wanted;
      from += size;
      continue;
    }
    const reset = (control >> 5) & 3;
    if (reset < needs) return BAD_BLOCK;
    if (reset === 3) start = output;
    needs = 0;
    if (inputEnd - from < 5) return ENDS_EARLY;
    const size = (<usize>(control & 31) << 16) + <usize>bswap<u16>(load<u16>(from)) + 1;
    const stored = <usize>bswap<u16>(load<u16>(from, 2)) + 1;
    from += 4;
    if (reset >= 2 && !setProperties(<u32>load<u8>(from++))) return BAD_BLOCK;
    if (reset >= 1) resetState();
    if (stored > inputEnd - from) return ENDS_EARLY;
    if (size > end - output && !partial) return TOO_LONG;
    const cut = size > end - output;
    const status = chunk(from, from + stored, start, output, cut ? end : output + size, cut);
    if (status !== OK) return status;
    output = cut ? end : output + size;
    from += stored;
  }
  return partial && output === end ? OK : ENDS_EARLY;
}

function setProperties(properties: u32): bool {
  if (properties >= 9 * 5 * 5) return false;
  const context = properties % 9;
  const rest = properties / 9;
  if (context + (rest % 5) > 4) return false;
  literalContext = context;
  literalMask = (1 << (rest % 5)) - 1;
  positionMask = (1 << (rest / 5)) - 1;
  return true;
}

function resetState(): void {
  state = 0;
  rep0 = 1;
  rep1 = 1;
  rep2 = 1;
  rep3 = 1;
  for (let at = PROBABILITIES; at < LITERALS + 0x3000 * 2; at += 16) v128.store(at, i16x8.splat(HALF));
}

/** A bit 0, or 1, has come: the probability moves. */
// @ts-ignore: decorator
@inline
function zeroOf(at: usize, probability: u32): void {
  store<u16>(at, <u16>(probability + ((2048 - probability) >> 5)));
}

// @ts-ignore: decorator
@inline
function oneOf(at: usize, probability: u32): void {
  store<u16>(at, <u16>(probability - (probability >> 5)));
}

/** One chunk of symbols. The range coder is kept in local variables: its every step waits for the one before. */
function chunk(from: usize, inputEnd: usize, start: usize, to: usize, end: usize, cut: bool): i32 {
  if (inputEnd - from < 5 || load<u8>(from) !== 0) return BAD_CODE;
  let code = bswap<u32>(load<u32>(from, 1));
  let range: u32 = 0xffffffff;
  from += 5;
  let now = state;
  let distance = rep0;
  let inTail: bool = false;
  let limit = inputEnd - from < MOST_INPUT ? from : inputEnd - MOST_INPUT;
  let at: usize = 0;
  let p: u32 = 0;
  let bound: u32 = 0;
  let symbol: u32 = 0;
  while (to < end) {
    if (from >= limit) {
      if (inTail) {
        if (from > inputEnd) return ENDS_EARLY;
      } else if (inputEnd - from <= MOST_INPUT) {
        const rest = inputEnd - from;
        memory.fill(TAIL, 0, 3 * 32);
        memory.copy(TAIL, from, rest);
        from = TAIL;
        inputEnd = TAIL + rest;
        limit = TAIL;
        inTail = true;
      }
    }
    const position = <u32>(to - start);
    const step = position & positionMask;
    if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
    at = IS_MATCH + (((now << 4) + step) << 1);
    p = <u32>load<u16>(at);
    bound = (range >> 11) * p;
    if (code < bound) {
      range = bound;
      zeroOf(at, p);
      const before = to > start ? <u32>load<u8>(to - 1) : 0;
      const table = LITERALS + <usize>(0x300 * (((position & literalMask) << literalContext) + (before >> (8 - literalContext)))) * 2;
      symbol = 1;
      if (now >= 7) {
        let matched = <u32>load<u8>(to - distance);
        let offset: u32 = 0x100;
        do {
          matched <<= 1;
          const bit = matched & offset;
          if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
          at = table + ((offset + bit + symbol) << 1);
          p = <u32>load<u16>(at);
          bound = (range >> 11) * p;
          const one = 0 - <u32>(code >= bound);
          range = bound + ((range - (bound << 1)) & one);
          code -= bound & one;
          store<u16>(at, <u16>(p - <u32>((<i32>p + <i32>(~one & NEGATIVE)) >> 5)));
          symbol = (symbol << 1) - one;
          offset &= bit ^ ~one;
        } while (symbol < 0x100);
      } else {
        do {
          if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
          at = table + (symbol << 1);
          p = <u32>load<u16>(at);
          bound = (range >> 11) * p;
          const one = 0 - <u32>(code >= bound);
          range = bound + ((range - (bound << 1)) & one);
          code -= bound & one;
          store<u16>(at, <u16>(p - <u32>((<i32>p + <i32>(~one & NEGATIVE)) >> 5)));
          symbol = (symbol << 1) - one;
        } while (symbol < 0x100);
      }
      store<u8>(to++, <u8>symbol);
      now = now < 4 ? 0 : now < 10 ? now - 3 : now - 6;
      continue;
    }
    range -= bound;
    code -= bound;
    oneOf(at, p);
    let lengths = MATCH_LENGTH;
    let isMatch: bool = true;
    if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
    at = IS_REP + (now << 1);
    p = <u32>load<u16>(at);
    bound = (range >> 11) * p;
    if (code < bound) {
      range = bound;
      zeroOf(at, p);
    } else {
      range -= bound;
      code -= bound;
      oneOf(at, p);
      isMatch = false;
      lengths = REP_LENGTH;
      if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
      at = IS_REP0 + (now << 1);
      p = <u32>load<u16>(at);
      bound = (range >> 11) * p;
      if (code < bound) {
        range = bound;
        zeroOf(at, p);
        if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
        at = IS_REP0_LONG + (((now << 4) + step) << 1);
        p = <u32>load<u16>(at);
        bound = (range >> 11) * p;
        if (code < bound) {
          range = bound;
          zeroOf(at, p);
          if (distance > to - start) return BAD_DISTANCE;
          store<u8>(to, load<u8>(to - distance));
          to++;
          now = now < 7 ? 9 : 11;
          continue;
        }
        range -= bound;
        code -= bound;
        oneOf(at, p);
      } else {
        range -= bound;
        code -= bound;
        oneOf(at, p);
        if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
        at = IS_REP1 + (now << 1);
        p = <u32>load<u16>(at);
        bound = (range >> 11) * p;
        let next = rep1;
        if (code < bound) {
          range = bound;
          zeroOf(at, p);
        } else {
          range -= bound;
          code -= bound;
          oneOf(at, p);
          if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
          at = IS_REP2 + (now << 1);
          p = <u32>load<u16>(at);
          bound = (range >> 11) * p;
          if (code < bound) {
            range = bound;
            zeroOf(at, p);
            next = rep2;
          } else {
            range -= bound;
            code -= bound;
            oneOf(at, p);
            next = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = distance;
        distance = next;
      }
    }
    // The length: a choice of three trees.
    let tree = lengths + 4 + <usize>(step << 4);
    let base: u32 = 2;
    let leaves: u32 = 8;
    if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
    p = <u32>load<u16>(lengths);
    bound = (range >> 11) * p;
    if (code < bound) {
      range = bound;
      zeroOf(lengths, p);
    } else {
      range -= bound;
      code -= bound;
      oneOf(lengths, p);
      if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
      at = lengths + 2;
      p = <u32>load<u16>(at);
      bound = (range >> 11) * p;
      if (code < bound) {
        range = bound;
        zeroOf(at, p);
        tree += 16 * 8 * 2;
        base = 10;
      } else {
        range -= bound;
        code -= bound;
        oneOf(at, p);
        tree = lengths + 4 + 2 * 16 * 8 * 2;
        base = 18;
        leaves = 256;
      }
    }
    symbol = 1;
    do {
      if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
      at = tree + (symbol << 1);
      p = <u32>load<u16>(at);
      bound = (range >> 11) * p;
      if (code < bound) {
        range = bound;
        zeroOf(at, p);
        symbol <<= 1;
      } else {
        range -= bound;
        code -= bound;
        oneOf(at, p);
        symbol = (symbol << 1) | 1;
      }
    } while (symbol < leaves);
    let length = <usize>(base + symbol - leaves);
    if (isMatch) {
      rep3 = rep2;
      rep2 = rep1;
      rep1 = distance;
      tree = SLOTS + ((length < 6 ? length - 2 : 3) << 7);
      symbol = 1;
      do {
        if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
        at = tree + (symbol << 1);
        p = <u32>load<u16>(at);
        bound = (range >> 11) * p;
        if (code < bound) {
          range = bound;
          zeroOf(at, p);
          symbol <<= 1;
        } else {
          range -= bound;
          code -= bound;
          oneOf(at, p);
          symbol = (symbol << 1) | 1;
        }
      } while (symbol < 64);
      const slot = symbol - 64;
      let value = slot;
      if (slot >= 4) {
        let bits = (slot >> 1) - 1;
        value = (2 | (slot & 1)) << bits;
        if (slot < 14) {
          tree = SPECIAL + ((value - slot) << 1);
        } else {
          // Bits without probabilities, then the last four with them.
          let direct: u32 = 0;
          for (let left = bits - 4; left > 0; left--) {
            if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
            range >>= 1;
            code -= range;
            const below = 0 - (code >> 31);
            code += range & below;
            direct = (direct << 1) + 1 + below;
          }
          value += direct << 4;
          tree = ALIGN;
          bits = 4;
        }
        symbol = 1;
        for (let i: u32 = 0; i < bits; i++) {
          if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
          at = tree + (symbol << 1);
          p = <u32>load<u16>(at);
          bound = (range >> 11) * p;
          if (code < bound) {
            range = bound;
            zeroOf(at, p);
            symbol <<= 1;
          } else {
            range -= bound;
            code -= bound;
            oneOf(at, p);
            symbol = (symbol << 1) | 1;
            value += 1 << i;
          }
        }
      }
      // An end marker has no place in LZMA2.
      if (value === 0xffffffff) return BAD_SYMBOL;
      distance = <usize>value + 1;
      now = now < 7 ? 7 : 10;
    } else {
      now = now < 7 ? 8 : 11;
    }
    if (distance > to - start) return BAD_DISTANCE;
    if (length > end - to) {
      if (!cut) return TOO_LONG;
      length = end - to;
    }
    if (end - to - length >= OVERSHOOT) copyMatch(to, distance, length);
    else copyMatchExactly(to, distance, length);
    to += length;
  }
  state = now;
  rep0 = distance;
  if (cut) return OK;
  if (range < TOP) { range <<= 8; code = (code << 8) | <u32>load<u8>(from++); }
  return from === inputEnd && code === 0 ? OK : BAD_CODE;
}
