/** How a task's report changes the ledger. Each function runs inside the caller's transaction. */
import { luminosityShare } from '#shared/datasets/luminosity.ts';
import { MessageError } from '#shared/errors.ts';
import type { Failure, Success, Task } from '#shared/queue/messages.ts';
import type { CounterChanges } from './ledger-counters.ts';
import type { LedgerDatabase, Row } from './ledger-database.ts';
import { countInPool } from './ledger-pools.ts';
import type { RunRow } from './ledger-rows.ts';

/** What became of a report. */
export type Outcome = 'committed' | 'duplicate' | 'retry' | 'failed';

interface TaskRow {
  readonly state: string;
  readonly attempts: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly file: number;
  readonly dataset: string;
  readonly fileEntries: number | null;
  /** When the run was planned; null or 0 where nobody looked. */
  readonly fileBytes: number | null;
  readonly entriesLost: number | null;
  readonly pool: string | null;
  readonly luminosityFb: number | null;
  /** Tasks of its file. */
  readonly fileTasks: number;
}

/** @throws MessageError if the ledger has no such task. */
function readTask(db: LedgerDatabase, run: string, index: number): TaskRow {
  const row = db.get(
    `SELECT t.state, t.attempts, t.first, t.last, t.file, f.dataset, f.entries AS fileEntries, f.bytes AS fileBytes, x.entries_lost AS entriesLost, t.pool,
     f.luminosity_fb AS luminosityFb, f.tasks AS fileTasks
     FROM tasks t JOIN files f ON f.run = t.run AND f.file = t.file LEFT JOIN failures x ON x.run = t.run AND x.idx = t.idx
     WHERE t.run = ? AND t.idx = ?`,
    run,
    index,
  );
  if (!row) throw new MessageError(`the ledger has no task ${index} of run ${run}`);
  return row as Row & TaskRow;
}

/** What a report changes, and where the changes of counters are gathered until the transaction ends. */
export interface Books {
  readonly db: LedgerDatabase;
  readonly counters: CounterChanges;
}

/** What became of a report, and whose it is. */
export interface Booked {
  readonly outcome: Outcome;
  readonly dataset: string;
}

/**
 * Workers may still hold tasks of a run that was removed, while another one has its id. Where either side is of an older
 * version and has no incarnation, nobody can tell.
 * @throws MessageError if what a worker says is of an earlier run
 */
export function assertSameIncarnation(
  row: RunRow | undefined,
  { run, index, incarnation }: Pick<Task, 'run' | 'index' | 'incarnation'>,
): void {
  if (!row?.incarnation || !incarnation || row.incarnation === incarnation) return;
  throw new MessageError(
    `the report is of task ${index} of an earlier run ${run} (${incarnation}), which was removed; this one is ${row.incarnation}`,
  );
}

/**
 * Counts a partial in, once: `duplicate` means that its sums must not be added.
 * @throws MessageError if the partial is of other entries than the task.
 */
export function commitSuccess(books: Books, report: Success): Booked {
  const { db, counters } = books;
  const { run, index } = report;
  const task = readTask(db, run, index);
  const { dataset } = task;
  if (task.state === 'committed') return { outcome: 'duplicate', dataset };
  assertSameEntries(task, report);
  learnEntries(books, run, index, task, report);
  if (task.state === 'failed') forgetFailure(books, run, index, task);
  else countInPool(db, run, task.pool, 'open', -1);
  if (task.pool !== null) {
    // Whoever did it, where it is known: a task that was moved, or of which two had a copy.
    const by = report.pool !== undefined && countInPool(db, run, report.pool, 'committed', 1);
    if (!by) countInPool(db, run, task.pool, 'committed', 1);
  }
  db.run(
    `UPDATE tasks SET state = 'committed', due_ms = NULL, worker = ?, wall_ms = ? WHERE run = ? AND idx = ?`,
    report.worker,
    report.wallMs,
    run,
    index,
  );
  const { open, read, process, encode } = report.stagesMs;
  counters.add(run, dataset, {
    committed: 1,
    entries_committed: report.to - report.from,
    bytes_read: report.bytesRead,
    requests: report.requests,
    wall_ms: report.wallMs,
    open_ms: open,
    read_ms: read,
    process_ms: process,
    encode_ms: encode,
  });
  countLuminosity(db, run, task, report);
  countDone(books, run, task, 1);
  return { outcome: 'committed', dataset };
}

function countLuminosity(db: LedgerDatabase, run: string, { dataset, luminosityFb }: TaskRow, { from, to, fileEntries }: Success): void {
  if (luminosityFb === null) return;
  // As text: it may be more than a double counts exactly.
  const share = luminosityShare(luminosityFb, { from, to, entries: fileEntries }).toString();
  db.run('UPDATE datasets SET luminosity = luminosity + CAST(? AS INTEGER) WHERE run = ? AND dataset = ?', share, run, dataset);
}

/**
 * Counts a failed attempt. With `dueMs` the task waits until then for its next one, without it has failed for good.
 * An attempt that was counted before changes nothing.
 */
export function commitFailure(books: Books, report: Failure, dueMs: number | undefined): Booked {
  const { db, counters } = books;
  const { run, index, attempt } = report;
  const task = readTask(db, run, index);
  const { dataset } = task;
  if (task.state !== 'pending' || attempt <= task.attempts) return { outcome: 'duplicate', dataset };
  const { fileEntries, fileBytes = 0, from, to } = report;
  if (fileEntries !== undefined && from !== undefined && to !== undefined) {
    learnEntries(books, run, index, task, { fileEntries, fileBytes, from, to, toy: false });
  }
  if (report.cost !== undefined) {
    const { bytesRead, requests } = report.cost;
    counters.add(run, dataset, { bytes_read: bytesRead, requests });
  }
  if (dueMs !== undefined) {
    db.run('UPDATE tasks SET attempts = ?, due_ms = ? WHERE run = ? AND idx = ?', attempt, dueMs, run, index);
    return { outcome: 'retry', dataset };
  }
  const lost = task.first !== null && task.last !== null ? task.last - task.first : (report.entriesLost ?? null);
  db.run(`UPDATE tasks SET state = 'failed', attempts = ?, due_ms = NULL WHERE run = ? AND idx = ?`, attempt, run, index);
  db.run('INSERT INTO failures (run, idx, code, text, entries_lost) VALUES (?, ?, ?, ?, ?)', run, index, report.code, report.text, lost);
  counters.add(run, dataset, { failed: 1, entries_lost: lost ?? 0 });
  countInPool(db, run, task.pool, 'open', -1);
  countInPool(db, run, task.pool, 'failed', 1);
  countDone(books, run, task, 1);
  return { outcome: 'failed', dataset };
}

/**
 * Gives every failed task of the run its attempts back. Returns how many there were. With `dueMs` they are due then;
 * without it somebody else publishes them.
 */
export function reopenFailed(books: Books, run: string, dueMs: number | undefined): number {
  const { db } = books;
  const failed = db.all(`SELECT idx FROM tasks WHERE run = ? AND state = 'failed'`, run);
  for (const { idx } of failed) {
    const task = readTask(db, run, Number(idx));
    forgetFailure(books, run, Number(idx), task);
    countInPool(db, run, task.pool, 'open', 1);
    db.run(`UPDATE tasks SET state = 'pending', attempts = 0, due_ms = ? WHERE run = ? AND idx = ?`, dueMs ?? null, run, Number(idx));
  }
  if (dueMs === undefined) db.run(`UPDATE tasks SET attempts = 0, due_ms = NULL WHERE run = ? AND state = 'pending'`, run);
  return failed.length;
}

/** A file that changed since the run was planned must not be mixed with what was read of it before. */
function assertSameEntries(task: TaskRow, report: Success): void {
  const sameRange = task.first === null || (task.first === report.from && task.last === report.to);
  const sameFile = task.fileEntries === null || task.fileEntries === report.fileEntries;
  const hint = 'Did the file change since the run began?';
  if (!sameRange || !sameFile || report.from > report.to || report.to > report.fileEntries) {
    throw new MessageError(
      `the partial is of entries ${report.from}..${report.to} of ${report.fileEntries}, the task asked for ` +
        `${task.first ?? 0}..${task.last ?? 'the end'} of ${task.fileEntries ?? 'an unknown number'}`,
      { hint },
    );
  }
  if (!task.fileBytes || task.fileBytes === report.fileBytes) return;
  throw new MessageError(`the partial is of a file of ${report.fileBytes} bytes, which had ${task.fileBytes} when the run was planned`, {
    hint,
  });
}

/** Planning could not open the file; now its size is known. */
function learnEntries(
  { db, counters }: Books,
  run: string,
  index: number,
  task: TaskRow,
  seen: Pick<Success, 'from' | 'to' | 'fileEntries' | 'fileBytes' | 'toy'>,
): void {
  if (task.first !== null || task.fileEntries !== null) return;
  const { from, to, fileEntries, fileBytes, toy } = seen;
  db.run('UPDATE tasks SET first = ?, last = ? WHERE run = ? AND idx = ?', from, to, run, index);
  db.run(
    'UPDATE files SET entries = ?, bytes = ?, toy = ? WHERE run = ? AND file = ?',
    fileEntries,
    fileBytes,
    Number(toy),
    run,
    task.file,
  );
  counters.add(run, task.dataset, { files_unknown: -1, files_toy: Number(toy), entries_full: fileEntries, entries_asked: to - from });
}

function forgetFailure(books: Books, run: string, index: number, task: TaskRow): void {
  const { db, counters } = books;
  db.run('DELETE FROM failures WHERE run = ? AND idx = ?', run, index);
  counters.add(run, task.dataset, { failed: -1, entries_lost: -(task.entriesLost ?? 0) });
  countInPool(db, run, task.pool, 'failed', -1);
  countDone(books, run, task, -1);
}

/** A file is done when each of its tasks is committed or failed. */
function countDone({ db, counters }: Books, run: string, { file, fileTasks, dataset }: TaskRow, step: 1 | -1): void {
  // A file of one task, as most are, needs no count of its own.
  if (fileTasks === 1) {
    counters.add(run, dataset, { files_done: step });
    return;
  }
  const done = Number(db.get('UPDATE files SET done = done + ? WHERE run = ? AND file = ? RETURNING done', step, run, file)?.['done']);
  const change = Number(done === fileTasks) - Number(done - step === fileTasks);
  if (change !== 0) counters.add(run, dataset, { files_done: change });
}
