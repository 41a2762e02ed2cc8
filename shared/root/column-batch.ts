import type { Column } from './column-type.ts';

/** Columns of a run of entries. Their arrays are views of memory that the next step uses again: copy what must outlive it. */
export interface ColumnBatch {
  readonly from: number;
  readonly to: number;
  /** Column by the name it was asked for. */
  readonly columns: Readonly<Record<string, Column>>;
  /** With `late` only. */
  readonly selection?: Selection;
}

/** What late reading made of a batch: see `LateReading`. */
export interface Selection {
  /** The entries for which all columns are there, one byte an entry. The late columns of others hold what no one may look at. */
  readonly wanted: Uint8Array;
  /** Compressed bytes of the baskets that were not needed, and not fetched. */
  readonly savedBytes: number;
}
