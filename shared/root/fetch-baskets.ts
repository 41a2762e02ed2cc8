/** From planned reads to the bytes of baskets: one list of ranges a source. */
import { RootFormatError } from '../errors.ts';
import type { ByteRange, ByteSource } from '../storage/source.ts';
import type { FetchRoom } from './fetch-room.ts';
import type { PlannedRead } from './plan.ts';
import type { BasketRef, Branch, Tree } from './tree.ts';

/** The bytes of baskets, by their reads; those that stand inside the tree are not among them. */
export type Fetched = ReadonlyMap<PlannedRead, Uint8Array>;

/** Bytes of baskets as they are stored. */
export function storedBytes(reads: readonly PlannedRead[], branches: readonly Branch[]): number {
  return reads.reduce((sum, { column, basket }) => sum + (branches[column]?.baskets[basket]?.bytes ?? 0), 0);
}

/** Fetches baskets, into the room where the source takes it. What was there before is gone. @throws RootFormatError for places outside the file; StorageError from the source */
export async function fetchReads(
  tree: Tree,
  branches: readonly Branch[],
  reads: readonly PlannedRead[],
  signal: AbortSignal | undefined,
  room: FetchRoom,
): Promise<Fetched> {
  const stored = reads.filter(({ column, basket }) => branches[column]?.baskets[basket]?.embedded === undefined);
  const blocks = await fetchBlocks(tree, branches, stored, signal, room);
  return new Map(stored.map((read, i) => [read, blocks[i] as Uint8Array]));
}

async function fetchBlocks(
  tree: Tree,
  branches: readonly Branch[],
  reads: readonly PlannedRead[],
  signal: AbortSignal | undefined,
  room: FetchRoom,
): Promise<Uint8Array[]> {
  const ranges: ByteRange[] = [];
  const sources: ByteSource[] = [];
  for (const { column, basket } of reads) {
    const branch = branches[column] as Branch;
    const { seek, bytes } = branch.baskets[basket] as BasketRef;
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
  if (!sources.every((source) => source === first)) return readFromAll(sources, ranges, signal);
  try {
    return await (first ?? tree.file.source).readMany(ranges, signal, room.restart());
  } catch (error) {
    // Of several reads some may be under way still.
    room.abandon();
    throw error;
  }
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
