/** True if the two places hold the same bytes. */
export function sameBytes(a: usize, b: usize, bytes: usize): bool {
  const end = a + bytes;
  for (; end - a >= 16; a += 16, b += 16) if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
  for (; a < end; a++, b++) if (load<u8>(a) !== load<u8>(b)) return false;
  return true;
}
