/**
 * Which bytes a range of entries needs: pure, from the tree's description alone. Batches end where all asked branches
 * have a basket boundary (for ROOT's own files: at clusters), so that no basket is decoded twice. Where such a stretch is
 * larger than the budget and its baskets are small beside it, it is cut inside; baskets across a cut are kept for the next batch.
 */
import { RootFormatError } from '../errors.ts';
import type { BasketRef, Branch } from './tree.ts';

/** A basket to fetch: `column` counts the planned branches, `basket` their baskets. */
export interface PlannedRead {
  readonly column: number;
  readonly basket: number;
}

/** One step of reading: entries [from, to) and the baskets that no step before has read. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  readonly reads: readonly PlannedRead[];
}

/** A stretch that is this much over the budget is cut, if its baskets are small beside it. */
const TOLERANCE = 1.5;

/**
 * Entries at which all the branches start a basket, in order, with 0 and `entries` (the tree's clusters, as these
 * branches have them).
 */
export function clusterStarts(branches: readonly Branch[], entries: number): number[] {
  const [shortest, ...others] = [...branches].sort((a, b) => a.baskets.length - b.baskets.length);
  let starts = (shortest?.baskets ?? []).map((basket) => basket.firstEntry).filter((entry) => entry > 0 && entry < entries);
  for (const branch of others) {
    const own = new Set(branch.baskets.map((basket) => basket.firstEntry));
    starts = starts.filter((entry) => own.has(entry));
  }
  return [0, ...starts, ...(entries > 0 ? [entries] : [])];
}

/**
 * Cuts entries [from, to) into batches of about `batchBytes` decompressed bytes.
 * @throws RootFormatError where a branch's baskets leave entries out
 */
export function planBatches(branches: readonly Branch[], from: number, to: number, batchBytes: number): Batch[] {
  for (const branch of branches) checkCoverage(branch, from, to);
  const bytesPerEntry = branches.reduce((sum, branch) => sum + (branch.entries === 0 ? 0 : branch.uncompressedBytes / branch.entries), 0);
  const entriesPerBatch = Math.max(1, Math.floor(batchBytes / Math.max(bytesPerEntry, 1e-9)));
  const starts = clusterStarts(branches, to).filter((entry) => entry > from && entry < to);
  const next = branches.map(() => 0);
  const batches: Batch[] = [];
  for (const [start, end] of join([from, ...starts, to], entriesPerBatch)) {
    const size = (end - start) / entriesPerBatch;
    const parts = size > TOLERANCE ? Math.min(Math.ceil(size), basketsAcross(branches, [...next], start, end)) : 1;
    for (let part = 0, a = start; part < parts; part++) {
      const b = start + Math.floor(((end - start) * (part + 1)) / parts);
      if (b > a) batches.push({ from: a, to: b, reads: takeReads(branches, next, a, b) });
      a = b;
    }
  }
  return batches;
}

/** Joins stretches between boundaries up to the budget. */
function join(boundaries: readonly number[], budget: number): [number, number][] {
  const ranges: [number, number][] = [];
  let start = boundaries[0] ?? 0;
  for (let i = 1; i < boundaries.length; i++) {
    const end = boundaries[i] ?? start;
    const following = boundaries[i + 1];
    if (following !== undefined && following - start <= budget) continue;
    if (end > start) ranges.push([start, end]);
    start = end;
  }
  return ranges;
}

/**
 * How many baskets stand one behind the other in [start, end), by their bytes: into more parts it is not worth cutting, for what a
 * cut goes through is copied, and takes memory as a whole until its other part has been read.
 */
function basketsAcross(branches: readonly Branch[], next: number[], start: number, end: number): number {
  const counts = branches.map(() => 0);
  for (const { column } of takeReads(branches, next, start, end)) counts[column] = (counts[column] ?? 0) + 1;
  let bytes = 0;
  let basketBytes = 0;
  branches.forEach((branch, column) => {
    const entryBytes = branch.entries === 0 ? 0 : branch.uncompressedBytes / branch.entries;
    bytes += entryBytes;
    basketBytes += entryBytes / Math.max(1, counts[column] ?? 0);
  });
  return basketBytes === 0 ? 1 : Math.max(1, Math.floor(bytes / basketBytes));
}

/** Some columns of a batch, [first, end) of those planned, with their reads. */
export interface BatchPart {
  readonly batch: Batch;
  readonly first: number;
  readonly end: number;
  readonly reads: readonly PlannedRead[];
}

/**
 * Cuts a batch into parts of whole columns, in their order: of up to `mostBytes` stored bytes, or of one column.
 * @param bytesOf stored bytes of a read
 */
export function cutByColumns(batch: Batch, columns: number, mostBytes: number, bytesOf: (read: PlannedRead) => number): BatchPart[] {
  if (batch.reads.reduce((sum, read) => sum + bytesOf(read), 0) <= mostBytes)
    return [{ batch, first: 0, end: columns, reads: batch.reads }];
  const byColumn = Array.from({ length: columns }, (): PlannedRead[] => []);
  for (const read of batch.reads) byColumn[read.column]?.push(read);
  const parts: BatchPart[] = [];
  let first = 0;
  let bytes = 0;
  for (let column = 0; column < columns; column++) {
    const more = (byColumn[column] ?? []).reduce((sum, read) => sum + bytesOf(read), 0);
    if (column > first && bytes + more > mostBytes) {
      parts.push({ batch, first, end: column, reads: byColumn.slice(first, column).flat() });
      first = column;
      bytes = 0;
    }
    bytes += more;
  }
  return [...parts, { batch, first, end: columns, reads: byColumn.slice(first).flat() }];
}

/**
 * What is fetched together: neighbours of up to `windowBytes` stored bytes in all, at least one.
 * @param bytesOf stored bytes of a part
 */
export function planWindows(parts: readonly BatchPart[], windowBytes: number, bytesOf: (part: BatchPart) => number): BatchPart[][] {
  const windows: BatchPart[][] = [];
  let room = 0;
  for (const part of parts) {
    const bytes = bytesOf(part);
    const last = windows.at(-1);
    if (last !== undefined && bytes <= room) last.push(part);
    else {
      windows.push([part]);
      room = windowBytes;
    }
    room -= bytes;
  }
  return windows;
}

/** Reads for entries below `end`; `next` remembers for each branch which baskets are taken. */
function takeReads(branches: readonly Branch[], next: number[], start: number, end: number): PlannedRead[] {
  const reads: PlannedRead[] = [];
  branches.forEach((branch, column) => {
    let basket = next[column] ?? 0;
    for (; basket < branch.baskets.length; basket++) {
      const { firstEntry, endEntry } = branch.baskets[basket] as BasketRef;
      if (firstEntry >= end) break;
      if (endEntry > start) reads.push({ column, basket });
    }
    next[column] = basket;
  });
  return reads;
}

function checkCoverage(branch: Branch, from: number, to: number): void {
  let reached: number | undefined;
  for (const basket of branch.baskets) {
    if (reached === undefined ? basket.firstEntry > from : basket.firstEntry !== reached) break;
    reached = basket.endEntry;
  }
  if (from < to && (reached === undefined || reached < to)) {
    throw new RootFormatError(`its baskets hold entries up to ${reached ?? 0}, not up to ${to}`, { object: branch.path });
  }
}
