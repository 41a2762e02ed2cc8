/** A fingerprint of a branch's values, equal for equal values in any file, codec or program. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type ReadOptions, readBatches } from './batches.ts';
import { type Column, type ElementArray, type ElementType, parseColumnType } from './column-type.ts';
import type { Branch, Tree } from './tree.ts';

/** CRC-32 and SHA-256 of little-endian bytes. */
export interface ByteDigest {
  readonly crc32: number;
  readonly sha256: string;
  readonly nbytes: number;
}

export interface BranchDigest {
  readonly entries: number;
  /** Of the innermost values: int8 ... uint64, float32, float64, bool. */
  readonly dtype: string;
  /** Number of innermost values. */
  readonly count: number;
  /** Over the values as float64, in order; min and max are null where there is no value. */
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly content: ByteDigest;
  /** Per list level, outermost first: int64 offsets from 0 on, entries + 1 of them. */
  readonly offsets: readonly ByteDigest[];
}

const DTYPES: Readonly<Record<ElementType, string>> = {
  bool: 'bool',
  i8: 'int8',
  u8: 'uint8',
  i16: 'int16',
  u16: 'uint16',
  i32: 'int32',
  u32: 'uint32',
  i64: 'int64',
  u64: 'uint64',
  f32: 'float32',
  f64: 'float64',
};

/** Digest of entries [from, to) of a branch, all by default. Errors are those of `readBatches`. */
export async function digestBranch(tree: Tree, branch: Branch, options: ReadOptions = {}): Promise<BranchDigest> {
  const content = new DigestStream();
  const offsets = new DigestStream();
  const statistics = new Statistics();
  let entries = 0;
  let jagged = false;
  let element: ElementType = 'f64';
  for await (const { from, to, columns } of readBatches(tree, [branch.path], options)) {
    const column = columns[branch.path] as Column;
    if (column.offsets !== undefined) offsets.add(shiftedOffsets(column.offsets, statistics.count, entries === 0));
    content.add(column.values);
    statistics.add(column.values);
    entries += to - from;
  }
  if (branch.columnType !== undefined) {
    const parsed = parseColumnType(branch.columnType);
    element = parsed.element;
    jagged = parsed.shape === 'jagged';
  }
  if (jagged && entries === 0) offsets.add(new BigInt64Array(1));
  const { count, sum, min, max } = statistics;
  return { entries, dtype: DTYPES[element], count, sum, min, max, content: content.end(), offsets: jagged ? [offsets.end()] : [] };
}

/** Offsets of a batch, moved on by the values before it; the leading 0 only once. */
function shiftedOffsets(offsets: Int32Array, shift: number, first: boolean): BigInt64Array {
  const skip = first ? 0 : 1;
  const shifted = new BigInt64Array(offsets.length - skip);
  for (let i = 0; i < shifted.length; i++) shifted[i] = BigInt((offsets[i + skip] as number) + shift);
  return shifted;
}

class DigestStream {
  readonly #sha: Hash = createHash('sha256');
  #crc = 0;
  #bytes = 0;

  add(values: ElementArray): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#sha.update(bytes);
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.length;
  }

  end(): ByteDigest {
    return { crc32: this.#crc, sha256: this.#sha.digest('hex'), nbytes: this.#bytes };
  }
}

class Statistics {
  count = 0;
  sum = 0;
  min: number | null = null;
  max: number | null = null;

  add(values: ElementArray): void {
    for (const item of values) {
      const value = Number(item);
      this.sum += value;
      if (this.min === null || value < this.min) this.min = value;
      if (this.max === null || value > this.max) this.max = value;
    }
    this.count += values.length;
  }
}
