/** Big-endian numbers to little-endian ones, for any width: a vector of 16 bytes is rearranged by a mask. */

const MASKS: usize = memory.data<u8>(
  [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14,
    3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
    7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8,
  ],
  16,
);

/** For numbers of 2^log bytes, log 0..3. */
// @ts-ignore: decorator
@inline
export function swapMask(log: u32): v128 {
  return v128.load(MASKS + (<usize>log << 4));
}

/** Copies `bytes` bytes (whole numbers of 2^log bytes), each number turned round. The two places must not overlap. */
export function swapCopy(from: usize, to: usize, bytes: usize, log: u32): void {
  const mask = swapMask(log);
  const end = from + bytes;
  for (; end - from >= 64; from += 64, to += 64) {
    v128.store(to, i8x16.swizzle(v128.load(from), mask));
    v128.store(to, i8x16.swizzle(v128.load(from, 16), mask), 16);
    v128.store(to, i8x16.swizzle(v128.load(from, 32), mask), 32);
    v128.store(to, i8x16.swizzle(v128.load(from, 48), mask), 48);
  }
  for (; end - from >= 16; from += 16, to += 16) v128.store(to, i8x16.swizzle(v128.load(from), mask));
  swapTail(from, to, end - from, log);
}

/** The same, number by number. */
export function swapTail(from: usize, to: usize, bytes: usize, log: u32): void {
  const width: usize = (<usize>1) << log;
  for (const end = from + bytes; from < end; from += width, to += width) {
    if (log === 2) store<u32>(to, bswap<u32>(load<u32>(from)));
    else if (log === 3) store<u64>(to, bswap<u64>(load<u64>(from)));
    else if (log === 1) store<u16>(to, bswap<u16>(load<u16>(from)));
    else store<u8>(to, load<u8>(from));
  }
}
