/** The sequences of a Zstandard block (RFC 8878, sections 3.1.1.3.2 and 3.1.1.4): runs of literals, each with a match behind it. */
import { copyMatch, copyMatchExactly, copyWide, OVERSHOOT } from './copy';
import { BAD_BLOCK, BAD_CODE, BAD_DISTANCE, BAD_SYMBOL, ENDS_EARLY, OK, TOO_LONG } from './status';
import {
  BROUGHT_STATES,
  bitsBefore,
  bitsBeforeMarker,
  buildState,
  buildStates,
  DEFAULT_STATES,
  MOST_STATES,
  readShares,
  SHARES,
  sharesLog,
  sharesSymbols,
  stateAt,
  topBits,
} from './zstd-fse';
import { literals, literalsEnd, literalsLimit } from './zstd-literals';

/** All that is wanted is there; not an answer to the outside. */
export const CUT: i32 = -2;

/** Three kinds of codes: of literal lengths, distances and match lengths; a u32 or an address of each. */
const LENGTHS: u32 = 0;
const DISTANCES: u32 = 1;
const MATCHES: u32 = 2;
/** How many there are, and the most bits of a state. */
const SYMBOLS: usize = memory.data<u32>([36, 32, 53]);
const MOST_LOG: usize = memory.data<u32>([9, 8, 9]);
const DEFAULT_SYMBOLS: usize = memory.data<u32>([36, 29, 53]);
const DEFAULT_LOG: usize = memory.data<u32>([6, 5, 6]);
const DEFAULT_SHARES: usize = memory.data<i8>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0,
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);
/** Extra bits of the lengths that have some: from code 16 on of literals, from 32 on of matches. */
const LENGTH_BITS: usize = memory.data<u8>([1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH_BITS: usize = memory.data<u8>([1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

/** What codes stand for, 64 of each kind. */
const VALUES: usize = memory.data(3 * 64 * 8, 16);

for (let i: u32 = 0; i < 16; i++) store<u64>(VALUES + (i << 3), i);
let base: u32 = 16;
for (let i: u32 = 0; i < 20; i++) base = setValue(LENGTHS, 16 + i, base, load<u8>(LENGTH_BITS + i));
// Distances of the first two codes are those of sequences before (0, 1 and 2); the others are 3 too high.
store<u64>(VALUES + 512, 0);
setValue(DISTANCES, 1, 1, 1);
for (let i: u32 = 2; i < 32; i++) setValue(DISTANCES, i, (1 << i) - 3, i);
for (let i: u32 = 0; i < 32; i++) setValue(MATCHES, i, i + 3, 0);
base = 35;
for (let i: u32 = 0; i < 21; i++) base = setValue(MATCHES, 32 + i, base, load<u8>(MATCH_BITS + i));
for (let kind: u32 = 0; kind < 3; kind++) {
  const symbols = ofKind(DEFAULT_SYMBOLS, kind);
  for (let i: u32 = 0; i < symbols; i++) store<i16>(SHARES + (i << 1), load<i8>(DEFAULT_SHARES + kind * 36 + i));
  buildStates(DEFAULT_STATES + kind * 64, ofKind(DEFAULT_LOG, kind), symbols, VALUES + kind * 512);
}

/** Sets what a code stands for. @returns where the next one begins */
function setValue(kind: u32, code: u32, from: u32, bits: u32): u32 {
  store<u64>(VALUES + kind * 512 + (code << 3), <u64>from | (<u64>bits << 32));
  return from + (1 << bits);
}

// @ts-ignore: decorator
@inline
function ofKind(list: usize, kind: u32): u32 {
  return load<u32>(list + (kind << 2));
}

/** The tables in use, and the bits of their states; 0 where there is no table yet. */
const TABLES: usize = memory.data(3 * 4, 4);
const LOGS: usize = memory.data(3 * 4, 4);

/** The last three distances. */
let recent0: usize = 1;
let recent1: usize = 4;
let recent2: usize = 8;

/** Where the output ends. */
export let outputAfter: usize = 0;
/** Where the tables end and the bits begin. */
let at: usize = 0;

/** In front of a frame: no table that could be used again, and the distances to begin with. */
export function forgetSequences(): void {
  memory.fill(TABLES, 0, 12);
  recent0 = 1;
  recent1 = 4;
  recent2 = 8;
}

/**
 * Carries the sequences at `from` out, with the literals that were read last: from `to` on, at most to `toEnd`. Distances reach back
 * to `start`. With `partial` there may be more than has room; then the answer is CUT.
 */
export function sequences(from: usize, end: usize, start: usize, to: usize, toEnd: usize, partial: bool): i32 {
  if (from >= end) return ENDS_EARLY;
  outputAfter = to;
  let count = <u32>load<u8>(from++);
  if (count >= 128) {
    const more: usize = count === 255 ? 2 : 1;
    if (end - from < more) return ENDS_EARLY;
    count = count === 255 ? <u32>load<u16>(from) + 0x7f00 : ((count - 128) << 8) + <u32>load<u8>(from);
    from += more;
  }
  let next = literals;
  if (count === 0) {
    if (from !== end) return BAD_BLOCK;
  } else {
    if (from === end) return ENDS_EARLY;
    const kinds = <u32>load<u8>(from);
    if ((kinds & 3) !== 0) return BAD_BLOCK;
    at = from + 1;
    if (!setTable(LENGTHS, kinds >> 6, end) || !setTable(DISTANCES, (kinds >> 4) & 3, end)) return BAD_CODE;
    if (!setTable(MATCHES, (kinds >> 2) & 3, end)) return BAD_CODE;
    const status = carryOut(end, count, start, to, toEnd, partial);
    if (status !== OK) return status;
    to = outputAfter;
    next = literalsAfter;
  }
  return lastLiterals(next, to, toEnd, partial);
}

/** Where the literals end that sequences used. */
let literalsAfter: usize = 0;

function lastLiterals(next: usize, to: usize, toEnd: usize, partial: bool): i32 {
  let count = literalsEnd - next;
  const room = toEnd - to;
  const cut = count > room;
  if (cut) {
    if (!partial) return TOO_LONG;
    count = room;
  }
  memory.copy(to, next, count);
  outputAfter = to + count;
  return cut ? CUT : OK;
}

/** Chooses or reads the table of a kind: the default, one state, a new one, or the last one again. */
function setTable(kind: u32, form: u32, end: usize): bool {
  if (form === 3) return ofKind(TABLES, kind) !== 0;
  let table = BROUGHT_STATES + kind * MOST_STATES;
  let log: u32 = 0;
  if (form === 0) {
    table = DEFAULT_STATES + kind * 64;
    log = ofKind(DEFAULT_LOG, kind);
  } else if (form === 1) {
    if (at >= end) return false;
    const symbol = <u32>load<u8>(at++);
    if (symbol >= ofKind(SYMBOLS, kind)) return false;
    buildState(table, VALUES + kind * 512 + (symbol << 3));
  } else {
    const bytes = readShares(at, end - at, ofKind(MOST_LOG, kind), ofKind(SYMBOLS, kind));
    if (bytes === 0) return false;
    at += bytes;
    log = sharesLog;
    buildStates(table, log, sharesSymbols, VALUES + kind * 512);
  }
  store<u32>(TABLES + (kind << 2), table);
  store<u32>(LOGS + (kind << 2), log);
  return true;
}

/** The entry of a kind's first state, which the last of `bits` say. */
function firstState(kind: u32, bits: u64): u64 {
  return stateAt(ofKind(TABLES, kind) + (<u32>bits & ((1 << ofKind(LOGS, kind)) - 1)));
}

/** Carries out `count` sequences, whose bits end at `end`. In one piece: some twenty variables live through all of the loop. */
function carryOut(end: usize, count: u32, start: usize, to: usize, toEnd: usize, partial: bool): i32 {
  const bits = at;
  let position = bitsBeforeMarker(bits, end - bits);
  const logs = ofKind(LOGS, LENGTHS) + ofKind(LOGS, DISTANCES) + ofKind(LOGS, MATCHES);
  if (position < <i32>logs) return ENDS_EARLY;
  const first = topBits(bitsBefore(bits, position), logs);
  position -= <i32>logs;
  let ofMatch = firstState(MATCHES, first);
  let ofDistance = firstState(DISTANCES, first >> ofKind(LOGS, MATCHES));
  let ofLength = firstState(LENGTHS, first >> (ofKind(LOGS, MATCHES) + ofKind(LOGS, DISTANCES)));
  let next = literals;
  // As far as copies may go that write or read OVERSHOOT bytes more than there are.
  const nextSafe = min<usize>(literalsEnd, literalsLimit - OVERSHOOT);
  const toSafe = toEnd - OVERSHOOT;
  let near = recent0;
  let nearer = recent1;
  let third = recent2;
  for (; ; count--) {
    // 57 bits or more: 25 of a distance and 32 of lengths.
    let top = bitsBefore(bits, position);
    const distanceBits = (ofDistance >> 32) & 255;
    let distance = <usize>ofDistance + <usize>topBits(top, distanceBits);
    position -= <i32>distanceBits;
    if (distanceBits > 25) {
      if (position < 0) return ENDS_EARLY;
      top = bitsBefore(bits, position);
    } else top <<= distanceBits;
    const lengthBits = (ofLength >> 32) & 255;
    const matchBits = (ofMatch >> 32) & 255;
    let length = <usize>ofLength;
    let match = <usize>ofMatch;
    const extraBits = lengthBits + matchBits;
    // Most lengths are short, and have none.
    if (extraBits !== 0) {
      const extra = topBits(top, extraBits);
      length += <usize>extra & ((<usize>1 << <usize>lengthBits) - 1);
      match += <usize>(extra >> lengthBits);
      position -= <i32>extraBits;
      top <<= extraBits;
    }
    if (distanceBits > 1) {
      third = nearer;
      nearer = near;
      near = distance;
    } else {
      // One of the last three; without literals in between the first of them makes no sense, and they move up by one.
      if (<u32>ofLength === 0) distance++;
      if (distance !== 0) {
        const again = distance === 1 ? nearer : distance === 2 ? third : near - 1;
        if (distance !== 1) third = nearer;
        nearer = near;
        near = again;
      }
      distance = near;
    }
    if (count > 1) {
      if (position < 0) return ENDS_EARLY;
      // A step takes up to 26.
      if (distanceBits + extraBits > 31) top = bitsBefore(bits, position);
      const matchStep = (ofMatch >> 40) & 255;
      const distanceStep = (ofDistance >> 40) & 255;
      const step = ((ofLength >> 40) & 255) + matchStep + distanceStep;
      const states = topBits(top, step);
      position -= <i32>step;
      const low = <usize>states;
      ofLength = stateAt(<usize>(ofLength >> 48) + <usize>(states >> (matchStep + distanceStep)));
      ofMatch = stateAt(<usize>(ofMatch >> 48) + ((low >> <usize>distanceStep) & ((<usize>1 << <usize>matchStep) - 1)));
      ofDistance = stateAt(<usize>(ofDistance >> 48) + (low & ((<usize>1 << <usize>distanceStep) - 1)));
      if (position < 0) return ENDS_EARLY;
    }
    if (<isize>(toSafe - to) >= <isize>(length + match) && <isize>(nextSafe - next) >= <isize>length) {
      v128.store(to, v128.load(next));
      if (length > 16) copyWide(to + 16, next + 16, length - 16);
      to += length;
      next += length;
      // 0 is no distance: one less is more than all.
      if (distance - 1 >= to - start) return BAD_DISTANCE;
      copyMatch(to, distance, match);
      to += match;
    } else {
      if (length > literalsEnd - next) return BAD_SYMBOL;
      const status = nearEnd(next, length, distance, match, start, to, toEnd, partial);
      if (status !== OK) return status;
      to = outputAfter;
      next += length;
    }
    if (count === 1) break;
  }
  if (position !== 0) return BAD_SYMBOL;
  recent0 = near;
  recent1 = nearer;
  recent2 = third;
  outputAfter = to;
  literalsAfter = next;
  return OK;
}

/** One sequence where there is no room to write or read more than it has. */
function nearEnd(
  next: usize,
  length: usize,
  distance: usize,
  match: usize,
  start: usize,
  to: usize,
  toEnd: usize,
  partial: bool,
): i32 {
  const cut = length + match > toEnd - to;
  if (cut && !partial) return TOO_LONG;
  if (length >= toEnd - to && cut) {
    memory.copy(to, next, toEnd - to);
    return CUT;
  }
  memory.copy(to, next, length);
  to += length;
  if (distance - 1 >= to - start) return BAD_DISTANCE;
  copyMatchExactly(to, distance, cut ? toEnd - to : match);
  outputAfter = to + match;
  return cut ? CUT : OK;
}
