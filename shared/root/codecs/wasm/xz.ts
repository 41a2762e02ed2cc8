/**
 * .xz streams (.xz format 1.2) of one block, compressed by LZMA2 alone, with CRC-32, CRC-64 or no check: what ROOT and everybody
 * else writes. Others are OTHER_KIND, which the caller knows how to deal with.
 */
import { crc32, crc64 } from './crc';
import { inputAfter, lzma2 } from './lzma';
import { BAD_CHECKSUM, BAD_HEADER, ENDS_EARLY, OK, OTHER_KIND } from './status';

const HEADER: usize = 12;
const FOOTER: usize = 12;
const CRC32: u32 = 1;
const CRC64: u32 = 4;

/** The stream must become exactly `length` bytes; the checks of its header and its block are compared. */
export function xz(from: usize, bytes: usize, to: usize, length: usize): i32 {
  return decode(from, bytes, to, length, false);
}

/** The first `length` bytes of a stream. The check of the block covers all of it, and is not compared. */
export function xzStart(from: usize, bytes: usize, to: usize, length: usize): i32 {
  return decode(from, bytes, to, length, true);
}

function decode(from: usize, bytes: usize, to: usize, length: usize, partial: bool): i32 {
  if (bytes < HEADER + 8 + FOOTER) return ENDS_EARLY;
  // FD 37 7A 58 5A 00, and two bytes of flags, the second of which is the kind of check.
  if (load<u32>(from) !== 0x587a37fd || load<u16>(from, 4) !== 0x005a || load<u8>(from, 6) !== 0) return BAD_HEADER;
  if (load<u32>(from, 8) !== crc32(from + 6, 2)) return BAD_HEADER;
  const check = <u32>load<u8>(from, 7);
  if (check !== 0 && check !== CRC32 && check !== CRC64) return OTHER_KIND;
  const block = from + HEADER;
  const end = from + bytes - FOOTER;
  const size = (<usize>load<u8>(block) + 1) << 2;
  if (size === 4) return OTHER_KIND; // an index: there is no block
  if (size + 4 > end - block) return ENDS_EARLY;
  if (load<u32>(block + size - 4) !== crc32(block, size - 4)) return BAD_HEADER;
  if (!isPlainLzma2(block, size)) return OTHER_KIND;
  const data = block + size;
  const status = lzma2(data, end - data, to, length, partial);
  if (status !== OK || partial) return status;
  const after = data + ((inputAfter - data + 3) & ~3);
  const checkBytes: usize = check === 0 ? 0 : check === CRC32 ? 4 : 8;
  if (end - after < checkBytes + 1) return ENDS_EARLY;
  if (check === CRC32 && load<u32>(after) !== crc32(to, length)) return BAD_CHECKSUM;
  if (check === CRC64 && load<u64>(after) !== crc64(to, length)) return BAD_CHECKSUM;
  // The index follows; it starts with 0, where another block would have its length.
  return load<u8>(after + checkBytes) === 0 ? OK : OTHER_KIND;
}

/** One filter, which is LZMA2; behind two lengths that may be there. */
function isPlainLzma2(block: usize, size: usize): bool {
  const flags = <u32>load<u8>(block + 1);
  if ((flags & 0x3f) !== 0) return false;
  let at = block + 2;
  const end = block + size - 4;
  for (let lengths = ((flags >> 6) & 1) + (flags >> 7); lengths > 0; lengths--) {
    while (at < end && load<u8>(at) >= 0x80) at++;
    at++;
  }
  return at + 3 <= end && load<u8>(at) === 0x21 && load<u8>(at, 1) === 1;
}
