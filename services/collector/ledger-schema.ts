/** The ledger's tables, and how its file is opened and its errors are told. */
import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isPipelineError, type PipelineError, StorageError } from '#shared/errors.ts';
import { systemMessage } from '#shared/system-message.ts';
import { OUTPUT_TABLE } from './ledger-output.ts';

/** "higg": tells our files from other SQLite files. */
const APPLICATION_ID = 0x68696767;
const SCHEMA_VERSION = 3;

/** Only runs with several pools have rows here. */
const POOLS_TABLE = `
CREATE TABLE pools (
  run TEXT NOT NULL, pool TEXT NOT NULL, position INTEGER NOT NULL,
  open INTEGER NOT NULL DEFAULT 0, committed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, taken INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, pool)
) STRICT, WITHOUT ROWID;`;

/** What attempts cost, for reports; `scope` is dataset or worker. */
const COST_TABLES = `
CREATE TABLE costs (
  run TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL,
  attempts INTEGER NOT NULL, cpu_ms REAL NOT NULL, wall_ms REAL NOT NULL, retries INTEGER NOT NULL,
  PRIMARY KEY (run, scope, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE cost_places (
  run TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, place TEXT NOT NULL, bytes INTEGER NOT NULL, requests INTEGER NOT NULL,
  PRIMARY KEY (run, scope, name, place)
) STRICT, WITHOUT ROWID;`;

/** What makes a ledger of version n one of version n + 1, the first for n = 1. */
const MIGRATIONS: readonly string[] = [
  `ALTER TABLE tasks ADD COLUMN pool TEXT; ALTER TABLE datasets ADD COLUMN luminosity INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE files ADD COLUMN luminosity_fb REAL; ALTER TABLE files ADD COLUMN replicas TEXT; ${POOLS_TABLE} ${COST_TABLES} ${OUTPUT_TABLE}`,
  `ALTER TABLE runs ADD COLUMN incarnation TEXT NOT NULL DEFAULT ''; ALTER TABLE runs ADD COLUMN endings INTEGER NOT NULL DEFAULT 0;`,
];

/**
 * Counters live in `datasets`, in the same transaction as what they count: progress costs the same for ten tasks and for
 * a million, and is never out of step with the sums.
 */
const TABLES = `
CREATE TABLE runs (
  run TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL, frozen INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL, elapsed_ms REAL NOT NULL DEFAULT 0, incarnation TEXT NOT NULL DEFAULT '',
  endings INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE datasets (
  run TEXT NOT NULL, dataset TEXT NOT NULL, position INTEGER NOT NULL,
  files INTEGER NOT NULL DEFAULT 0, files_done INTEGER NOT NULL DEFAULT 0, files_unknown INTEGER NOT NULL DEFAULT 0, files_toy INTEGER NOT NULL DEFAULT 0,
  tasks INTEGER NOT NULL DEFAULT 0, committed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
  entries_full INTEGER NOT NULL DEFAULT 0, entries_asked INTEGER NOT NULL DEFAULT 0,
  entries_committed INTEGER NOT NULL DEFAULT 0, entries_lost INTEGER NOT NULL DEFAULT 0,
  bytes_read INTEGER NOT NULL DEFAULT 0, requests INTEGER NOT NULL DEFAULT 0,
  wall_ms REAL NOT NULL DEFAULT 0, open_ms REAL NOT NULL DEFAULT 0, read_ms REAL NOT NULL DEFAULT 0,
  process_ms REAL NOT NULL DEFAULT 0, encode_ms REAL NOT NULL DEFAULT 0, luminosity INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, dataset)
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
  run TEXT NOT NULL, file INTEGER NOT NULL, dataset TEXT NOT NULL, url TEXT NOT NULL, entries INTEGER, bytes INTEGER, toy INTEGER,
  tasks INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, luminosity_fb REAL, replicas TEXT,
  PRIMARY KEY (run, file)
) STRICT, WITHOUT ROWID;
CREATE TABLE tasks (
  run TEXT NOT NULL, idx INTEGER NOT NULL, file INTEGER NOT NULL, first INTEGER, last INTEGER,
  state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0, due_ms REAL,
  worker TEXT, wall_ms REAL, pool TEXT,
  PRIMARY KEY (run, idx)
) STRICT, WITHOUT ROWID;
${POOLS_TABLE}
CREATE INDEX tasks_open ON tasks (run, idx) WHERE state = 'pending';
CREATE INDEX tasks_due ON tasks (due_ms) WHERE due_ms IS NOT NULL;
CREATE TABLE sums (
  run TEXT NOT NULL, dataset TEXT NOT NULL, histogram TEXT NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (run, dataset, histogram)
) STRICT;
CREATE TABLE failures (
  run TEXT NOT NULL, idx INTEGER NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL, entries_lost INTEGER,
  PRIMARY KEY (run, idx)
) STRICT, WITHOUT ROWID;
${COST_TABLES}
${OUTPUT_TABLE}
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Opens (or makes) the ledger's file, for this process alone.
 *
 * synchronous=FULL: a message is acked after its commit, so a commit must survive a power cut, not only a kill; group
 * commit makes one disk flush do for hundreds of messages. The exclusive lock keeps a second collector out.
 * @throws StorageError, not retryable, if the file is no ledger, is damaged, is locked by another process or the disk is full.
 */
export function openLedgerFile(path: string, maxBytes: number | undefined): DatabaseSync {
  return tellLedgerErrors(path, () => {
    const db = new DatabaseSync(path);
    try {
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      db.exec('BEGIN IMMEDIATE');
      prepareTables(db, path);
      db.exec('COMMIT');
      if (maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / 4096)}`);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function prepareTables(db: DatabaseSync, path: string): void {
  const [application, version] = ['application_id', 'user_version'].map((name) => db.prepare(`PRAGMA ${name}`).get()?.[name]);
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  if (tables === 0) {
    db.exec(TABLES);
    return;
  }
  if (application !== APPLICATION_ID) {
    throw new StorageError('this SQLite file is not a ledger of higgsflow', { file: path, retryable: false });
  }
  const from = Number(version);
  if (from >= 1 && from < SCHEMA_VERSION) {
    for (const change of MIGRATIONS.slice(from - 1)) db.exec(change);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  } else if (version !== SCHEMA_VERSION) {
    throw new StorageError(`the ledger has version ${version}; this higgsflow reads version ${SCHEMA_VERSION}`, {
      file: path,
      retryable: false,
      hint: 'Go on with the higgsflow that began the run, or start a new run in another folder.',
    });
  }
  // A damaged file must not be found out half way through a run; this reads each page once.
  const check = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (check !== 'ok') throw damaged(path, String(check));
}

/** Runs `action`; SQLite's errors come out as StorageErrors that say what to do. */
export function tellLedgerErrors<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw isPipelineError(error) ? error : asLedgerError(path, error);
  }
}

/** Primary result codes of SQLite. */
const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** What the system says, where it does not let us write: SQLite tells no reason. */
function refusalOf(path: string): string | undefined {
  try {
    // An empty one is none to SQLite.
    closeSync(openSync(`${path}-wal`, 'a'));
    if (existsSync(path)) closeSync(openSync(path, 'r+'));
    return undefined;
  } catch (error) {
    return systemMessage(error);
  }
}

function asLedgerError(path: string, error: unknown): PipelineError | unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const details = { file: path, retryable: false, cause: error };
  switch (Number(error.errcode) & 0xff) {
    case BUSY:
      return new StorageError('another process works with this ledger', {
        ...details,
        hint: 'Wait until it ends, or use another --out folder.',
      });
    case FULL:
      return new StorageError('the disk is full: the ledger cannot grow', {
        ...details,
        hint: 'Free some space, then go on with --resume: everything committed so far is kept.',
      });
    case CORRUPT:
    case NOT_A_DATABASE:
      return damaged(path, error.message, error);
    case CANNOT_OPEN:
    case READ_ONLY:
    case IO_ERROR:
      return new StorageError(`the ledger cannot be read or written: ${refusalOf(path) ?? error.message}`, details);
    default:
      return new StorageError(`the ledger failed: ${error.message}`, details);
  }
}

function damaged(path: string, reason: string, cause?: unknown): StorageError {
  return new StorageError(`the ledger is damaged (${reason})`, {
    file: path,
    retryable: false,
    cause,
    hint: 'Nothing can be taken over from it: start again with --force, or in another --out folder.',
  });
}
