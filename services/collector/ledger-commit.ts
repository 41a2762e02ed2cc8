/** How a task's report changes the ledger. Each function runs inside the caller's transaction. */
import { luminosityShare } from '#shared/datasets/luminosity.ts';
import { MessageError } from '#shared/errors.ts';
import type { Failure, Success } from '#shared/queue/messages.ts';
import type { LedgerDatabase, Row } from './ledger-database.ts';
import { countInPool } from './ledger-pools.ts';

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
  readonly entriesLost: number | null;
  readonly pool: string | null;
  readonly luminosityFb: number | null;
}

/** @throws MessageError if the ledger has no such task. */
function readTask(db: LedgerDatabase, run: string, index: number): TaskRow {
  const row = db.get(
    `SELECT t.state, t.attempts, t.first, t.last, t.file, f.dataset, f.entries AS fileEntries, x.entries_lost AS entriesLost, t.pool,
     f.luminosity_fb AS luminosityFb
     FROM tasks t JOIN files f ON f.run = t.run AND f.file = t.file LEFT JOIN failures x ON x.run = t.run AND x.idx = t.idx
     WHERE t.run = ? AND t.idx = ?`,
    run,
    index,
  );
  if (!row) throw new MessageError(`the ledger has no task ${index} of run ${run}`);
  return row as Row & TaskRow;
}

/** Dataset of a task. @throws MessageError if the ledger has no such task. */
export function datasetOf(db: LedgerDatabase, run: string, index: number): string {
  return readTask(db, run, index).dataset;
}

/**
 * Counts a partial in, once: `duplicate` means that its sums must not be added.
 * @throws MessageError if the partial is of other entries than the task.
 */
export function commitSuccess(db: LedgerDatabase, report: Success): Outcome {
  const { run, index } = report;
  const task = readTask(db, run, index);
  if (task.state === 'committed') return 'duplicate';
  assertSameEntries(task, report);
  learnEntries(db, run, index, task, report);
  if (task.state === 'failed') forgetFailure(db, run, index, task);
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
  db.run(
    `UPDATE datasets SET committed = committed + 1, entries_committed = entries_committed + ?, bytes_read = bytes_read + ?,
     requests = requests + ?, wall_ms = wall_ms + ?, open_ms = open_ms + ?, read_ms = read_ms + ?, process_ms = process_ms + ?,
     encode_ms = encode_ms + ? WHERE run = ? AND dataset = ?`,
    ...[report.to - report.from, report.bytesRead, report.requests, report.wallMs, open, read, process, encode],
    run,
    task.dataset,
  );
  countLuminosity(db, run, task, report);
  countDone(db, run, task, 1);
  return 'committed';
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
export function commitFailure(db: LedgerDatabase, report: Failure, dueMs: number | undefined): Outcome {
  const { run, index, attempt } = report;
  const task = readTask(db, run, index);
  if (task.state !== 'pending' || attempt <= task.attempts) return 'duplicate';
  const { fileEntries, fileBytes = 0, from, to } = report;
  if (fileEntries !== undefined && from !== undefined && to !== undefined) {
    learnEntries(db, run, index, task, { fileEntries, fileBytes, from, to, toy: false });
  }
  if (report.cost !== undefined) {
    const { bytesRead, requests } = report.cost;
    const sql = 'UPDATE datasets SET bytes_read = bytes_read + ?, requests = requests + ? WHERE run = ? AND dataset = ?';
    db.run(sql, bytesRead, requests, run, task.dataset);
  }
  if (dueMs !== undefined) {
    db.run('UPDATE tasks SET attempts = ?, due_ms = ? WHERE run = ? AND idx = ?', attempt, dueMs, run, index);
    return 'retry';
  }
  const lost = task.first !== null && task.last !== null ? task.last - task.first : (report.entriesLost ?? null);
  db.run(`UPDATE tasks SET state = 'failed', attempts = ?, due_ms = NULL WHERE run = ? AND idx = ?`, attempt, run, index);
  db.run('INSERT INTO failures (run, idx, code, text, entries_lost) VALUES (?, ?, ?, ?, ?)', run, index, report.code, report.text, lost);
  db.run(
    'UPDATE datasets SET failed = failed + 1, entries_lost = entries_lost + ? WHERE run = ? AND dataset = ?',
    lost ?? 0,
    run,
    task.dataset,
  );
  countInPool(db, run, task.pool, 'open', -1);
  countInPool(db, run, task.pool, 'failed', 1);
  countDone(db, run, task, 1);
  return 'failed';
}

/**
 * Gives every failed task of the run its attempts back. Returns how many there were. With `dueMs` they are due then;
 * without it somebody else publishes them.
 */
export function reopenFailed(db: LedgerDatabase, run: string, dueMs: number | undefined): number {
  const failed = db.all(`SELECT idx FROM tasks WHERE run = ? AND state = 'failed'`, run);
  for (const { idx } of failed) {
    const task = readTask(db, run, Number(idx));
    forgetFailure(db, run, Number(idx), task);
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
  if (sameRange && sameFile && report.from <= report.to && report.to <= report.fileEntries) return;
  throw new MessageError(
    `the partial is of entries ${report.from}..${report.to} of ${report.fileEntries}, the task asked for ` +
      `${task.first ?? 0}..${task.last ?? 'the end'} of ${task.fileEntries ?? 'an unknown number'}`,
    { hint: 'Did the file change since the run began?' },
  );
}

/** Planning could not open the file; now its size is known. */
function learnEntries(
  db: LedgerDatabase,
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
  db.run(
    `UPDATE datasets SET files_unknown = files_unknown - 1, files_toy = files_toy + ?, entries_full = entries_full + ?, entries_asked = entries_asked + ?
     WHERE run = ? AND dataset = ?`,
    ...[Number(toy), fileEntries, to - from],
    run,
    task.dataset,
  );
}

function forgetFailure(db: LedgerDatabase, run: string, index: number, task: TaskRow): void {
  db.run('DELETE FROM failures WHERE run = ? AND idx = ?', run, index);
  db.run(
    'UPDATE datasets SET failed = failed - 1, entries_lost = entries_lost - ? WHERE run = ? AND dataset = ?',
    task.entriesLost ?? 0,
    run,
    task.dataset,
  );
  countInPool(db, run, task.pool, 'failed', -1);
  countDone(db, run, task, -1);
}

/** A file is done when each of its tasks is committed or failed. */
function countDone(db: LedgerDatabase, run: string, { file, dataset }: TaskRow, step: 1 | -1): void {
  const row = db.get('UPDATE files SET done = done + ? WHERE run = ? AND file = ? RETURNING done, tasks', step, run, file);
  const done = Number(row?.['done']);
  const tasks = Number(row?.['tasks']);
  const change = Number(done === tasks) - Number(done - step === tasks);
  if (change !== 0) db.run('UPDATE datasets SET files_done = files_done + ? WHERE run = ? AND dataset = ?', change, run, dataset);
}
