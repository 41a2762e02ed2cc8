/** LZ4 blocks (lz4_Block_format.md), alone and as ROOT stores them: behind the xxHash64 of the compressed bytes. */
import { copyMatch, copyMatchExactly, copyShort, copyWide, OVERSHOOT } from './copy';
import { BAD_CHECKSUM, BAD_DISTANCE, ENDS_EARLY, OK, TOO_LONG, TOO_SHORT } from './status';
import { xxHash64 } from './xxhash';

/** A short sequence: up to 14 literals and a match of up to 18 bytes, copied by 16 and by 16 + 16. */
const SHORT_INPUT: usize = 16 + 2;
const SHORT_OUTPUT: usize = 14 + 32;

/** `bytes` bytes at `from` must become exactly `length` at `to`; with `partial`, `length` or more, of which the first are wanted. */
function lz4(from: usize, bytes: usize, to: usize, length: usize, partial: bool): i32 {
  const inputEnd = from + bytes;
  const start = to;
  const end = to + length;
  const lastShort = inputEnd - SHORT_INPUT;
  const lastShortTo = end - SHORT_OUTPUT;
  while (from < inputEnd) {
    const token = <u32>load<u8>(from++);
    let literals = <usize>(token >> 4);
    let matched = <usize>(token & 15);
    if (literals < 15 && from <= lastShort && to <= lastShortTo) {
      v128.store(to, v128.load(from));
      to += literals;
      from += literals;
      const near = <usize>load<u16>(from);
      if (matched < 15 && near - 1 < to - start) {
        from += 2;
        copyShort(to, near);
        to += matched + 4;
        continue;
      }
    } else {
      if (literals === 15) {
        for (let more: u32 = 255; more === 255; literals += more) {
          if (from === inputEnd) return ENDS_EARLY;
          more = <u32>load<u8>(from++);
          if (literals > bytes) return ENDS_EARLY;
        }
      }
      if (literals > inputEnd - from) return ENDS_EARLY;
      if (literals > end - to) {
        if (!partial) return TOO_LONG;
        memory.copy(to, from, end - to);
        return OK;
      }
      if (inputEnd - from - literals >= OVERSHOOT && end - to - literals >= OVERSHOOT) copyWide(to, from, literals);
      else memory.copy(to, from, literals);
      to += literals;
      from += literals;
      if (partial && to === end) return OK;
      // The last sequence is literals alone.
      if (from === inputEnd) return to === end ? OK : TOO_SHORT;
      if (inputEnd - from < 2) return ENDS_EARLY;
    }
    const distance = <usize>load<u16>(from);
    from += 2;
    if (matched === 15) {
      for (let more: u32 = 255; more === 255; matched += more) {
        if (from === inputEnd) return ENDS_EARLY;
        more = <u32>load<u8>(from++);
        if (matched > length && !partial) return TOO_LONG;
      }
    }
    matched += 4;
    if (distance === 0 || distance > to - start) return BAD_DISTANCE;
    if (matched > end - to) {
      if (!partial) return TOO_LONG;
      copyMatchExactly(to, distance, end - to);
      return OK;
    }
    if (end - to - matched >= OVERSHOOT) copyMatch(to, distance, matched);
    else copyMatchExactly(to, distance, matched);
    to += matched;
    if (partial && to === end) return OK;
  }
  return ENDS_EARLY;
}

/** The same behind 8 bytes of checksum, which is looked at first. */
export function lz4Checked(from: usize, bytes: usize, to: usize, length: usize): i32 {
  return checked(from, bytes, to, length, false);
}

/** The first `length` bytes of it. The checksum is that of the compressed bytes, and is looked at all the same. */
export function lz4Start(from: usize, bytes: usize, to: usize, length: usize): i32 {
  return checked(from, bytes, to, length, true);
}

function checked(from: usize, bytes: usize, to: usize, length: usize, partial: bool): i32 {
  if (bytes < 8) return ENDS_EARLY;
  if (bswap<u64>(load<u64>(from)) !== xxHash64(from + 8, bytes - 8)) return BAD_CHECKSUM;
  return lz4(from + 8, bytes - 8, to, length, partial);
}
