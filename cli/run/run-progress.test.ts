import { describe, expect, it } from 'vitest';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { progressLine, showProgress } from './run-progress.ts';

async function* snapshots(): AsyncGenerator<RunSnapshot> {
  for (const completeness of [0.1, 0.5, 0.9]) yield fourLeptonSnapshot({ completeness, state: 'running' });
  yield fourLeptonSnapshot({ completeness: 1, state: 'complete' });
}

async function written(stream: { isTTY: boolean; columns?: number }): Promise<string> {
  let text = '';
  await showProgress(snapshots(), { ...stream, write: (part: string) => (text += part) });
  return text;
}

describe('progress', () => {
  it('redraws one line on a terminal, never wider than it', async () => {
    const parts = (await written({ isTTY: true, columns: 40 })).split('\r\u001b[K');
    expect(parts).toHaveLength(6);
    expect(parts.slice(1, 5).every((line) => line.length < 40 && !line.includes('\n'))).toBe(true);
  });

  it('writes few lines elsewhere, the last one at the end, and the table of datasets', async () => {
    const lines = (await written({ isTTY: false })).trimEnd().split('\n');
    const table = lines.findIndex((line) => line.startsWith('dataset'));
    expect(table).toBe(2);
    expect(lines[1]).toMatch(/\(100 %\)/);
    expect(lines.slice(table + 1).map((line) => line.split(' ')[0])).toContain('llll');
    expect(lines.at(-1)).toMatch(/^all /);
  });

  it('tells in the table how many tasks of a dataset failed, where any did', async () => {
    const { totals, datasets, ...snapshot } = fourLeptonSnapshot({ completeness: 1, state: 'incomplete' });
    const table = async (tasksFailed: number) => {
      const failed = datasets.map((each) => ({ ...each, tasksFailed: each.name === 'llll' ? tasksFailed : 0 }));
      let text = '';
      const last = (async function* () {
        yield { ...snapshot, datasets: failed, totals: { ...totals, tasksFailed } };
      })();
      await showProgress(last, { write: (part: string) => (text += part) });
      return text;
    };
    expect(await table(3)).toMatch(/dataset +files +failed +entries[\s\S]*\nllll +\d+\/\d+ +3 [\s\S]*\nall +\d+\/\d+ +3 /);
    expect(await table(0)).not.toContain('failed');
  });

  it('tells files, entries, rates, and failures where there are any', () => {
    const { totals, ...snapshot } = fourLeptonSnapshot({ completeness: 0.5, state: 'running' });
    const numbers = {
      files: 12,
      filesDone: 3,
      entriesCommitted: 1_500_000,
      entriesExpected: 3_000_000,
      completeness: 0.5,
      bytesRead: 30e6,
    };
    const line = progressLine({
      ...snapshot,
      elapsedMs: 2000,
      totals: { ...totals, ...numbers, entriesPerSecond: 750_000, etaMs: 1999, tasksFailed: 2 },
    });
    expect(line).toBe('3/12 files  1,500,000 entries (50 %)  750.0 k entries/s  15.0 MB/s  2 failed  ETA 2 s');
  });

  it('tells the rate of the whole run when it is over', () => {
    const { totals, ...snapshot } = fourLeptonSnapshot({ completeness: 1, state: 'complete' });
    const line = progressLine({ ...snapshot, elapsedMs: 2000, totals: { ...totals, entriesCommitted: 5000, entriesPerSecond: 0 } });
    expect(line).toContain('  2.5 k entries/s  ');
  });
});
