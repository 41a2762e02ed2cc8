import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import { fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { writeResults } from './write-results.ts';

const details: RunDetails = {
  costs: { datasets: [], workers: [] },
  ...{ inputs: [], requests: 1, fraction: 1, chunkEntries: 1, chunkBytes: 1 },
  threadMs: { wall: 1, open: 1, read: 1, process: 1, encode: 1 },
};

describe('writeResults', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'results-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes all other files where one cannot be made, and reports which and why', async () => {
    const snapshot = fourLeptonSnapshot();
    const cells = new Array<number>(3 ** 3).fill(1);
    const cube = { name: 'cube', title: 'Of three axes', axes: ['x', 'y', 'z'].map((name) => regular(1, 0, 1, { name })) };
    const analysis = { ...snapshot.analysis, histograms: [...snapshot.analysis.histograms, cube] };
    const datasets = snapshot.datasets.map((each) => ({
      ...each,
      histograms: { ...each.histograms, cube: { sumw: cells, sumw2: cells, entries: cells } },
    }));
    const report = await writeResults(folder, { ...snapshot, analysis, datasets }, details);
    expect(report.unwritten).toEqual([
      { file: 'histograms.root', error: expect.stringContaining('a histogram of 3 axes cannot be written') },
    ]);
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['histograms.csv', 'histograms.json', 'plot.png', 'report.json', 'report.md']),
    );
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('NOT WRITTEN: histograms.root (');
  });

  it('writes all other files where one has no place, and names it', async () => {
    mkdirSync(join(folder, 'histograms.root/taken'), { recursive: true });
    await expect(writeResults(folder, fourLeptonSnapshot(), details)).rejects.toMatchObject({ file: join(folder, 'histograms.root') });
    expect(readdirSync(folder)).toEqual(['histograms.csv', 'histograms.json', 'histograms.root', 'plot.png', 'report.json', 'report.md']);
  });
});
