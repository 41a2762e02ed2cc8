/** What became of a run's result files on their way to its bucket. */
import type { OutputOutcome } from '#shared/queue/output-outcome.ts';
import type { LedgerDatabase } from './ledger-database.ts';

/** Only runs whose upload was tried have rows here; `error` is null where it worked. */
export const OUTPUT_TABLE = 'CREATE TABLE outputs (run TEXT PRIMARY KEY, error TEXT) STRICT, WITHOUT ROWID;';

/** Undefined where nobody has told yet. */
export function readOutcome(db: LedgerDatabase, run: string): OutputOutcome | undefined {
  const row = db.get('SELECT error FROM outputs WHERE run = ?', run);
  if (row === undefined) return undefined;
  return row['error'] === null ? {} : { error: String(row['error']) };
}

export function writeOutcome(db: LedgerDatabase, run: string, { error }: OutputOutcome): void {
  db.run('INSERT INTO outputs (run, error) VALUES (?, ?) ON CONFLICT DO UPDATE SET error = excluded.error', run, error ?? null);
}

/** The files are to be brought there again. */
export function forgetOutcome(db: LedgerDatabase, run: string): void {
  db.run('DELETE FROM outputs WHERE run = ?', run);
}
