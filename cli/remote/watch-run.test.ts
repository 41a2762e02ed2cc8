import { describe, expect, it } from 'vitest';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { groupByCause } from '../group-failures.ts';
import { seedsLine, showRun, statusLine, taskCounts } from './watch-run.ts';

const running: RunSnapshot = { ...fourLeptonSnapshot({ completeness: 0.5 }), state: 'running', tasksRunning: 2, workers: 3 };
const done: RunSnapshot = { ...fourLeptonSnapshot(), state: 'complete', tasksRunning: 0, workers: 3 };

async function shown(format: 'text' | 'json' | 'seeds', isTTY: boolean, snapshots: readonly RunSnapshot[] = [running, done]) {
  const parts: string[] = [];
  const feed = (async function* () {
    yield* snapshots;
  })();
  await showRun(feed, { isTTY, rows: 100, write: (text) => parts.push(text) }, format);
  return parts;
}

describe('watching a run', () => {
  it('tells what becomes of the tasks: each of them is in one place', () => {
    const { total, waiting, running: now, done: committed, failed } = taskCounts(running);
    expect(waiting + now + committed + failed).toBe(total);
    expect(now).toBeLessThanOrEqual(2);
    expect(statusLine(running)).toMatch(/^running {2}waiting \d+ {2}running \d+ {2}done \d+ {2}failed \d+ {2}.*entries\/s {2}3 workers/);
    expect(statusLine(done)).toMatch(/^complete .*100\.0 %$/);
  });

  it('writes a line for each change and the datasets at the end, where nobody can redraw', async () => {
    const parts = await shown('text', false, [running, running, done]);
    expect(parts).toHaveLength(3);
    expect(parts.join('')).not.toContain('\x1b');
    expect(parts[2]).toContain('dataset');
  });

  it('redraws one view on a terminal', async () => {
    const [first = '', second = ''] = await shown('text', true);
    const lines = first.split('\n').length - 1;
    expect(second.startsWith(`\x1b[${lines}A\x1b[J`)).toBe(true);
  });

  it('writes JSON without histograms, and the line of older tools', async () => {
    const [line = ''] = await shown('json', false, [done]);
    expect(JSON.parse(line)).toMatchObject({ run: done.run, state: 'complete', tasks: { failed: 0 } });
    expect(line).not.toContain('sumw');
    expect(seedsLine(running, new Date('2026-11-22T10:00:00Z'))).toMatch(
      /^\{'date': '2026-11-22 10:00:00', 'jobs': \{'total': \d+, 'succeeded': \d+, 'failed': \d+, 'active': \d+\}, 'pods': \{'Running': 3, 'total': 3\}\}$/,
    );
  });
});

describe('failures by cause', () => {
  const failure = (index: number, file: string, text: string) => ({
    index,
    dataset: 'd',
    file,
    code: 'RootFormatError',
    text,
    attempts: 1,
    entriesLost: 10,
  });

  it('are joined where only file and place differ', () => {
    const groups = groupByCause(
      [
        failure(0, 'a.root', 'a.root: is no ROOT file'),
        failure(1, 'b.root', 'b.root: a basket is cut short (at byte 123)'),
        failure(2, 'c.root', 'c.root: a basket is cut short (at byte 99)'),
      ],
      ({ text }) => text,
    );
    expect(groups.map(({ cause, entriesLost, failures }) => [cause, entriesLost, failures.length])).toEqual([
      ['a basket is cut short (at byte 123)', 20, 2],
      ['is no ROOT file', 10, 1],
    ]);
  });
});
