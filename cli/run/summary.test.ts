import { describe, expect, it } from 'vitest';
import { buildReport } from '#shared/results/report.ts';
import { reportToMarkdown } from '#shared/results/report-markdown.ts';
import type { RunDetails } from '#shared/results/run-details.ts';
import { fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { summaryOf } from './summary.ts';

const snapshot = fourLeptonSnapshot();
const details: RunDetails = {
  costs: { datasets: [], workers: [] },
  ...{ inputs: [], requests: 1, fraction: 1, chunkEntries: 1, chunkBytes: 1 },
  threadMs: { wall: 1, open: 1, read: 1, process: 1, encode: 1 },
  signalWindow: snapshot.analysis.signalWindow,
};

describe('the summary of a run', () => {
  it('tells data in the window where there are any', () => {
    expect(summaryOf(buildReport(snapshot, details, {}), 'out')).toMatch(/\n115-130: data \d+, S \d/);
    const simulation = { ...snapshot, datasets: snapshot.datasets.filter(({ isData }) => !isData) };
    expect(summaryOf(buildReport(simulation, details, {}), 'out')).toMatch(/\n115-130: S \d/);
  });

  it('says what it counts', () => {
    expect(summaryOf(buildReport(snapshot, details, {}), 'out')).toMatch(/\nafter all cuts +passing +events +± stat\.\nData /);
  });

  it('tells a reason once for all tasks that failed for it', () => {
    const failure = (file: string, reason: string, entriesLost?: number) => ({
      ...{ dataset: 'llll', file, code: 'StorageError', message: `${file}: ${reason}`, attempts: 5, entriesLost },
    });
    const far = Array.from({ length: 12 }, (_, i) => failure(`https://example.org/${i}.root`, 'cannot be fetched: ENOTFOUND'));
    const failures = [failure('/a.root', 'the file is cut short', 1200), ...far];
    const text = summaryOf(buildReport({ ...snapshot, failures }, details, {}), 'out');
    expect(text.match(/ENOTFOUND/g)).toHaveLength(1);
    expect(text).toMatch(
      /\n {2}12 × StorageError: cannot be fetched: ENOTFOUND \(an unknown number of .*https:\/\/example\.org\/0\.root\)\n/,
    );
    expect(text).toContain('\n  StorageError: /a.root: the file is cut short (1,200 entries lost)\n');
  });

  it('tells yields of any size in few digits, as report.md does', () => {
    for (const [scale, text] of [
      [1e150, /\d\.\d{5}e\+15\d/],
      [1e-150, /\d\.\d{5}e-1\d\d/],
    ] as const) {
      const datasets = snapshot.datasets.map((each) => ({ ...each, scale }));
      const report = buildReport({ ...snapshot, datasets }, details, {});
      for (const words of [summaryOf(report, 'out'), reportToMarkdown(report)]) {
        expect(words).toMatch(text);
        expect(words).not.toMatch(/\d{6}e[+-]|\b0\.000 /);
      }
    }
  });
});
