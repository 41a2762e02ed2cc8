/** A fingerprint of a branch's values, equal for equal values in any file, codec or program. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { DEFAULT_BATCH_BYTES } from './batch-size.ts';
import { type ReadOptions, readBatches } from './batches.ts';
import { type Column, type ElementArray, type ElementType, levelsOf, parseColumnType } from './column-type.ts';
import type { FieldPlan } from './rntuple/field-plan.ts';
import { type EntryRange, type NestedColumn, readFields } from './rntuple/read-fields.ts';
import type { Rntuple } from './rntuple/rntuple.ts';
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

/** What of a branch's values the digest is made of. */
interface DigestSource {
  readonly element: ElementType;
  /** Number of list levels. */
  readonly lists: number;
  readonly parts: AsyncIterable<DigestPart>;
}

interface DigestPart {
  readonly entries: number;
  readonly values: ElementArray;
  /** Of each list level, from 0 on. */
  readonly offsets: readonly Int32Array[];
}

/**
 * Digest of entries [from, to) of a branch, all by default. Texts are lists of uint8; fields of RNTuples may be lists of
 * lists. Errors are those of `readBatches`.
 */
export async function digestBranch(tree: Tree, branch: Branch, options: ReadOptions = {}): Promise<BranchDigest> {
  const source = fieldSource(tree, branch, options) ?? branchSource(tree, branch, options);
  const content = new DigestStream();
  const lists = Array.from({ length: source.lists }, () => new OffsetDigest());
  const statistics = new Statistics();
  let entries = 0;
  for await (const part of source.parts) {
    for (const [level, offsets] of part.offsets.entries()) lists[level]?.add(offsets);
    content.add(part.values);
    statistics.add(part.values);
    entries += part.entries;
  }
  const { count, sum, min, max } = statistics;
  const offsets = lists.map((list) => list.end());
  return { entries, dtype: DTYPES[source.element], count, sum, min, max, content: content.end(), offsets };
}

function branchSource(tree: Tree, branch: Branch, options: ReadOptions): DigestSource {
  // A branch that is not read has no type; `readBatches` says why.
  const { element, text, levels } = parseColumnType(branch.columnType ?? 'f64');
  async function* parts(): AsyncGenerator<DigestPart> {
    for await (const { from, to, columns } of readBatches(tree, [branch.path], options)) {
      const column = columns[branch.path] as Column;
      const offsets = levelsOf(column).flatMap((level) => level.offsets ?? []);
      yield { entries: to - from, values: column.values, offsets };
    }
  }
  return { element, lists: levels.filter((level) => level === 'list').length + (text ? 1 : 0), parts: parts() };
}

/** Undefined where the branch is no field of an RNTuple, or one that is not read. */
function fieldSource({ rntuple, entries }: Tree, { path }: Branch, options: ReadOptions): DigestSource | undefined {
  const plan = rntuple?.plans.get(path);
  if (rntuple === undefined || plan === undefined) return undefined;
  const range = { from: 0, to: entries, batchBytes: DEFAULT_BATCH_BYTES, ...options };
  return {
    element: plan.element,
    lists: plan.levels.filter(({ kind }) => kind === 'list').length,
    parts: fieldParts(rntuple, plan, range),
  };
}

async function* fieldParts(rntuple: Rntuple, plan: FieldPlan, range: EntryRange): AsyncGenerator<DigestPart> {
  for await (const { from, to, columns } of readFields(rntuple, [plan], range)) {
    const { values, levels } = columns[0] as NestedColumn;
    yield { entries: to - from, values, offsets: levels.flatMap((level) => (level.kind === 'list' ? [level.offsets] : [])) };
  }
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

/** Offsets of one list level over all batches: each batch's are moved on, and the leading 0 is there only once. */
class OffsetDigest {
  readonly #stream = new DigestStream();
  #last = 0;

  constructor() {
    this.#stream.add(new BigInt64Array(1));
  }

  add(offsets: Int32Array): void {
    const shifted = new BigInt64Array(offsets.length - 1);
    for (let i = 0; i < shifted.length; i++) shifted[i] = BigInt((offsets[i + 1] as number) + this.#last);
    this.#stream.add(shifted);
    this.#last += offsets.at(-1) ?? 0;
  }

  end(): ByteDigest {
    return this.#stream.end();
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
