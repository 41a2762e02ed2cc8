/** Adler-32 (RFC 1950, section 8.2), 16 bytes at a time. */

const BASE: u32 = 65521;
/** So many bytes can be added up before the second sum could pass 32 bits. */
const MOST: usize = 5552;

export function adler32(from: usize, bytes: usize): u32 {
  let a: u32 = 1;
  let b: u32 = 0;
  while (bytes > 0) {
    const part = bytes < MOST ? bytes : MOST;
    const wide = part & ~15;
    if (wide > 0) {
      b += a * <u32>wide;
      let sums = i32x4.splat(0); // of bytes
      let before = i32x4.splat(0); // of `sums` as they were in front of each step: each counts 16 times
      let weighted = i32x4.splat(0);
      for (const end = from + wide; from < end; from += 16) {
        const v = v128.load(from);
        before = i32x4.add(before, sums);
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v)));
        const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(v), i16x8(16, 15, 14, 13, 12, 11, 10, 9));
        const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(v), i16x8(8, 7, 6, 5, 4, 3, 2, 1));
        weighted = i32x4.add(weighted, i32x4.add(low, high));
      }
      a += total(sums);
      b += total(before) * 16 + total(weighted);
    }
    for (const end = from + (part & 15); from < end; from++) {
      a += <u32>load<u8>(from);
      b += a;
    }
    a %= BASE;
    b %= BASE;
    bytes -= part;
  }
  return (b << 16) | a;
}

function total(v: v128): u32 {
  return (
    <u32>i32x4.extract_lane(v, 0) + <u32>i32x4.extract_lane(v, 1) + <u32>i32x4.extract_lane(v, 2) + <u32>i32x4.extract_lane(v, 3)
  );
}
