/** A branch as our reader has it, in the terms of each judge. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Column, levelsOf } from '#shared/root/column-type.ts';
import type { ByteDigest } from '#shared/root/digest.ts';
import { readColumns } from '#shared/root/read-columns.ts';
import type { Branch, Tree } from '#shared/root/tree.ts';

/** What root_digests.py says of a branch. */
export interface FlatDigest {
  /** The innermost values as float64. */
  readonly values: ByteDigest;
  /** How many of them each entry has, as int64. */
  readonly lengths: ByteDigest;
}

const NOT_DELETED = 0x02000000;
const IS_REFERENCED = 0x10;
const MUST_CLEAN_UP = 0x08;

/** The bits of a TObject that ROOT sets when it reads one, whether they were stored or not. */
function bitsInMemory(bits: number): number {
  return (bits | NOT_DELETED | ((bits & IS_REFERENCED) === 0 ? 0 : MUST_CLEAN_UP)) >>> 0;
}

/** The digest that ROOT's answer is compared with. Errors are those of `readColumns`. */
export async function flatDigest(tree: Tree, branch: Branch): Promise<FlatDigest> {
  const [values, lengths] = [new ByteStream(), new ByteStream()];
  for await (const { from, to, columns } of readColumns(tree, [branch.path])) {
    const column = columns[branch.path] as Column;
    const ends = valueEnds(column, to - from);
    lengths.add(BigInt64Array.from(ends, (end, i) => BigInt(end - (ends[i - 1] ?? 0))));
    const own = Float64Array.from(column.values.subarray(0, ends.at(-1) ?? 0), Number);
    values.add(/\bfBits$/.test(branch.path) ? own.map(bitsInMemory) : own);
  }
  return { values: values.end(), lengths: lengths.end() };
}

/** Where the values of each entry end. */
function valueEnds(column: Column, entries: number): number[] {
  let ends = Array.from({ length: entries }, (_, i) => i + 1);
  for (const { offsets, size } of levelsOf(column))
    ends = ends.map((end) => (offsets === undefined ? end * size : (offsets[end] as number)));
  return ends;
}

class ByteStream {
  readonly #sha = createHash('sha256');
  #crc = 0;
  #bytes = 0;

  add(values: BigInt64Array | Float64Array): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#sha.update(bytes);
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.length;
  }

  end(): ByteDigest {
    return { crc32: this.#crc, sha256: this.#sha.digest('hex'), nbytes: this.#bytes };
  }
}
