import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Measured } from './measure.ts';
import { findLosses, formatTable, median, type Report, summarise } from './report.ts';
import { writePage } from './report-page.ts';

const turn = (cpu: number, wall = cpu): Measured => ({
  peer: 'x',
  threads: 1,
  events: 10,
  wall_s: wall,
  cpu_s: cpu,
  rss_mb: 100 * cpu,
  sum: 7,
});
const row = (peer: string, ...cpus: number[]) => ({
  name: 'c',
  codec: 'zlib',
  threads: 1,
  peer,
  turns: cpus.map((cpu) => turn(cpu, 2 * cpu)),
});

describe('the benchmark report', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[5], 5],
  ])('knows the median of %j', (numbers, expected) => {
    expect(median(numbers)).toBe(expected);
  });

  it('takes ratios turn by turn: one slow moment of the machine changes nothing', () => {
    const ours = row('higgsflow', 1, 10, 1);
    const theirs = row('uproot', 2, 20, 2);
    expect(summarise(theirs, ours.turns)).toMatchObject({ cpuRatio: 2, wallRatio: 2, cpuSeconds: 2, wallSeconds: 4, rssMb: 2000, sum: 7 });
    expect(summarise(ours, undefined)).not.toHaveProperty('cpuRatio');
  });

  it('is a table with a line for each program', () => {
    const lines = formatTable([summarise(row('higgsflow', 1), undefined), summarise(row('uproot', 2), row('higgsflow', 1).turns)]).split(
      '\n',
    );
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^c +zlib +1 +uproot +2\.00 +4\.00 +200 +2\.00 +2\.00$/);
  });

  it('flags a ratio that fell by more than a tenth, and no other', () => {
    const ratio = (value: number) => summarise(row('uproot', value), row('higgsflow', 1).turns);
    expect(findLosses([ratio(1.79)], [ratio(2)])).toEqual(['c zlib 1 threads: uproot / ours was 2, is 1.79']);
    expect(findLosses([ratio(1.81)], [ratio(2)])).toEqual([]);
    expect(findLosses([ratio(1)], [{ ...ratio(9), codec: 'lz4' }])).toEqual([]);
  });
});

describe('the page', () => {
  const ours = row('higgsflow', 1, 2, 1);
  const theirs = row('uproot', 2, 5, 2);
  const report: Report = {
    date: '2026-01-02T03:04:05Z',
    machine: { cpu: 'a processor', cores: 2, memoryGb: 8, pinned: true },
    versions: { node: '24' },
    load: [0.1, 0.2],
    results: [summarise(ours, undefined), summarise(theirs, ours.turns)],
    profiles: [{ name: 'c', codec: 'zlib', shares: { decompression: 0.75, 'the rest': 0.25 } }],
  };

  it('has the ratios, a picture of them, and no figure that was not measured', () => {
    const folder = mkdtempSync(join(tmpdir(), 'higgsflow-page-'));
    try {
      writePage(join(folder, 'speed.md'), report);
      const page = readFileSync(join(folder, 'speed.md'), 'utf8');
      expect(page).toContain('| uproot `iterate` | 2.00 |');
      expect(page).toContain('| c    | zlib  | 75 %          | 25 %     |');
      expect(page).not.toMatch(/NaN|undefined|More threads|Decoders alone/);
      const pictures = readdirSync(folder).filter((name) => name.endsWith('.svg'));
      expect(pictures).toEqual(['speed-c-memory.svg', 'speed-c.svg']);
      for (const name of pictures) expect(page).toContain(`](${name})`);
      expect(readFileSync(join(folder, 'speed-c.svg'), 'utf8')).toMatch(/^<svg.*>2\.00<.*<\/svg>\n$/s);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
