/** Tasks by pool in the ledger. Each function runs inside the caller's transaction. */
import type { LedgerDatabase } from './ledger-database.ts';

/** Counts up or down; false where the run has no such pool. */
export function countInPool(
  db: LedgerDatabase,
  run: string,
  pool: string | null,
  what: 'open' | 'committed' | 'failed',
  step: 1 | -1,
): boolean {
  if (pool === null) return false;
  return db.run(`UPDATE pools SET ${what} = ${what} + ? WHERE run = ? AND pool = ?`, step, run, pool) > 0;
}

/** Makes a task another pool's, if it is open and not that pool's already. */
export function moveTask(db: LedgerDatabase, run: string, index: number, pool: string): void {
  const row = db.get(`SELECT pool FROM tasks WHERE run = ? AND idx = ? AND state = 'pending'`, run, index);
  if (row === undefined || row['pool'] === null || row['pool'] === pool) return;
  db.run('UPDATE tasks SET pool = ? WHERE run = ? AND idx = ?', pool, run, index);
  countInPool(db, run, String(row['pool']), 'open', -1);
  db.run('UPDATE pools SET open = open + 1, taken = taken + 1 WHERE run = ? AND pool = ?', run, pool);
}
