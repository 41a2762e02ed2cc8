import { entriesToRead } from '#shared/queue/task-limits.ts';

/** A file as planning sees it: from its header alone. */
export interface FileDescription {
  readonly entries: number;
  /** Of the whole file. */
  readonly bytes: number;
  /** True for a generated file. */
  readonly toy: boolean;
  /** Compressed bytes of the columns that the analysis reads. */
  readonly columnBytes: number;
  /** Entries where a chunk may begin without any basket being read twice, in order. */
  readonly clusters: readonly number[];
}

export interface ChunkLimits {
  /** Of the file's entries, from the first. */
  readonly fraction: number;
  readonly chunkEntries: number;
  readonly chunkBytes: number;
}

/** Entries [from, to) of a file. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

/**
 * The chunks of one file, in order, without gaps: one, unless the file is over a limit; then about equal ones that begin at
 * clusters. A file whose columns have no common boundary stays whole. A file with nothing to read has one empty chunk, so
 * that every file is a task and shows up in the ledger.
 */
export function planChunks({ entries, columnBytes, clusters }: FileDescription, limits: ChunkLimits): Chunk[] {
  const end = entriesToRead(entries, limits.fraction);
  const bytes = entries === 0 ? 0 : columnBytes * (end / entries);
  const parts = Math.max(1, Math.ceil(end / limits.chunkEntries), Math.ceil(bytes / limits.chunkBytes));
  const starts = clusters.filter((start) => start > 0 && start < end);
  // Where more chunks are wanted than there are clusters, each cluster is one.
  const cuts = parts > starts.length ? starts : Array.from({ length: parts - 1 }, (_, i) => nearest(starts, (end * (i + 1)) / parts));
  const chunks: Chunk[] = [];
  let from = 0;
  for (const to of cuts) {
    if (to <= from) continue;
    chunks.push({ from, to });
    from = to;
  }
  return [...chunks, { from, to: end }];
}

/** The value next to `wanted` in a sorted list that is not empty; the lower one of two equally near. */
function nearest(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  const below = sorted[low - 1];
  const above = sorted[low];
  if (below === undefined || above === undefined) return (below ?? above) as number;
  return wanted - below <= above - wanted ? below : above;
}
