import { ArenaPlan, borrowArena } from './arena.ts';
import { BatchDecoder, type Reader } from './batch-decoder.ts';
import { DEFAULT_BATCH_BYTES } from './batch-size.ts';
import { BranchReader } from './branch-reader.ts';
import type { Verify } from './codecs/codec.ts';
import type { ColumnBatch } from './column-batch.ts';
import { type Fetched, fetchReads, storedBytes } from './fetch-baskets.ts';
import { FetchRoom } from './fetch-room.ts';
import { LateBatches, type LateReading } from './late-reading.ts';
import { type NamedLayout, ObjectBranchReader } from './object-branch-reader.ts';
import { type BatchPart, cutByColumns, planBatches, planWindows } from './plan.ts';
import type { ReadCounts } from './stored-basket.ts';
import { type Branch, layoutOf, type Tree } from './tree.ts';

export interface ReadOptions {
  readonly from?: number;
  readonly to?: number;
  /** Decompressed bytes of a batch, about; memory is some three times this. */
  readonly batchBytes?: number;
  /** Default: `full`. */
  readonly verify?: Verify;
  /** Without it all columns are read for all entries. */
  readonly late?: LateReading;
  readonly signal?: AbortSignal;
}

/** From a file that is near, columns are fetched and decoded a few at a time: so much of a batch waits in memory as it is stored. */
const NEAR_SHARE = 0.25;
/** Neighbours are read together with what stands between them: room for so many times the bytes that are asked for. */
const SPARE = 1.1;

/**
 * Reads the named branches, batch by batch; what comes next is fetched meanwhile: from a file that is near the next columns,
 * from far away the next few batches.
 * @throws ConfigError for an unknown branch, UnsupportedError for one that is not read; RootFormatError and CodecError for
 * damage; StorageError from the source
 */
export async function* readBatches(tree: Tree, names: readonly string[], options: ReadOptions = {}): AsyncGenerator<ColumnBatch> {
  const { from = 0, to = tree.entries, batchBytes = DEFAULT_BATCH_BYTES, verify = 'full', late, signal } = options;
  if (!(from >= 0 && from <= to && to <= tree.entries)) throw new RangeError(`entries ${from}..${to} of ${tree.entries}`);
  const readers = openReaders(tree, names);
  const branches = readers.map((reader) => reader.branch);
  const batches = await tree.file.within(tree.path, async () => planBatches(branches, from, to, batchBytes));
  using arena = borrowArena();
  const reading = late === undefined ? undefined : new LateBatches(tree, readers, late);
  const readsOf = ({ batch, reads }: BatchPart) => reading?.ahead(batch) ?? reads;
  const { windowBytes } = tree.file.source;
  const isWhole = reading !== undefined || windowBytes !== undefined;
  const partBytes = isWhole ? Number.POSITIVE_INFINITY : NEAR_SHARE * batchBytes;
  const parts = batches.flatMap((batch) => cutByColumns(batch, readers.length, partBytes, (read) => storedBytes([read], branches)));
  const windows = planWindows(parts, windowBytes ?? 0, (part) => storedBytes(readsOf(part), branches));
  const most = windows.reduce((bytes, window) => Math.max(bytes, storedBytes(window.flatMap(readsOf), branches)), 0);
  // Two: while one window is decoded, the next is fetched into the other.
  const plan = new ArenaPlan(arena.start);
  // Baskets that say they are more than their file holds are refused when they are fetched.
  const roomBytes = Math.ceil(SPARE * Math.min(most, tree.file.source.size));
  const room = () => new FetchRoom(arena, plan.take(roomBytes), roomBytes);
  const rooms = [room(), room()] as const;
  tree.file.withinNow(tree.path, () => arena.reserve(plan));
  const decoder = new BatchDecoder(tree, readers, arena, plan.end, verify);
  const fetch = (window: readonly BatchPart[], index: number): Promise<Fetched> =>
    fetchReads(tree, branches, window.flatMap(readsOf), signal, rooms[index % 2 === 0 ? 0 : 1]);
  let pending = windows[0] === undefined ? undefined : fetch(windows[0], 0);
  try {
    for (const [index, window] of windows.entries()) {
      const fetched: Fetched = (await pending) ?? new Map();
      const following = windows[index + 1];
      pending = following === undefined ? undefined : fetch(following, index + 1);
      pending?.catch(() => {}); // it is awaited in the next round, or not wanted any more
      for (const { batch, first, end, reads } of window) {
        if (reading !== undefined) yield await reading.decode(decoder, batch, fetched, signal);
        else {
          const step = { batch, reads, fetched, readers: readers.slice(first, end) };
          const columns = first === 0 ? await decoder.start(step) : await decoder.more(step);
          if (end === readers.length) yield columns;
        }
      }
    }
  } finally {
    await pending?.catch(() => {});
  }
}

/** A reader for each branch; all that is asked of the objects of one branch is read at once. */
function openReaders(tree: Tree, names: readonly string[]): Reader[] {
  const readers: Reader[] = [];
  const countsOf: ReadCounts = (counter, from, to) => readCounts(tree, counter, from, to);
  const objects = new Map<Branch['baskets'], { branch: Branch; columns: NamedLayout[] }>();
  for (const name of names) {
    const branch = tree.branch(name);
    const layout = layoutOf(tree, branch);
    if (layout.kind !== 'objects') readers.push(new BranchReader(name, branch, layout, countsOf));
    else {
      const known = objects.get(branch.baskets) ?? { branch, columns: [] };
      known.columns.push({ name, layout });
      objects.set(branch.baskets, known);
    }
  }
  for (const { branch, columns } of objects.values()) readers.push(new ObjectBranchReader(branch, columns, countsOf));
  return readers;
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
