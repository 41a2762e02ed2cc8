/** The kernels in JavaScript, with the decoders of Node and of packages: slower, the same results. */
import { inflateRawSync, inflateSync } from 'node:zlib';
import { uncompressSync } from 'lz4-napi';
import createXxhash from 'xxhash-wasm';
import { CodecError } from '../errors.ts';
import type { Decoder, KernelMemory, Kernels } from './kernels.ts';
import { BYTE_COUNT_MASK, VECTOR_HEADER_BYTES } from './object-header.ts';
import { growing, sharedMemory } from './shared-memory.ts';

const { h64Raw } = await createXxhash();
const CHECKSUM_BYTES = 8;
const PREFIX_BYTES = 4;

/** New memory with plain kernels. */
export function plainMemory(): KernelMemory {
  const memory = growing(sharedMemory());
  let bytes = Buffer.from(memory.buffer());
  const now = () => {
    if (bytes.buffer !== memory.buffer()) bytes = Buffer.from(memory.buffer());
    return bytes;
  };
  return { kernels: plainKernels(now), start: 0, ...memory };
}

function plainKernels(memory: () => Buffer): Kernels {
  return {
    swapCopy: (from, to, bytes, log) => swapCopy(memory(), from, to, bytes, log),
    lists: (...parameters) => lists(memory(), ...parameters),
    vectors: (...parameters) => vectors(memory(), ...parameters),
    counted: (...parameters) => counted(memory(), ...parameters),
    sameBytes: (a, b, bytes) => memory().compare(memory(), a, a + bytes, b, b + bytes) === 0,
    inflateRaw: inflater(memory, inflateRawSync),
    inflateZlib: inflater(memory, inflateSync),
    lz4Checked: (from, bytes, to, length) => lz4Checked(memory(), from, bytes, to, length),
  };
}

function swapCopy(memory: Buffer, from: number, to: number, bytes: number, log: number): void {
  const target = memory.subarray(to, to + bytes);
  target.set(memory.subarray(from, from + bytes));
  if (log === 1) target.swap16();
  else if (log === 2) target.swap32();
  else if (log === 3) target.swap64();
}

function lists(memory: Buffer, ...parameters: Parameters<Kernels['lists']>): number {
  const [data, dataEnd, table, entries, shift, header, checked, log, values, valuesEnd, offsets, first] = parameters;
  let from = data;
  let to = values;
  for (let entry = 0; entry < entries; entry++) {
    const end = entry + 1 < entries ? data + startOf(memory, table, entry + 1, shift) : dataEnd;
    const bytes = end - from - header;
    if (data + startOf(memory, table, entry, shift) !== from || end > dataEnd) return ~entry;
    if (bytes < 0 || bytes % 2 ** log !== 0 || bytes > valuesEnd - to) return ~entry;
    if (checked && memory.readInt32BE(from) !== ((bytes + 6) | BYTE_COUNT_MASK)) return ~entry;
    if (checked && memory.readInt32BE(from + 6) !== bytes >> log) return ~entry;
    swapCopy(memory, from + header, to, bytes, log);
    from = end;
    to += bytes;
    memory.writeInt32LE(first + ((to - values) >> log), offsets + 4 * entry);
  }
  return from === dataEnd ? (to - values) >> log : ~entries;
}

function vectors(memory: Buffer, ...parameters: Parameters<Kernels['vectors']>): number {
  const [data, dataEnd, entries, log, values, valuesEnd, offsets, first] = parameters;
  let from = data;
  let to = values;
  for (let entry = 0; entry < entries; entry++) {
    if (dataEnd - from < VECTOR_HEADER_BYTES) return ~entry;
    const bytes = memory.readUInt32BE(from + 6) * 2 ** log;
    const promised = memory.readInt32BE(from);
    from += VECTOR_HEADER_BYTES;
    if (bytes > dataEnd - from || bytes > valuesEnd - to || promised !== ((bytes + 6) | BYTE_COUNT_MASK)) return ~entry;
    swapCopy(memory, from, to, bytes, log);
    from += bytes;
    to += bytes;
    memory.writeInt32LE(first + ((to - values) >> log), offsets + 4 * entry);
  }
  return from === dataEnd ? (to - values) >> log : ~entries;
}

function counted(memory: Buffer, ...parameters: Parameters<Kernels['counted']>): number {
  const [table, entries, shift, bytes, log, offsets, first] = parameters;
  let last = 0;
  if (entries === 0 ? bytes !== 0 : startOf(memory, table, 0, shift) !== 0) return ~0;
  for (let entry = 0; entry < entries; entry++) {
    const end = entry + 1 < entries ? startOf(memory, table, entry + 1, shift) : bytes;
    if (end < last || end % 2 ** log !== 0) return ~entry;
    last = end;
    memory.writeInt32LE(first + (end >> log), offsets + 4 * entry);
  }
  return last >> log;
}

function startOf(memory: Buffer, table: number, entry: number, shift: number): number {
  return memory.readInt32BE(table + 4 * entry) - shift;
}

function inflater(memory: () => Buffer, inflate: typeof inflateSync): Decoder {
  return (from, bytes, to, length) => {
    // A chunk a little larger than the block avoids node's second allocation and copy.
    const options = { chunkSize: length + 64, maxOutputLength: length + 1 };
    return place(memory(), inflate(memory().subarray(from, from + bytes), options), to, length);
  };
}

function lz4Checked(memory: Buffer, from: number, bytes: number, to: number, length: number): number {
  if (bytes < CHECKSUM_BYTES) throw new CodecError('the block ends within its checksum');
  const block = Buffer.from(memory.subarray(from, from + bytes));
  if (h64Raw(block.subarray(CHECKSUM_BYTES)) !== block.readBigUInt64BE()) throw new CodecError('its checksum differs');
  // The library wants the length in front of the data: it takes the place of the checksum, which nobody needs any more.
  const start = CHECKSUM_BYTES - PREFIX_BYTES;
  block.writeUInt32LE(length, start);
  return place(memory, uncompressSync(block.subarray(start)), to, length);
}

function place(memory: Buffer, bytes: Uint8Array, to: number, length: number): number {
  if (bytes.length !== length) throw new CodecError(`it holds ${bytes.length} bytes, not ${length}`);
  memory.set(bytes, to);
  return 0;
}
