import type { LedgerDatabase } from './ledger-database.ts';

/** Columns of `datasets` that count. */
const COLUMNS = [
  'files',
  'tasks',
  'committed',
  'failed',
  'files_done',
  'files_unknown',
  'files_toy',
  'entries_full',
  'entries_asked',
  'entries_committed',
  'entries_lost',
  'bytes_read',
  'requests',
  'wall_ms',
  'open_ms',
  'read_ms',
  'process_ms',
  'encode_ms',
] as const;
type Column = (typeof COLUMNS)[number];

const UPDATE = `UPDATE datasets SET ${COLUMNS.map((column) => `${column} = ${column} + ?`).join(', ')} WHERE run = ? AND dataset = ?`;

interface Changes {
  readonly run: string;
  readonly dataset: string;
  readonly by: Partial<Record<Column, number>>;
}

/** Changes of the datasets' counters within one transaction, summed up before they are written: one row for hundreds of reports. */
export class CounterChanges {
  readonly #changes = new Map<string, Changes>();

  add(run: string, dataset: string, by: Readonly<Partial<Record<Column, number>>>): void {
    const key = `${run}\n${dataset}`;
    const sum = this.#changes.get(key) ?? { run, dataset, by: {} };
    this.#changes.set(key, sum);
    for (const column in by) sum.by[column as Column] = (sum.by[column as Column] ?? 0) + (by[column as Column] ?? 0);
  }

  /** Inside the caller's transaction. */
  write(db: LedgerDatabase): void {
    for (const { run, dataset, by } of this.#changes.values()) db.run(UPDATE, ...COLUMNS.map((column) => by[column] ?? 0), run, dataset);
    this.#changes.clear();
  }
}
