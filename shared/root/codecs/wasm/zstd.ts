/**
 * Zstandard frames (RFC 8878): headers, blocks, checksums. Where no dictionary is needed, that is: a frame that names one, or wants
 * more memory than the program that everybody uses allows, is OTHER_KIND.
 */
import { BAD_BLOCK, BAD_CHECKSUM, BAD_HEADER, ENDS_EARLY, OK, OTHER_KIND, TOO_LONG, TOO_SHORT } from './status';
import { xxHash64 } from './xxhash';
import { forgetCode } from './zstd-code';
import { MOST, readLiterals, sectionEnd } from './zstd-literals';
import { CUT, forgetSequences, outputAfter, sequences } from './zstd-sequences';

const MAGIC: u32 = 0xfd2fb528;
/** The magic number of frames to skip has any value in its last four bits. */
const SKIPPED: u32 = 0x184d2a50;

const LARGEST_WINDOW_LOG: u32 = 31;
const LARGEST_UNKNOWN_WINDOW: u64 = (1 << 27) + 1;

/** Input: next byte and end. */
let input: usize = 0;
let inputEnd: usize = 0;
/** Where the next byte of output goes. */
let output: usize = 0;
/** Of the frame: how much it says it holds, where it says so, the most bytes of a block, and whether a checksum follows. */
let isKnown: bool = false;
let content: u64 = 0;
let largestBlock: u32 = 0;
let isChecked: bool = false;

/** Frames must become exactly `length` bytes; checksums are compared. What follows the last byte's frame is not looked at. */
export function zstd(from: usize, bytes: usize, to: usize, length: usize): i32 {
  input = from;
  inputEnd = from + bytes;
  output = to;
  do {
    if (inputEnd - input < 4) return output === to ? ENDS_EARLY : TOO_SHORT;
    const status = (load<u32>(input) & ~15) === SKIPPED ? skip() : frame(to + length, false);
    if (status !== OK) return status;
  } while (output !== to + length);
  return OK;
}

/** The first `length` bytes of a frame. Its checksum, which covers all of it, is not compared. More frames are OTHER_KIND. */
export function zstdStart(from: usize, bytes: usize, to: usize, length: usize): i32 {
  if (bytes >= 4 && load<u32>(from) !== MAGIC) return (load<u32>(from) & ~15) === SKIPPED ? OTHER_KIND : BAD_HEADER;
  input = from;
  inputEnd = from + bytes;
  output = to;
  const status = frame(to + length, true);
  if (status !== OK) return status;
  return output === to + length ? OK : input < inputEnd ? OTHER_KIND : TOO_SHORT;
}

function skip(): i32 {
  if (inputEnd - input < 8) return ENDS_EARLY;
  const bytes: usize = load<u32>(input, 4);
  input += 8;
  if (inputEnd - input < bytes) return ENDS_EARLY;
  input += bytes;
  return OK;
}

function frame(outputEnd: usize, partial: bool): i32 {
  const status = header();
  if (status !== OK) return status;
  const start = output;
  if (isKnown && content > <u64>(outputEnd - start) && !partial) return TOO_LONG;
  forgetCode();
  forgetSequences();
  let last: bool = false;
  do {
    if (inputEnd - input < 3) return ENDS_EARLY;
    const head = <u32>load<u16>(input) | (<u32>load<u8>(input, 2) << 16);
    input += 3;
    last = (head & 1) !== 0;
    const status = block((head >> 1) & 3, head >> 3, start, outputEnd, partial);
    if (status !== OK) return status === CUT ? OK : status;
  } while (!last);
  if (isKnown && content !== <u64>(output - start)) return content < <u64>(output - start) ? TOO_LONG : TOO_SHORT;
  if (!isChecked) return OK;
  if (inputEnd - input < 4) return ENDS_EARLY;
  if (load<u32>(input) !== <u32>xxHash64(start, output - start)) return BAD_CHECKSUM;
  input += 4;
  return OK;
}

/** Reads the header of a frame (section 3.1.1.1). */
function header(): i32 {
  if (inputEnd - input < 5) return ENDS_EARLY;
  if (load<u32>(input) !== MAGIC) return BAD_HEADER;
  const flags = <u32>load<u8>(input, 4);
  if ((flags & 8) !== 0) return BAD_HEADER;
  const isSingle = (flags & 0x20) !== 0;
  const dictionaryBytes: usize = (<usize>1 << (flags & 3)) >> 1;
  const contentBytes: usize = flags >= 64 ? <usize>1 << (flags >> 6) : isSingle ? 1 : 0;
  input += 5;
  const bytes = dictionaryBytes + contentBytes + (isSingle ? 0 : 1);
  if (inputEnd - input < bytes) return ENDS_EARLY;
  let window: u64 = 0;
  if (!isSingle) {
    const described = <u32>load<u8>(input++);
    const log = (described >> 3) + 10;
    if (log > LARGEST_WINDOW_LOG) return OTHER_KIND;
    window = ((<u64>1 << log) >> 3) * <u64>(8 + (described & 7));
  }
  if (number(dictionaryBytes) !== 0) return OTHER_KIND;
  content = number(contentBytes) + (contentBytes === 2 ? 256 : 0);
  isKnown = contentBytes !== 0;
  isChecked = (flags & 4) !== 0;
  if (isSingle) window = content;
  else if (!isKnown && window > LARGEST_UNKNOWN_WINDOW) return OTHER_KIND;
  largestBlock = window < <u64>MOST ? <u32>window : MOST;
  return OK;
}

/** Reads a number of 0 to 8 bytes. */
function number(bytes: usize): u64 {
  let value: u64 = 0;
  for (let i: usize = 0; i < bytes; i++) value |= (<u64>load<u8>(input++)) << <u64>(i << 3);
  return value;
}

/** A block: stored, one byte repeated, or compressed (section 3.1.1.2). `start` is where its frame begins. */
function block(kind: u32, size: u32, start: usize, outputEnd: usize, partial: bool): i32 {
  if (kind === 3) return BAD_BLOCK;
  // What is not compressed may be larger where the frame says how much it holds: so the program that everybody uses has it.
  if (size > largestBlock && (kind === 2 || !isKnown)) return BAD_BLOCK;
  const stored: usize = kind === 1 ? 1 : size;
  if (inputEnd - input < stored) return ENDS_EARLY;
  const from = input;
  input += stored;
  const room = outputEnd - output;
  if (kind === 2) return compressed(from, input, start, outputEnd, partial);
  const cut = <usize>size > room;
  if (cut && !partial) return TOO_LONG;
  const bytes: usize = cut ? room : size;
  if (kind === 1) memory.fill(output, load<u8>(from), bytes);
  else memory.copy(output, from, bytes);
  output += bytes;
  return partial && output === outputEnd ? CUT : OK;
}

function compressed(from: usize, end: usize, start: usize, outputEnd: usize, partial: bool): i32 {
  let status = readLiterals(from, end, largestBlock);
  if (status !== OK) return status;
  // A frame that does not say how much it holds has no larger blocks than its window.
  const limit = isKnown || outputEnd - output <= <usize>largestBlock ? outputEnd : output + largestBlock;
  status = sequences(sectionEnd, end, start, output, limit, partial && limit === outputEnd);
  if (status !== OK && status !== CUT) return status;
  output = status === CUT ? outputEnd : outputAfter;
  return partial && output === outputEnd ? CUT : status;
}
