import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createElements, ELEMENT_TYPES, type ElementArray, type ElementType } from '#shared/root/column-type.ts';
import type { BranchSpec, WritableColumn } from '#shared/root/write/branch-writer.ts';
import { type CodecName, loadCompressor } from '#shared/root/write/compress.ts';
import { namedText, RootFileWriter } from '#shared/root/write/file-writer.ts';
import { createMemorySink } from '#shared/root/write/sink.ts';
import { TreeWriter } from '#shared/root/write/tree-writer.ts';

/** What test/oracles/check_written.py compares a branch with. */
export interface ExpectedBranch {
  readonly dtype: string;
  readonly content: string;
  readonly offsets: string | null;
}

const DTYPES: Readonly<Record<ElementType, string>> = {
  ...{ bool: 'bool', i8: 'int8', u8: 'uint8', i16: 'int16', u16: 'uint16', i32: 'int32', u32: 'uint32' },
  ...{ i64: 'int64', u64: 'uint64', f32: 'float32', f64: 'float64' },
};

/** A leaf and a vector of every type. */
export const ALL_BRANCHES: readonly BranchSpec[] = ELEMENT_TYPES.flatMap((element) => [
  { name: `leaf_${element}`, type: element },
  { name: `vector_${element}`, type: `${element}[]` as const },
]);

/** A counted leaf of every type, with their counter before them, and a text. */
export const COUNTED_BRANCHES: readonly BranchSpec[] = [
  { name: 'n', type: 'i32' },
  ...ELEMENT_TYPES.map((element) => ({ name: `counted_${element}`, type: `${element}[]` as const, counter: 'n' })),
  { name: 'text', type: 'text' },
];

/** Columns for COUNTED_BRANCHES: lists of 0 to 6 numbers; texts of 0 to 300 bytes, with letters that are no ASCII. */
export function countedColumns(entries: number): Record<string, WritableColumn> {
  const random = linearCongruence(7);
  const counts = Int32Array.from({ length: entries }, () => random() % 7);
  const offsets = offsetsOf(counts);
  const columns: Record<string, WritableColumn> = { n: { values: counts } };
  for (const element of ELEMENT_TYPES) {
    const values = createElements(element, offsets[entries] ?? 0);
    fill(element, values, random);
    columns[`counted_${element}`] = { values, offsets };
  }
  const texts = Array.from({ length: entries }, (_, i) => Buffer.from(i % 5 === 0 ? '' : 'Zµ→4ℓ '.repeat((i * 7) % 30)));
  columns['text'] = { values: Uint8Array.from(Buffer.concat(texts)), offsets: offsetsOf(texts.map(({ length }) => length)) };
  return columns;
}

function offsetsOf(counts: ArrayLike<number>): Int32Array {
  const offsets = new Int32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) offsets[i + 1] = (offsets[i] ?? 0) + (counts[i] ?? 0);
  return offsets;
}

/** Columns of `entries` entries for ALL_BRANCHES: every bit pattern that a type can have turns up, lists have 0 to 6 numbers. */
export function allColumns(entries: number, seed = 1): Record<string, WritableColumn> {
  const random = linearCongruence(seed);
  const columns: Record<string, WritableColumn> = {};
  for (const { name, type } of ALL_BRANCHES) {
    const element = type.replace('[]', '') as ElementType;
    const offsets = new Int32Array(entries + 1);
    for (let i = 0; i < entries; i++) offsets[i + 1] = (offsets[i] ?? 0) + (random() % 7);
    const values = createElements(element, name.startsWith('leaf') ? entries : (offsets[entries] ?? 0));
    fill(element, values, random);
    columns[name] = name.startsWith('leaf') ? { values } : { values, offsets };
  }
  return columns;
}

function fill(element: ElementType, values: ElementArray, random: () => number): void {
  if (element === 'bool') for (let i = 0; i < values.length; i++) values[i] = random() & 1;
  else if (element === 'f32' || element === 'f64')
    for (let i = 0; i < values.length; i++) values[i] = (random() - 2 ** 30) / (random() + 1);
  else {
    const bytes = new Uint8Array(values.buffer);
    for (let i = 0; i < bytes.length; i++) bytes[i] = random() & 0xff;
  }
}

/** 31 random bits; the low ones, which are poor, are dropped. */
function linearCongruence(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 33n);
  };
}

/** Numbers of an array as they lie in a little-endian file. */
export function expectedBranch(type: BranchSpec['type'], { values, offsets }: WritableColumn): ExpectedBranch {
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const long = offsets === undefined ? undefined : BigInt64Array.from(offsets, BigInt);
  return {
    dtype: type === 'text' ? 'text' : DTYPES[type.replace('[]', '') as ElementType],
    content: sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    offsets: long === undefined ? null : sha256(new Uint8Array(long.buffer)),
  };
}

/** What a written tree looks like. */
export interface WrittenTree {
  readonly codec: CodecName;
  readonly entries: number;
  readonly clusterEntries: number;
  readonly basketBytes?: number;
  readonly branches?: readonly BranchSpec[];
  readonly columns?: Record<string, WritableColumn>;
  /** Entries of each `append`, where it is not all at once. */
  readonly batch?: number;
}

/** A ROOT file in memory with a tree `t` of ALL_BRANCHES and a text `note` in a directory. */
export async function writeTree(options: WrittenTree): Promise<Uint8Array<ArrayBuffer>> {
  const { codec, entries, branches = ALL_BRANCHES, columns = allColumns(entries), batch = entries, clusterEntries, basketBytes } = options;
  const sink = createMemorySink('t.root');
  const file = new RootFileWriter(sink, { name: 't.root', compressor: await loadCompressor(codec), seed: 'test' });
  const tree = new TreeWriter(file, {
    ...{ name: 't', title: 'all types', branches, clusterEntries },
    ...(basketBytes === undefined ? {} : { basketBytes }),
  });
  for (let from = 0; from < entries; from += batch) {
    const count = Math.min(batch, entries - from);
    const part = Object.entries(columns).map(([name, column]) => [name, slice(column, from, from + count)] as const);
    tree.append(Object.fromEntries(part), count);
  }
  tree.close();
  file.writeObject(namedText('note', 'a text'), { name: 'note', directory: 'deep/er' });
  file.close();
  return sink.toBytes();
}

function slice({ values, offsets }: WritableColumn, from: number, to: number): WritableColumn {
  if (offsets === undefined) return { values: values.slice(from, to) };
  const start = offsets[from] ?? 0;
  return { values: values.slice(start, offsets[to]), offsets: offsets.slice(from, to + 1).map((offset) => offset - start) };
}

/** Puts files into a folder of their own for the time of `use`. */
export async function inFolder<T>(files: Readonly<Record<string, Uint8Array | string>>, use: (folder: string) => T): Promise<Awaited<T>> {
  const folder = mkdtempSync(join(tmpdir(), 'higgsflow-written-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
