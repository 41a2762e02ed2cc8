/**
 * Lists of numbers: ROOT's bytes to values and offsets. A table of big-endian i32 says where each entry starts, `shift` too
 * high; the last one ends where the data end. Answers are the number of values, or ~entry for the first entry that
 * contradicts its table, its header or the room for values.
 */
import { swapMask, swapTail } from './swap';

/** Set in the byte count in front of each object. */
const BYTE_COUNT: u32 = 0x40000000;
/** Bytes in front of the values of a std::vector: byte count 4, version 2, number of values 4. */
const VECTOR_HEADER: usize = 10;

/**
 * Entries of values behind `header` bytes, which for std::vector (header 10) hold a byte count, a version and the number of
 * values: both are checked. Writes the values to `values`, and `entries` offsets to `offsets`: where each entry ends.
 */
export function lists(
  data: usize,
  dataEnd: usize,
  table: usize,
  entries: u32,
  shift: i32,
  header: usize,
  checked: bool,
  log: u32,
  values: usize,
  valuesEnd: usize,
  offsets: usize,
  first: i32,
): i32 {
  const mask = swapMask(log);
  const odd: usize = ((<usize>1) << log) - 1;
  const length = dataEnd - data;
  let to = values;
  let start: usize = entries > 0 ? <usize>(startOf(table, 0) - shift) : 0;
  if (start !== 0) return ~0;
  for (let entry: u32 = 0; entry < entries; entry++, offsets += 4) {
    const end = entry + 1 < entries ? <usize>(startOf(table, entry + 1) - shift) : length;
    if (end > length || end < start || end - start < header) return ~entry;
    const bytes = end - start - header;
    if (bytes & odd || bytes > valuesEnd - to) return ~entry;
    let from = data + start;
    if (checked) {
      if (bswap<u32>(load<u32>(from)) !== ((<u32>bytes + 6) | BYTE_COUNT)) return ~entry;
      if (bswap<u32>(load<u32>(from, 6)) !== <u32>(bytes >> log)) return ~entry;
    }
    from += header;
    if (dataEnd - from >= bytes + 16 && valuesEnd - to >= bytes + 16) {
      v128.store(to, i8x16.swizzle(v128.load(from), mask));
      for (let i: usize = 16; i < bytes; i += 16) v128.store(to + i, i8x16.swizzle(v128.load(from + i), mask));
    } else {
      swapTail(from, to, bytes, log);
    }
    to += bytes;
    start = end;
    store<i32>(offsets, first + <i32>((to - values) >> log));
  }
  return start === length ? <i32>((to - values) >> log) : ~entries;
}

/**
 * Entries that are one std::vector each, one after the other, without a table: each header says how long its entry is, twice.
 * Otherwise like `lists`.
 */
export function vectors(
  data: usize,
  dataEnd: usize,
  entries: u32,
  log: u32,
  values: usize,
  valuesEnd: usize,
  offsets: usize,
  first: i32,
): i32 {
  const mask = swapMask(log);
  let from = data;
  let to = values;
  for (let entry: u32 = 0; entry < entries; entry++, offsets += 4) {
    if (dataEnd - from < VECTOR_HEADER) return ~entry;
    const count = <usize>bswap<u32>(load<u32>(from, 6));
    const head = bswap<u32>(load<u32>(from));
    from += VECTOR_HEADER;
    if (count > (dataEnd - from) >> log) return ~entry;
    const bytes = count << log;
    if (head !== ((<u32>bytes + 6) | BYTE_COUNT) || bytes > valuesEnd - to) return ~entry;
    if (dataEnd - from >= bytes + 16 && valuesEnd - to >= bytes + 16) {
      v128.store(to, i8x16.swizzle(v128.load(from), mask));
      for (let i: usize = 16; i < bytes; i += 16) v128.store(to + i, i8x16.swizzle(v128.load(from + i), mask));
    } else {
      swapTail(from, to, bytes, log);
    }
    from += bytes;
    to += bytes;
    store<i32>(offsets, first + <i32>((to - values) >> log));
  }
  return from === dataEnd ? <i32>((to - values) >> log) : ~entries;
}

/** The offsets alone, for entries without headers: their values stand one after the other. */
export function counted(table: usize, entries: u32, shift: i32, length: i32, log: u32, offsets: usize, first: i32): i32 {
  if (entries === 0) return length === 0 ? 0 : ~0;
  const odd: i32 = (1 << log) - 1;
  if (startOf(table, 0) !== shift) return ~0;
  let entry: u32 = 1;
  let last: i32 = 0;
  let wrong = i32x4.splat(0);
  const mask = swapMask(2);
  for (; entry + 4 <= entries; entry += 4) {
    const ends = i32x4.sub(i8x16.swizzle(v128.load(table + (<usize>entry << 2)), mask), i32x4.splat(shift));
    const starts = i8x16.shuffle(i32x4.splat(last), ends, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    last = i32x4.extract_lane(ends, 3);
    wrong = v128.or(wrong, v128.or(i32x4.lt_s(ends, starts), v128.and(ends, i32x4.splat(odd))));
    v128.store(offsets, i32x4.add(i32x4.shr_s(ends, log), i32x4.splat(first)));
    offsets += 16;
  }
  if (v128.any_true(wrong)) return firstWrong(table, entries, shift, odd);
  for (; entry <= entries; entry++, offsets += 4) {
    const end = entry < entries ? startOf(table, entry) - shift : length;
    if (end < last || (end & odd) !== 0) return ~(entry - 1);
    last = end;
    store<i32>(offsets, first + (end >> log));
  }
  return length >> log;
}

function firstWrong(table: usize, entries: u32, shift: i32, odd: i32): i32 {
  let last: i32 = 0;
  for (let entry: u32 = 1; entry < entries; entry++) {
    const end = startOf(table, entry) - shift;
    if (end < last || (end & odd) !== 0) return ~(entry - 1);
    last = end;
  }
  return ~entries;
}

// @ts-ignore: decorator
@inline
function startOf(table: usize, entry: u32): i32 {
  return bswap<i32>(load<i32>(table + ((<usize>entry) << 2)));
}
