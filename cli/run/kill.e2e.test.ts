import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const RESULTS = ['histograms.json', 'histograms.csv', 'histograms.root'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
  writeLeptonSamples(join(folder, 'samples'), { data_A: 80_000, Zee: 160_000, llll: 400_000, ggH125_ZZ4lep: 160_000 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const NEW_RUN = () => ['--analysis', 'atlas-hzz-2020', '--data', join(folder, 'samples'), '--chunk-entries', '2000'];

/** The real program in a process of its own. */
function higgsflow(out: string, ...more: string[]): ChildProcess {
  const options = ['--out', join(folder, out), '--no-web', '--threads', '2', '--batch-mb', '1'];
  return spawn(process.execPath, [MAIN, 'run', ...options, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text;
  });
  child.stdout?.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

/** Rows of a table of the ledger; none where it was killed before there was one. */
function rowsOf(out: string, table: string, rest = ''): Record<string, unknown>[] {
  const path = join(folder, out, 'ledger.sqlite');
  if (!existsSync(path)) return [];
  const db = new DatabaseSync(path);
  try {
    const isThere = db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined;
    return isThere ? db.prepare(`SELECT * FROM ${table} ${rest}`).all() : [];
  } finally {
    db.close();
  }
}

/** Which process committed each task. */
function commits(out: string): Map<number, string> {
  const rows = rowsOf(out, 'tasks', `WHERE state = 'committed'`);
  return new Map(rows.map(({ idx, worker }) => [Number(idx), String(worker)]));
}

/** Most often while tasks are committed: some moments after the ledger was opened. */
async function killAtRandom(child: ChildProcess, out: string): Promise<void> {
  const wal = join(folder, out, 'ledger.sqlite-wal');
  const sizeOf = () => (existsSync(wal) ? statSync(wal).size : 0);
  const atStart = sizeOf();
  const deadline = performance.now() + (Math.random() < 0.2 ? 300 : 20_000);
  while (child.exitCode === null && sizeOf() === atStart && performance.now() < deadline) await sleep(10);
  await sleep(Math.random() * 700);
  child.kill('SIGKILL');
}

const resultsOf = (out: string) => RESULTS.map((name) => readFileSync(join(folder, out, name)));

describe('a run that is killed', () => {
  it('goes on with --resume, again and again, to the same bytes, and does nothing twice', async () => {
    expect(await ended(higgsflow('whole', ...NEW_RUN()))).toMatchObject({ code: 0 });
    let before = new Map<number, string>();
    let kills = 0;
    for (let round = 0; ; round += 1) {
      const hasBegun = rowsOf('killed', 'runs').length > 0;
      const child = higgsflow('killed', '--resume', ...(hasBegun ? [] : NEW_RUN()));
      const end = ended(child);
      if (round < 8) await killAtRandom(child, 'killed');
      const { code, stderr } = await end;
      const after = commits('killed');
      for (const [index, worker] of before) expect(after.get(index), `task ${index}`).toBe(worker);
      before = after;
      if (code === 0) break;
      expect(code, stderr).toBeNull();
      kills += 1;
    }
    expect(kills).toBeGreaterThan(0);
    expect(before.size).toBe(400);
    expect(new Set(before.values()).size).toBeGreaterThan(1);
    expect(resultsOf('killed')).toEqual(resultsOf('whole'));
    expect(readdirSync(join(folder, 'killed')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('stops cleanly at Ctrl-C, says how to go on, and does so', async () => {
    const child = higgsflow('stopped here', ...NEW_RUN());
    const end = ended(child);
    while (!existsSync(join(folder, 'stopped here/ledger.sqlite-wal'))) await sleep(20);
    await sleep(300);
    child.kill('SIGINT');
    const { code, stderr } = await end;
    expect(code).toBe(130);
    expect(stderr).toContain(`higgsflow run --resume --out '${join(folder, 'stopped here')}'`);
    expect(await ended(higgsflow('stopped here', '--resume'))).toMatchObject({ code: 0 });
    expect(resultsOf('stopped here')).toEqual(resultsOf('whole'));
  });
});
