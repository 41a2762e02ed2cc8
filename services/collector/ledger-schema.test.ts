import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { asNobody } from '../../test/as-nobody.ts';
import { exampleSuccess } from '../../test/example-messages.ts';
import { Ledger } from './ledger.ts';

/** Tables of version 1, and the columns that they did not have. */
const FIRST_TABLES = ['runs', 'datasets', 'files', 'tasks', 'sums', 'failures'];
const LATER_COLUMNS = { tasks: ['pool'], datasets: ['luminosity'], files: ['luminosity_fb', 'replicas'] };
/** Columns that version 2 did not have. */
const LAST_COLUMNS = { runs: ['incarnation', 'endings'] };

const spec: RunSpec = {
  ...{ v: 1, run: 'r1', analysis: 'a', parameters: {}, tree: 't', catalogue: {}, fraction: 1, chunkEntries: 100, chunkBytes: 1000 },
  datasets: [{ name: 'data', isData: true, files: ['a.root'] }],
};

const success = (index: number) => exampleSuccess({ run: 'r1', index, from: 50 * index, to: 50 * index + 50, fileEntries: 100 });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-schema-'));
  path = join(folder, 'ledger.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Takes out of a ledger what this version did not have. */
function makeOld(version: 1 | 2): void {
  const db = new DatabaseSync(path);
  const tables = db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all()
    .map(({ name }) => String(name));
  if (version === 1) for (const table of tables) if (!FIRST_TABLES.includes(table)) db.exec(`DROP TABLE ${table}`);
  const absent = version === 1 ? { ...LATER_COLUMNS, ...LAST_COLUMNS } : LAST_COLUMNS;
  for (const [table, columns] of Object.entries(absent))
    for (const column of columns) db.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
}

describe('a ledger of an older version', () => {
  it.each([1, 2] as const)('%i is brought up to date, and its run goes on', (version) => {
    const old = new Ledger(path);
    old.openRun(spec, '2020-01-01T00:00:00Z');
    const tasks = [0, 1].map((index) => ({ index, from: 50 * index, to: 50 * index + 50 }));
    old.addFiles('r1', [{ file: 0, dataset: 'data', url: 'a.root', entries: 100, bytes: 1000, tasks }]);
    old.freeze('r1');
    old.commit([{ report: success(0), merge: () => {} }], () => []);
    const before = old.counters('r1');
    old.close();
    makeOld(version);
    const ledger = new Ledger(path);
    expect(ledger.openRun(spec, 'now')).toEqual({ frozen: true });
    expect(ledger.counters('r1')).toEqual(before);
    expect(ledger.pending('r1', -1, 10).map(({ index, incarnation }) => [index, incarnation])).toEqual([[1, '']]);
    // Nobody knows of which run it is: it is taken, as before.
    ledger.commit([{ report: { ...success(1), incarnation: 'whatever' }, merge: () => {} }], () => []);
    expect(ledger.counters('r1')[0]).toMatchObject({ committed: 2, entriesCommitted: 100, luminosityFb: 0 });
    ledger.close();
    new Ledger(path).close();
  });
});

describe('a ledger', () => {
  it('of a later version is refused', () => {
    new Ledger(path).close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => new Ledger(path)).toThrow(/the ledger has version 99/);
  });
});

describe('a ledger that may not be written', () => {
  it('says that the folder is the reason', async () => {
    chmodSync(folder, 0o555);
    const expected = { code: 'StorageError', file: path, reason: expect.stringMatching(/EACCES: permission denied$/) };
    await expect(asNobody(() => new Ledger(path))).rejects.toMatchObject(expected);
    chmodSync(folder, 0o755);
  });
});
