import { RootFormatError } from '../errors.ts';
import type { ByteRange, ByteSource, ReadMemory } from '../storage/source.ts';
import { type Arena, ArenaPlan, borrowArena } from './arena.ts';
import { BranchReader } from './branch-reader.ts';
import type { Verify } from './codecs/codec.ts';
import { type ColumnPlace, viewColumns } from './column-place.ts';
import type { Column } from './column-type.ts';
import { FetchMemory } from './fetch-memory.ts';
import { type NamedLayout, ObjectBranchReader } from './object-branch-reader.ts';
import { type Batch, planBatches } from './plan.ts';
import { type BasketRef, type Branch, layoutOf, type Tree } from './tree.ts';

/** Columns of a run of entries. Their arrays are views of memory that the next step uses again: copy what must outlive it. */
export interface ColumnBatch {
  readonly from: number;
  readonly to: number;
  /** Column by the name it was asked for. */
  readonly columns: Readonly<Record<string, Column>>;
}

export interface ReadOptions {
  readonly from?: number;
  readonly to?: number;
  /** Decompressed bytes of a batch, about; memory is some three times this. */
  readonly batchBytes?: number;
  /** Default: `full`. */
  readonly verify?: Verify;
  readonly signal?: AbortSignal;
}

/** Default of ReadOptions.batchBytes. */
export const DEFAULT_BATCH_BYTES = 16 * 2 ** 20;

/**
 * Reads the named branches, batch by batch; the bytes of the next batch are fetched while one is worked on.
 * @throws ConfigError for an unknown branch, UnsupportedError for one that is not read; RootFormatError and CodecError for
 * damage; StorageError from the source
 */
export async function* readBatches(tree: Tree, names: readonly string[], options: ReadOptions = {}): AsyncGenerator<ColumnBatch> {
  const { from = 0, to = tree.entries, batchBytes = DEFAULT_BATCH_BYTES, verify = 'full', signal } = options;
  if (!(from >= 0 && from <= to && to <= tree.entries)) throw new RangeError(`entries ${from}..${to} of ${tree.entries}`);
  const readers = openReaders(tree, names);
  const branches = readers.map((reader) => reader.branch);
  const batches = await tree.file.within(tree.path, async () => planBatches(branches, from, to, batchBytes));
  using arena = borrowArena();
  // Two: while one batch is decoded out of its memory, the next one is fetched into the other.
  const memories = [new FetchMemory(), new FetchMemory()] as const;
  const fetch = (batch: Batch, index: number) => fetchBatch(tree, branches, batch, signal, memories[index % 2 === 0 ? 0 : 1].restart());
  let pending = batches[0] === undefined ? undefined : fetch(batches[0], 0);
  try {
    for (const [index, batch] of batches.entries()) {
      const blocks = (await pending) ?? [];
      const following = batches[index + 1];
      pending = following === undefined ? undefined : fetch(following, index + 1);
      pending?.catch(() => {}); // it is awaited in the next round, or not wanted any more
      yield await decodeBatch(tree, readers, arena, verify, batch, blocks);
    }
  } finally {
    await pending?.catch(() => {});
  }
}

async function fetchBatch(
  tree: Tree,
  branches: readonly Branch[],
  batch: Batch,
  signal: AbortSignal | undefined,
  memory: ReadMemory,
): Promise<Uint8Array[]> {
  const ranges: ByteRange[] = [];
  const sources: ByteSource[] = [];
  for (const { column, basket } of batch.reads) {
    const branch = branches[column] as Branch;
    const { seek, bytes, embedded } = branch.baskets[basket] as BasketRef;
    if (embedded !== undefined) continue;
    const { source } = branch.file ?? tree.file;
    const { size, name } = source;
    if (bytes <= 0 || seek + bytes > size) {
      throw new RootFormatError(`basket ${basket} stands at bytes ${seek}..${seek + bytes} of a file of ${size}`, {
        file: name,
        object: branches[column]?.path,
      });
    }
    ranges.push({ offset: seek, length: bytes });
    sources.push(source);
  }
  if (ranges.length === 0) return [];
  const [first] = sources;
  if (sources.every((source) => source === first)) return (first ?? tree.file.source).readMany(ranges, signal, memory);
  return readFromAll(sources, ranges, signal);
}

/** Ranges of several files: those of friends stand in others. */
async function readFromAll(
  sources: readonly ByteSource[],
  ranges: readonly ByteRange[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  const reads = [...new Set(sources)].map(async (source) => {
    const places = ranges.flatMap((_, i) => (sources[i] === source ? [i] : []));
    const own = await source.readMany(
      places.map((i) => ranges[i] as ByteRange),
      signal,
    );
    for (const [k, i] of places.entries()) blocks[i] = own[k] as Uint8Array;
  });
  await Promise.all(reads);
  return blocks;
}

type Reader = BranchReader | ObjectBranchReader;

/** A reader for each branch; all that is asked of the objects of one branch is read at once. */
function openReaders(tree: Tree, names: readonly string[]): Reader[] {
  const readers: Reader[] = [];
  const objects = new Map<Branch['baskets'], { branch: Branch; columns: NamedLayout[] }>();
  for (const name of names) {
    const branch = tree.branch(name);
    const layout = layoutOf(tree, branch);
    if (layout.kind !== 'objects') readers.push(new BranchReader(name, branch, layout, tree, readCounts));
    else {
      const known = objects.get(branch.baskets) ?? { branch, columns: [] };
      known.columns.push({ name, layout });
      objects.set(branch.baskets, known);
    }
  }
  return [...readers, ...[...objects.values()].map(({ branch, columns }) => new ObjectBranchReader(branch, columns))];
}

/** All places are planned before the first byte is decoded, and the arena does not grow after that: see arena.ts. */
async function decodeBatch(
  tree: Tree,
  readers: readonly Reader[],
  arena: Arena,
  verify: Verify,
  { from, to, reads }: Batch,
  blocks: Uint8Array[],
): Promise<ColumnBatch> {
  for (const { column, basket } of reads) {
    const reader = readers[column] as Reader;
    const ref = reader.branch.baskets[basket] as BasketRef;
    const bytes = ref.embedded === undefined ? blocks.shift() : undefined;
    const preparing = inBranch(tree, reader, () => reader.add(ref, bytes));
    if (preparing !== undefined) await tree.file.within(pathOf(tree, reader), () => preparing);
  }
  const plan = new ArenaPlan(arena);
  const scratch = plan.take(mostBytes(readers, 'storedBytes'));
  const places = { scratch, payload: plan.take(mostBytes(readers, 'payloadBytes')), verify };
  const leaders = new Map<string, ColumnPlace>();
  const ofNumbers = readers.filter((reader) => reader instanceof BranchReader);
  for (const reader of ofNumbers) reader.planColumn(plan, from, to, leaders);
  arena.reserve(plan);
  for (const reader of readers) inBranch(tree, reader, () => reader.decode(arena, places, from, to));
  const columns = viewColumns(
    arena,
    ofNumbers.map((reader) => reader.filled()),
  );
  for (const reader of readers) {
    if (reader instanceof ObjectBranchReader) for (const { name, column } of reader.columns()) columns[name] = column;
  }
  return { from, to, columns };
}

function mostBytes(readers: readonly Reader[], what: 'storedBytes' | 'payloadBytes'): number {
  return readers.reduce((most, reader) => Math.max(most, reader[what]), 0);
}

/** Adds file and branch to what goes wrong. */
function inBranch<T>(tree: Tree, reader: Reader, work: () => T): T {
  return tree.file.withinNow(pathOf(tree, reader), work);
}

function pathOf(tree: Tree, { branch }: Reader): string {
  return `${tree.path}/${branch.path}`;
}

/** The lengths of lists in entries [from, to), from the branch that counts them. */
async function readCounts(tree: Tree, counter: string, from: number, to: number): Promise<Int32Array> {
  // Part by part: memory is taken for what was read, not for what is said to be there.
  const parts: Int32Array[] = [];
  for await (const { columns } of readBatches(tree, [counter], { from, to }))
    parts.push(Int32Array.from(columns[counter]?.values ?? [], Number));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const counts = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const part of parts) {
    counts.set(part, length);
    length += part.length;
  }
  return counts;
}
