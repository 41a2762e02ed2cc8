/** Where the pages of each column of each cluster are. */
import { RootFormatError, UnsupportedError } from '../../errors.ts';
import { type Envelope, readLocator } from './envelope.ts';
import type { LittleCursor } from './little-cursor.ts';
import { checkHeader } from './schema.ts';

/** A run of elements of one column, stored together. */
export interface PageRef {
  readonly elements: number;
  /** True where a checksum of the stored bytes stands behind them. */
  readonly checksum: boolean;
  readonly offset: number;
  /** As stored, without the checksum. */
  readonly bytes: number;
}

/** What one column has in one cluster. */
export interface ColumnRange {
  readonly pages: readonly PageRef[];
  readonly elements: number;
  /** True where another representation holds the values. */
  readonly suppressed: boolean;
}

/** A run of entries whose pages belong together. */
export interface Cluster {
  readonly firstEntry: number;
  readonly entries: number;
  /** By column id; columns added later may be missing at the end. */
  readonly columns: readonly ColumnRange[];
}

const SHARDED = 1;

/** Clusters of one group, in order. @throws RootFormatError where the list belongs to another header */
export function parsePageList({ cursor }: Envelope, headerChecksum: bigint): Cluster[] {
  checkHeader(cursor, headerChecksum, 'page list');
  const summaries = cursor.items(8, () => cursor.record(() => parseSummary(cursor)));
  const columns = cursor.items(12, () => cursor.items(12, () => parseColumnRange(cursor)));
  if (columns.length !== summaries.length) throw new RootFormatError(`pages of ${columns.length} clusters, not ${summaries.length}`);
  return summaries.map((summary, index) => ({ ...summary, columns: columns[index] ?? [] }));
}

function parseSummary(cursor: LittleCursor): { firstEntry: number; entries: number } {
  const firstEntry = cursor.u64();
  const entries = cursor.u56();
  if ((cursor.u8() & SHARDED) !== 0) throw new UnsupportedError('sharded clusters');
  return { firstEntry, entries };
}

function parseColumnRange(cursor: LittleCursor): ColumnRange {
  const { items, tail } = cursor.list(
    16,
    () => parsePage(cursor),
    () => parseRangeTail(cursor),
  );
  const elements = items.reduce((sum, page) => sum + page.elements, 0);
  return { pages: items, elements, suppressed: tail };
}

/** True for a suppressed column, which has a negative offset and nothing behind it. */
function parseRangeTail(cursor: LittleCursor): boolean {
  const negative = cursor.bits64() >> 63n === 1n;
  if (!negative) cursor.u32(); // compression setting: the blocks say what they are
  return negative;
}

function parsePage(cursor: LittleCursor): PageRef {
  const elements = cursor.i32();
  return { elements: Math.abs(elements), checksum: elements < 0, ...readLocator(cursor) };
}
