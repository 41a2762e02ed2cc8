/** CRC-32 and CRC-64 as .xz has them (section 6), eight bytes at a time. */

/** For each kind eight tables of 256: what a byte means that 0 to 7 bytes follow. */
const TABLES32: usize = memory.data(8 * 256 * 4, 16);
const TABLES64: usize = memory.data(8 * 256 * 8, 16);

for (let byte: u32 = 0; byte < 256; byte++) {
  let small: u32 = byte;
  let large: u64 = byte;
  for (let bit = 0; bit < 8; bit++) {
    small = (small >> 1) ^ (0xedb88320 & (0 - (small & 1)));
    large = (large >> 1) ^ (0xc96c5795d7870f42 & (0 - (large & 1)));
  }
  store<u32>(TABLES32 + (byte << 2), small);
  store<u64>(TABLES64 + (byte << 3), large);
}
for (let i: u32 = 256; i < 8 * 256; i++) {
  const small = load<u32>(TABLES32 + ((i - 256) << 2));
  const large = load<u64>(TABLES64 + ((i - 256) << 3));
  store<u32>(TABLES32 + (i << 2), (small >> 8) ^ load<u32>(TABLES32 + ((small & 255) << 2)));
  store<u64>(TABLES64 + (i << 3), (large >> 8) ^ load<u64>(TABLES64 + ((<u32>large & 255) << 3)));
}

export function crc32(from: usize, bytes: usize): u32 {
  let crc: u32 = 0xffffffff;
  const end = from + bytes;
  for (; end - from >= 8; from += 8) {
    const next = load<u64>(from) ^ <u64>crc;
    crc = 0;
    for (let i: u32 = 0; i < 8; i++) crc ^= load<u32>(TABLES32 + ((((7 - i) << 8) + (<u32>(next >> (i << 3)) & 255)) << 2));
  }
  for (; from < end; from++) crc = (crc >> 8) ^ load<u32>(TABLES32 + (((crc ^ <u32>load<u8>(from)) & 255) << 2));
  return ~crc;
}

export function crc64(from: usize, bytes: usize): u64 {
  let crc: u64 = 0xffffffffffffffff;
  const end = from + bytes;
  for (; end - from >= 8; from += 8) {
    const next = load<u64>(from) ^ crc;
    crc = 0;
    for (let i: u32 = 0; i < 8; i++) crc ^= load<u64>(TABLES64 + ((((7 - i) << 8) + (<u32>(next >> (i << 3)) & 255)) << 3));
  }
  for (; from < end; from++) crc = (crc >> 8) ^ load<u64>(TABLES64 + (((<u32>crc ^ <u32>load<u8>(from)) & 255) << 3));
  return ~crc;
}
