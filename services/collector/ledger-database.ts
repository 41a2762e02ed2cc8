import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { openLedgerFile, tellLedgerErrors } from './ledger-schema.ts';

type Value = null | number | string | Uint8Array;
export type Row = Record<string, SQLOutputValue>;

/** The ledger's file with its prepared statements: SQL in, rows out, errors told in words. */
export class LedgerDatabase {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  #inTransaction = false;

  constructor(path: string, maxBytes: number | undefined) {
    this.path = path;
    this.#db = openLedgerFile(path, maxBytes);
  }

  /** Number of rows changed. */
  run(sql: string, ...values: Value[]): number {
    return tellLedgerErrors(this.path, () => Number(this.#statement(sql).run(...values).changes));
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return tellLedgerErrors(this.path, () => this.#statement(sql).get(...values));
  }

  all(sql: string, ...values: Value[]): Row[] {
    return tellLedgerErrors(this.path, () => this.#statement(sql).all(...values));
  }

  /** Row by row: for answers that may be long, of which several may be read at once. */
  *iterate(sql: string, ...values: Value[]): Iterable<Row> {
    // A statement of its own: of a prepared one a second iteration would end the first.
    const rows = tellLedgerErrors(this.path, () => this.#db.prepare(sql).iterate(...values));
    for (;;) {
      const next = tellLedgerErrors(this.path, () => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  }

  /** All of `action` or nothing of it; durable when this returns. */
  transaction<T>(action: () => T): T {
    return tellLedgerErrors(this.path, () => {
      this.#db.exec('BEGIN IMMEDIATE');
      this.#inTransaction = true;
      try {
        const result = action();
        this.#db.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors (a full disk is one).
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      } finally {
        this.#inTransaction = false;
      }
    });
  }

  close(): void {
    if (this.#db.isOpen && !this.#inTransaction) this.#db.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
