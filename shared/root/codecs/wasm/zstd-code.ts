/** The Huffman code of literals (RFC 8878, section 4.2.1): its weights as they are stored, and the table that decodes it. */
import { bitsBefore, bitsBeforeMarker, buildStates, readShares, sharesLog, sharesSymbols, stateAt, topBits, WEIGHT_STATES } from './zstd-fse';

/** Codes have up to 11 bits. Of 12 they are nowhere made, but read by the program that everybody uses. */
export const LOG: u32 = 11;
const LONG_LOG: u32 = 12;

/** What the next bits mean: how many of them are its code, and the symbol. Two tables, so that nobody has to take them apart. */
// @ts-ignore: decorator
@inline
export const WIDTHS: usize = memory.data(4096, 16);
// @ts-ignore: decorator
@inline
export const SYMBOLS: usize = memory.data(4096, 16);
const WEIGHTS: usize = memory.data(256);
const STARTS: usize = memory.data(16 * 4, 16);
const NUMBERS: usize = memory.data(256 * 8, 16);

for (let i: u32 = 0; i < 256; i++) store<u64>(NUMBERS + (i << 3), i);

/** So many bits index the table; 0 where there is none yet. */
export let tableLog: u32 = 0;

/** In front of a frame: there is no code that could be used again. */
export function forgetCode(): void {
  tableLog = 0;
}

/** Reads the weights of a code and builds its table. @returns the bytes they take; 0 where they make no code */
export function readCode(from: usize, bytes: usize): usize {
  if (bytes === 0) return 0;
  const first = <usize>load<u8>(from);
  let symbols: u32 = 0;
  let taken: usize = 0;
  if (first >= 128) {
    symbols = <u32>first - 127;
    taken = (symbols + 1) >> 1;
    if (taken >= bytes) return 0;
    for (let i: u32 = 0; i < symbols; i++) {
      const pair = <u32>load<u8>(from + 1 + (i >> 1));
      store<u8>(WEIGHTS + i, <u8>(i & 1 ? pair & 15 : pair >> 4));
    }
  } else {
    taken = first;
    if (taken >= bytes) return 0;
    symbols = readWeights(from + 1, taken);
  }
  return symbols !== 0 && buildCode(symbols) ? taken + 1 : 0;
}

/** Weights stored by two states that take turns, up to where the stream has no bits for the next one. @returns how many */
function readWeights(from: usize, bytes: usize): u32 {
  const header = readShares(from, bytes, 6, 256);
  if (header === 0) return 0;
  buildStates(WEIGHT_STATES, sharesLog, sharesSymbols, NUMBERS);
  const start = from + header;
  let position = bitsBeforeMarker(start, bytes - header) - <i32>(sharesLog << 1);
  if (position < 0) return 0;
  const states = topBits(bitsBefore(start, position + <i32>(sharesLog << 1)), <u64>sharesLog << 1);
  let state = WEIGHT_STATES + <u32>(states >> sharesLog);
  let other = WEIGHT_STATES + (<u32>states & ((1 << sharesLog) - 1));
  for (let i: u32 = 0; i < 254; i++) {
    const entry = stateAt(state);
    store<u8>(WEIGHTS + i, <u8>entry);
    const width = <i32>(entry >> 40) & 255;
    if (position < width) {
      store<u8>(WEIGHTS + i + 1, <u8>stateAt(other));
      return i + 2;
    }
    state = other;
    other = <u32>(entry >> 48) + <u32>topBits(bitsBefore(start, position), width);
    position -= width;
  }
  return 0;
}

/** The last weight is what the others leave. A symbol of weight w has 2^(w-1) places of the table; the lightest come first. */
function buildCode(symbols: u32): bool {
  memory.fill(STARTS, 0, 64);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < symbols; i++) {
    const weight = <u32>load<u8>(WEIGHTS + i);
    if (weight > LONG_LOG) return false;
    sum += ((1 << weight) >> 1);
    count(weight);
  }
  if (sum === 0) return false;
  const log: u32 = 32 - clz<u32>(sum);
  const rest: u32 = (1 << log) - sum;
  if (log > LONG_LOG || (rest & (rest - 1)) !== 0) return false;
  const lastWeight = 32 - clz<u32>(rest);
  store<u8>(WEIGHTS + symbols, <u8>lastWeight);
  count(lastWeight);
  const lightest = load<u32>(STARTS + 4);
  if (lightest < 2 || (lightest & 1) !== 0) return false;
  tableLog = log > LOG ? LONG_LOG : LOG;
  let next: u32 = 0;
  for (let weight: u32 = 1; weight <= log; weight++) {
    const places = load<u32>(STARTS + (weight << 2)) << (weight - 1 + tableLog - log);
    store<u32>(STARTS + (weight << 2), next);
    next += places;
  }
  for (let i: u32 = 0; i <= symbols; i++) {
    const weight = <u32>load<u8>(WEIGHTS + i);
    if (weight === 0) continue;
    const slot = STARTS + (weight << 2);
    const start = load<u32>(slot);
    const places: u32 = 1 << (weight - 1 + tableLog - log);
    store<u32>(slot, start + places);
    fill(WIDTHS + start, places, <u8>(log + 1 - weight));
    fill(SYMBOLS + start, places, <u8>i);
  }
  return true;
}

// @ts-ignore: decorator
@inline
function count(weight: u32): void {
  const slot = STARTS + (weight << 2);
  store<u32>(slot, load<u32>(slot) + 1);
}

/** A power of two of places. */
function fill(at: usize, places: u32, value: u8): void {
  const many = i8x16.splat(<i8>value);
  if (places >= 16) for (const end = at + places; at < end; at += 16) v128.store(at, many);
  else if (places === 8) store<u64>(at, <u64>i64x2.extract_lane(many, 0));
  else if (places === 4) store<u32>(at, <u32>i32x4.extract_lane(many, 0));
  else if (places === 2) store<u16>(at, <u16>i32x4.extract_lane(many, 0));
  else store<u8>(at, value);
}
