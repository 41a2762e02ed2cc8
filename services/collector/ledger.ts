import { randomBytes } from 'node:crypto';
import { inFb } from '#shared/datasets/luminosity.ts';
import { MessageError } from '#shared/errors.ts';
import type { CostSnapshot, RunState } from '#shared/plot/snapshot.ts';
import { parseMessage } from '#shared/queue/messages.ts';
import type { OutputOutcome } from '#shared/queue/output-outcome.ts';
import { mannerDiffers, type RunSpec, runSpecSchema, specDifferences } from '#shared/queue/run-spec.ts';
import type { PlannedFile, TaskListState } from '#shared/queue/task-list.ts';
import type { Costs, InputFile } from '#shared/results/run-details.ts';
import { assertSameIncarnation, type Booked, type Books, commitFailure, commitSuccess, reopenFailed } from './ledger-commit.ts';
import { CostSums, readCostSoFar, readCosts } from './ledger-costs.ts';
import { CounterChanges } from './ledger-counters.ts';
import { LedgerDatabase, type Row } from './ledger-database.ts';
import { forgetOutcome, readOutcome, writeOutcome } from './ledger-output.ts';
import { moveTask } from './ledger-pools.ts';
import type { DatasetCounters, LedgerFailure, OpenTask, PoolCounters, RunRow, SumRow, Verdict } from './ledger-rows.ts';
import { shownUrl } from './shown-url.ts';

/** In each message: eight characters. */
const INCARNATION_BYTES = 6;

/**
 * The durable record of runs: one SQLite file, one process. Memory does not grow with the number of tasks.
 * Every method may throw a StorageError (disk full, file damaged); what was not committed then is not in it at all.
 */
export class Ledger {
  readonly #db: LedgerDatabase;
  readonly #rows = new Map<string, RunRow>();

  /** @throws StorageError if the file cannot be opened as a ledger. `maxBytes`: it must not grow past this. */
  constructor(path: string, { maxBytes }: { readonly maxBytes?: number } = {}) {
    this.#db = new LedgerDatabase(path, maxBytes);
  }

  get path(): string {
    return this.#db.path;
  }

  /** Ids of all runs, the one that started last first. */
  runs(): string[] {
    return this.#db.all('SELECT run FROM runs ORDER BY started_at DESC, run').map(({ run }) => String(run));
  }

  /** Looked up for each report: kept until it changes. */
  run(run: string): RunRow | undefined {
    const known = this.#rows.get(run) ?? this.#readRun(run);
    if (known !== undefined) this.#rows.set(run, known);
    return known;
  }

  #readRun(run: string): RunRow | undefined {
    const row = this.#db.get('SELECT state, frozen, started_at, elapsed_ms, incarnation, endings FROM runs WHERE run = ?', run);
    if (!row) return undefined;
    return {
      state: String(row['state']) as RunState,
      frozen: row['frozen'] === 1,
      startedAt: String(row['started_at']),
      elapsedMs: Number(row['elapsed_ms']),
      incarnation: String(row['incarnation']),
      endings: Number(row['endings']),
    };
  }

  /** The spec that the run was opened with; it may be long. */
  spec(run: string): RunSpec | undefined {
    const row = this.#db.get('SELECT spec FROM runs WHERE run = ?', run);
    return row && parseMessage(runSpecSchema, JSON.parse(String(row['spec'])));
  }

  /** Makes the run, or finds it. @throws MessageError if it exists with another spec. */
  openRun(spec: RunSpec, startedAt: string): TaskListState {
    return this.#db.transaction(() => {
      const known = this.run(spec.run);
      if (known) this.#goOn(spec);
      else this.#insertRun(spec, startedAt);
      return { frozen: known?.frozen ?? false };
    });
  }

  /** Takes planned files with their tasks; those it has already must be the same. @throws MessageError if not. */
  addFiles(run: string, files: readonly PlannedFile[]): void {
    this.#book((books) => {
      for (const file of files) this.#addFile(books, run, file);
    });
  }

  freeze(run: string): void {
    this.#rows.delete(run);
    this.#db.run('UPDATE runs SET frozen = 1 WHERE run = ?', run);
  }

  /** What became of the run's files on their way to its bucket; undefined where nobody has told yet. */
  outcome(run: string): OutputOutcome | undefined {
    return readOutcome(this.#db, run);
  }

  /** Undefined: they are to be brought there again. */
  setOutcome(run: string, outcome: OutputOutcome | undefined): void {
    if (outcome === undefined) forgetOutcome(this.#db, run);
    else writeOutcome(this.#db, run, outcome);
  }

  setState(run: string, state: RunState): void {
    this.#rows.delete(run);
    this.#db.run('UPDATE runs SET state = ?, endings = endings + ? WHERE run = ?', state, Number(state !== 'running'), run);
  }

  addElapsed(run: string, ms: number): void {
    this.#rows.delete(run);
    this.#db.run('UPDATE runs SET elapsed_ms = elapsed_ms + ? WHERE run = ?', ms, run);
  }

  /** Open tasks after `index`, in order. */
  pending(run: string, after: number, limit: number): OpenTask[] {
    return this.#openTasks(`t.run = ? AND t.idx > ? AND t.state = 'pending' ORDER BY t.idx LIMIT ?`, run, after, limit);
  }

  /** Takes out up to `limit` tasks whose wait between two attempts is over, of runs that go on. */
  takeDue(nowMs: number, limit: number): OpenTask[] {
    return this.#db.transaction(() => {
      const goesOn = `EXISTS (SELECT 1 FROM runs r WHERE r.run = t.run AND r.state = 'running')`;
      const due = this.#openTasks(`t.due_ms IS NOT NULL AND t.due_ms <= ? AND ${goesOn} ORDER BY t.due_ms LIMIT ?`, nowMs, limit);
      for (const { run, index } of due) this.#db.run('UPDATE tasks SET due_ms = NULL WHERE run = ? AND idx = ?', run, index);
      return due;
    });
  }

  /** Open tasks that are not waiting for their next attempt; of one pool, where one is given. */
  issued(run: string, limit: number, pool?: string): OpenTask[] {
    const where = `t.run = ? AND t.state = 'pending' AND t.due_ms IS NULL`;
    if (pool === undefined) return this.#openTasks(`${where} ORDER BY t.idx LIMIT ?`, run, limit);
    return this.#openTasks(`${where} AND t.pool = ? ORDER BY t.idx LIMIT ?`, run, pool, limit);
  }

  /** One task, where it is open. */
  openTask(run: string, index: number): OpenTask | undefined {
    return this.#openTasks(`t.run = ? AND t.idx = ? AND t.state = 'pending'`, run, index)[0];
  }

  /**
   * All verdicts and the sums that `sums` returns after them, or nothing. Returns what became of each.
   * @throws MessageError if one does not fit its task, or is of an earlier run of the same id
   */
  commit(verdicts: readonly Verdict[], sums: () => Iterable<SumRow>): Booked[] {
    return this.#book((books) => {
      const costs = new CostSums();
      const booked = verdicts.map((verdict) => {
        const { report } = verdict;
        assertSameIncarnation(this.run(report.run), report);
        const isFailure = report.kind === 'failure';
        const done = isFailure
          ? commitFailure(books, report, 'dueMs' in verdict ? verdict.dueMs : undefined)
          : commitSuccess(books, report);
        const cost = isFailure ? report.cost : report;
        if (done.outcome === 'duplicate' || cost === undefined) return done;
        if ('merge' in verdict) verdict.merge(done.dataset);
        costs.add(report.run, done.dataset, report.worker, cost);
        return done;
      });
      costs.write(this.#db);
      for (const { run, dataset, histogram, bytes } of sums()) {
        this.#db.run('INSERT OR REPLACE INTO sums (run, dataset, histogram, bytes) VALUES (?, ?, ?, ?)', run, dataset, histogram, bytes);
      }
      return booked;
    });
  }

  /** Failed tasks get new attempts, due at `dueMs` where it is given. Returns how many. */
  retryFailed(run: string, dueMs?: number): number {
    return this.#book((books) => reopenFailed(books, run, dueMs));
  }

  /** Makes all open tasks due that are not waiting for an attempt already. */
  makeDue(run: string, dueMs: number): void {
    this.#db.run(`UPDATE tasks SET due_ms = ? WHERE run = ? AND state = 'pending' AND due_ms IS NULL`, dueMs, run);
  }

  /** No task of the run is due any more. */
  clearDue(run: string): void {
    this.#db.run('UPDATE tasks SET due_ms = NULL WHERE run = ? AND due_ms IS NOT NULL', run);
  }

  /** Forgets the run with all that belongs to it. */
  deleteRun(run: string): void {
    this.#rows.delete(run);
    this.#db.transaction(() => {
      for (const table of ['outputs', 'costs', 'cost_places', 'failures', 'sums', 'pools', 'tasks', 'files', 'datasets', 'runs'])
        this.#db.run(`DELETE FROM ${table} WHERE run = ?`, run);
    });
  }

  /** Encoded sums; undefined until the first commit of the dataset. */
  sum(run: string, dataset: string, histogram: string): Uint8Array | undefined {
    const row = this.#db.get('SELECT bytes FROM sums WHERE run = ? AND dataset = ? AND histogram = ?', run, dataset, histogram);
    return row?.['bytes'] as Uint8Array | undefined;
  }

  /** One row a dataset, in the order of the spec. */
  counters(run: string): DatasetCounters[] {
    const rows = this.#db.all(
      `SELECT dataset, files, files_done AS filesDone, files_unknown AS filesUnknown, files_toy AS filesToy, tasks, committed, failed,
       entries_full AS entriesFull, entries_asked AS entriesAsked, entries_committed AS entriesCommitted, entries_lost AS entriesLost,
       bytes_read AS bytesRead, requests, wall_ms AS wallMs, open_ms AS openMs, read_ms AS readMs, process_ms AS processMs,
       encode_ms AS encodeMs, CAST(luminosity AS TEXT) AS luminosity FROM datasets WHERE run = ? ORDER BY position`,
      run,
    );
    return (rows as (Row & DatasetCounters)[]).map(({ luminosity, ...counters }) => ({
      ...counters,
      luminosityFb: inFb(BigInt(String(luminosity))),
    }));
  }

  /** One row a pool, in the order of the spec; none in a run without pools. */
  pools(run: string): PoolCounters[] {
    const rows = this.#db.all('SELECT pool, open, committed, failed, taken FROM pools WHERE run = ? ORDER BY position', run);
    return rows as (Row & PoolCounters)[];
  }

  /** Those of the tasks that are open are another pool's from now on. */
  moveTasks(run: string, indexes: readonly number[], pool: string): void {
    this.#db.transaction(() => {
      for (const index of indexes) moveTask(this.#db, run, index, pool);
    });
  }

  /** In task order, at most `limit`. */
  failures(run: string, limit: number): LedgerFailure[] {
    const rows = this.#db.all(
      `SELECT x.idx, f.dataset, f.url, x.code, x.text, t.first, t.last, x.entries_lost, t.attempts
       FROM failures x JOIN tasks t ON t.run = x.run AND t.idx = x.idx JOIN files f ON f.run = t.run AND f.file = t.file
       WHERE x.run = ? ORDER BY x.idx LIMIT ?`,
      ...[run, limit],
    );
    return rows.map((row) => ({
      index: Number(row['idx']),
      dataset: String(row['dataset']),
      url: String(row['url']),
      code: String(row['code']),
      text: String(row['text']),
      from: optional(row['first']),
      to: optional(row['last']),
      entriesLost: optional(row['entries_lost']),
      attempts: Number(row['attempts']),
    }));
  }

  /** Every input as reports show it, in the order of the spec. */
  *files(run: string): Iterable<InputFile> {
    for (const row of this.#db.iterate('SELECT dataset, url, entries, bytes, tasks FROM files WHERE run = ? ORDER BY file', run)) {
      yield {
        dataset: String(row['dataset']),
        url: shownUrl(String(row['url'])),
        entries: optional(row['entries']),
        bytes: optional(row['bytes']),
        tasks: Number(row['tasks']),
      };
    }
  }

  /** What the counted attempts of a run have cost; those of older ledgers are not known. */
  costs(run: string): Costs {
    return readCosts(this.#db, run);
  }

  /** The same, all together. */
  costSoFar(run: string): CostSnapshot {
    return readCostSoFar(this.#db, run);
  }

  close(): void {
    this.#db.close();
  }

  /** A transaction whose changes of counters are written at its end. */
  #book<T>(action: (books: Books) => T): T {
    return this.#db.transaction(() => {
      const counters = new CounterChanges();
      const result = action({ db: this.#db, counters });
      counters.write(this.#db);
      return result;
    });
  }

  #insertRun(spec: RunSpec, startedAt: string): void {
    this.#db.run(
      `INSERT INTO runs (run, spec, state, started_at, incarnation) VALUES (?, ?, 'running', ?, ?)`,
      ...[spec.run, JSON.stringify(spec), startedAt, randomBytes(INCARNATION_BYTES).toString('base64url')],
    );
    for (const [position, { name }] of spec.datasets.entries()) {
      this.#db.run('INSERT INTO datasets (run, dataset, position) VALUES (?, ?, ?)', spec.run, name, position);
    }
    this.#addPools(spec);
  }

  /** The same run may be done in another way: with new keys, at another endpoint. */
  #goOn(spec: RunSpec): void {
    const known = this.spec(spec.run) as RunSpec;
    const different = specDifferences(known, spec);
    if (different.length > 0) throw new MessageError(`run ${spec.run} exists with another ${different.join(', ')}`, { file: this.path });
    const changed = mannerDiffers(known, spec);
    // With new keys of the same name, too, the upload may work now.
    if (changed || readOutcome(this.#db, spec.run)?.error !== undefined) forgetOutcome(this.#db, spec.run);
    if (!changed) return;
    this.#db.run('UPDATE runs SET spec = ? WHERE run = ?', JSON.stringify(spec), spec.run);
    this.#addPools(spec);
  }

  #addPools({ run, pools = [] }: RunSpec): void {
    for (const [position, { name }] of pools.entries()) {
      this.#db.run('INSERT OR IGNORE INTO pools (run, pool, position) VALUES (?, ?, ?)', run, name, position);
    }
  }

  #addFile({ counters }: Books, run: string, planned: PlannedFile): void {
    const { file, dataset, url, entries, bytes, toy = false, pool, tasks, luminosityFb, replicas } = planned;
    const added = this.#db.run(
      'INSERT OR IGNORE INTO files (run, file, dataset, url, entries, bytes, toy, tasks, luminosity_fb, replicas) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[run, file, dataset, url, entries ?? null, bytes ?? null, Number(toy), tasks.length],
      ...[luminosityFb ?? null, replicas === undefined ? null : JSON.stringify(replicas)],
    );
    if (added === 0) {
      this.#assertSameFile(run, file, url, tasks);
      return;
    }
    for (const { index, from, to } of tasks) {
      const sql = 'INSERT INTO tasks (run, idx, file, first, last, pool) VALUES (?, ?, ?, ?, ?, ?)';
      this.#db.run(sql, run, index, file, from ?? null, to ?? null, pool ?? null);
    }
    if (pool !== undefined) this.#db.run('UPDATE pools SET open = open + ? WHERE run = ? AND pool = ?', tasks.length, run, pool);
    const asked = tasks.reduce((sum, { from, to }) => sum + (to ?? 0) - (from ?? 0), 0);
    const known = { entries_full: entries ?? 0, entries_asked: asked, files_toy: Number(toy) };
    counters.add(run, dataset, { files: 1, tasks: tasks.length, files_unknown: entries === undefined ? 1 : 0, ...known });
  }

  #assertSameFile(run: string, file: number, url: string, tasks: PlannedFile['tasks']): void {
    const rows = this.#db.all(
      'SELECT f.url, t.idx, t.first, t.last FROM files f JOIN tasks t ON t.run = f.run AND t.file = f.file WHERE f.run = ? AND f.file = ? ORDER BY t.idx',
      ...[run, file],
    );
    const text = (list: readonly unknown[]) => JSON.stringify(list);
    const known = text(rows.map((row) => [row['url'], row['idx'], row['first'], row['last']]));
    if (known === text(tasks.map(({ index, from, to }) => [url, index, from ?? null, to ?? null]))) return;
    throw new MessageError(`file ${file} of run ${run} is in the ledger with other tasks`, { file: url });
  }

  #openTasks(where: string, ...values: (string | number)[]): OpenTask[] {
    const rows = this.#db.all(
      `SELECT t.run, t.idx, f.dataset, f.url, t.first, t.last, t.attempts, t.pool, f.replicas
       FROM tasks t JOIN files f ON f.run = t.run AND f.file = t.file WHERE ${where}`,
      ...values,
    );
    return rows.map((row) => ({
      run: String(row['run']),
      // Not joined: a run's row is as long as its spec.
      incarnation: this.run(String(row['run']))?.incarnation,
      index: Number(row['idx']),
      dataset: String(row['dataset']),
      url: String(row['url']),
      from: optional(row['first']),
      to: optional(row['last']),
      attempts: Number(row['attempts']),
      ...(row['pool'] === null ? {} : { pool: String(row['pool']) }),
      ...(row['replicas'] === null ? {} : { replicas: JSON.parse(String(row['replicas'])) as string[] }),
    }));
  }
}

function optional(value: Row[string] | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
