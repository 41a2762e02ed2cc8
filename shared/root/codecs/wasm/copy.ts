/** Copies for decoders: matches of any distance in steps of 16 bytes, and a careful way for the end of the output. */

/** Which bytes repeat a pattern of 1..15 bytes over 16: row `distance` is 0, 1 .. distance - 1, 0, 1 .. */
const PATTERNS: usize = memory.data(256, 16);
/** The largest multiple of the distance that 16 bytes hold. */
const STEPS: usize = memory.data(16);

for (let distance: usize = 1; distance < 16; distance++) {
  for (let i: usize = 0; i < 16; i++) store<u8>(PATTERNS + distance * 16 + i, u8(i % distance));
  store<u8>(STEPS + distance, u8(16 - (16 % distance)));
}

/** Bytes behind the end of a copy that `copyMatch` and `copyWide` may write. */
export const OVERSHOOT: usize = 16;

/** The first `distance` (below 16) bytes at `from`, again and again. */
// @ts-ignore: decorator
@inline
function patternAt(from: usize, distance: usize): v128 {
  return i8x16.swizzle(v128.load(from), v128.load(PATTERNS + distance * 16));
}

/** Repeats the `length` bytes that stand `distance` in front of `to`; may write OVERSHOOT bytes more. */
// @ts-ignore: decorator
@inline
export function copyMatch(to: usize, distance: usize, length: usize): void {
  let from = to - distance;
  const end = to + length;
  if (distance >= 16) {
    do {
      v128.store(to, v128.load(from));
      from += 16;
      to += 16;
    } while (to < end);
    return;
  }
  const pattern = patternAt(from, distance);
  const step = <usize>load<u8>(STEPS + distance);
  do {
    v128.store(to, pattern);
    to += step;
  } while (to < end);
}

/** The same, writing not one byte more. */
export function copyMatchExactly(to: usize, distance: usize, length: usize): void {
  for (const end = to + length; to < end; to++) store<u8>(to, load<u8>(to - distance));
}

/** Copies in steps of 16 bytes; may read and write OVERSHOOT bytes more. */
// @ts-ignore: decorator
@inline
export function copyWide(to: usize, from: usize, length: usize): void {
  for (const end = to + length; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
}

/** Repeats what stands `distance` in front of `to`, as `copyMatch` does, for up to 18 bytes; may write up to 32. */
// @ts-ignore: decorator
@inline
export function copyShort(to: usize, distance: usize): void {
  const from = to - distance;
  if (distance >= 16) {
    v128.store(to, v128.load(from));
    store<u16>(to + 16, load<u16>(from + 16));
    return;
  }
  const pattern = patternAt(from, distance);
  v128.store(to, pattern);
  v128.store(to + <usize>load<u8>(STEPS + distance), pattern);
}
