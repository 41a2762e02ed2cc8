import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { histogramFiles } from '../../test/histogram-files.ts';
import { regular } from '../histogram/axis.ts';
import { fromUhi } from '../histogram/uhi.ts';
import type { DatasetSnapshot, RunSnapshot } from '../plot/snapshot.ts';
import { openRootFile } from '../root/file.ts';
import { isToyFile } from '../toy/toy-mark.ts';
import { resultHistograms } from './histogram-set.ts';
import { buildReport } from './report.ts';
import { reportToMarkdown } from './report-markdown.ts';
import type { RunDetails } from './run-details.ts';
import { writeFiles } from './write-files.ts';

const progress = {
  ...{ files: 1, filesDone: 1, tasks: 1, tasksCommitted: 1, tasksFailed: 0, entriesExpected: 10, entriesCommitted: 10, entriesLost: 0 },
  ...{ bytesRead: 1000, entriesPerSecond: 0, completeness: 1 },
};

/** Two bins, cut flow of two steps; `sumw` per bin. */
function dataset(name: string, group: string, scale: number, sumw: [number, number]): DatasetSnapshot {
  const cells = [0, ...sumw, 0];
  const squares = cells.map((value) => value * value);
  const [a, b] = sumw;
  return {
    ...progress,
    ...{ name, group, isData: group === 'data', scale },
    histograms: {
      m: { sumw: cells, sumw2: squares, entries: cells.map((value) => Number(value !== 0)) },
      cutFlow: { sumw: [a + b + 1, a + b, 0], sumw2: [16, 9, 0], entries: [4, 3, 0] },
    },
  };
}

const snapshot: RunSnapshot = {
  ...{ run: 'r', revision: 1, state: 'complete', toy: false, startedAt: '2020-01-01T00:00:00.000Z', edition: 2, elapsedMs: 2000 },
  analysis: {
    ...{ name: 'a', title: 'An analysis', cutFlow: ['all', 'good'], parameters: { cut: 5, list: [1, 2] } },
    histograms: [{ name: 'm', title: 'Mass', axes: [regular(2, 100, 120, { name: 'm', unit: 'GeV' })] }],
  },
  experiment: { name: 'ATLAS', status: 'Open Data', energyTeV: 13, luminosityFb: 10, luminosityReadFb: 5, channel: 'H' },
  groups: [
    { name: 'data', label: 'Data', color: '#000000', kind: 'data' },
    { name: 'empty', label: 'Nothing | here', color: '#000000', kind: 'background' },
    { name: 'bkg', label: 'Background', color: '#000000', kind: 'background' },
    { name: 'sig', label: 'Signal', color: '#000000', kind: 'signal' },
  ],
  datasets: [
    dataset('d', 'data', 1, [7, 2]),
    dataset('b1', 'bkg', 0.5, [2, 4]),
    dataset('b2', 'bkg', 2, [1, 1]),
    dataset('s', 'sig', 0.1, [30, 0]),
  ],
  totals: { ...progress, files: 4, filesDone: 4 },
  failures: [],
};

const details: RunDetails = {
  inputs: [
    { dataset: 'd', url: '/d.root', entries: 10, bytes: 1234, tasks: 1 },
    { dataset: 's', url: '/s.root', tasks: 1 },
  ],
  requests: 12,
  threadMs: { wall: 100, open: 10, read: 60, process: 20, encode: 1 },
  costs: {
    datasets: [
      {
        name: 'd',
        attempts: 2,
        cpuMs: 1500,
        wallMs: 2000,
        retries: 1,
        places: { 'https://a': { bytes: 1e6, requests: 5 }, 'disk cache': { bytes: 2000, requests: 2 } },
      },
      { name: 's', attempts: 1, cpuMs: 250, wallMs: 300, retries: 0, places: { 'https://a': { bytes: 5, requests: 1 } } },
    ],
    workers: [
      {
        name: 'w',
        attempts: 3,
        cpuMs: 1750,
        wallMs: 2300,
        retries: 1,
        places: { 'https://a': { bytes: 1_000_005, requests: 6 }, 'disk cache': { bytes: 2000, requests: 2 } },
      },
    ],
  },
  ...{ fraction: 1, chunkEntries: 100, chunkBytes: 1000 },
  signalWindow: { histogram: 'm', lo: 100, hi: 110 },
};

describe('histograms of a run', () => {
  it('are groups, then datasets, scaled, then raw sums', () => {
    const names = resultHistograms(snapshot).map(({ kind, of, name }) => `${kind}/${of}/${name}`);
    expect(names.slice(0, 11)).toEqual([
      ...['group/data/m', 'group/bkg/m', 'group/sig/m'],
      ...['dataset/d/m', 'dataset/b1/m', 'dataset/b2/m', 'dataset/s/m'],
      ...['raw/d/m', 'raw/b1/m', 'raw/b2/m', 'raw/s/m'],
    ]);
    expect(names.slice(11).every((name) => name.endsWith('/cutFlow'))).toBe(true);
  });

  it('are scaled by dataset and added by group, with the squares of scales in the variances', () => {
    const group = resultHistograms(snapshot).find(({ kind, of }) => kind === 'group' && of === 'bkg');
    expect([...(group?.contents.sumw ?? [])]).toEqual([0, 0.5 * 2 + 2, 0.5 * 4 + 2, 0]);
    expect([...(group?.contents.sumw2 ?? [])]).toEqual([0, 0.25 * 4 + 4, 0.25 * 16 + 4, 0]);
  });

  it('come back from histograms.json as they are', () => {
    const uhi = fromUhi(String(histogramFiles(snapshot)['histograms.json']));
    expect([...(uhi['raw/s/m']?.sumw ?? [])]).toEqual([0, 30, 0, 0]);
    expect(uhi['dataset/s/m']?.metadata).toMatchObject({ kind: 'dataset', scale: 0.1, toy: false, complete: true });
  });

  it('say in each format that they are toy, and only then', async () => {
    for (const toy of [true, false]) {
      const files = histogramFiles({ ...snapshot, toy });
      const root = await openRootFile(bytesSource(new Uint8Array(Buffer.from(files['histograms.root'] ?? ''))));
      expect(isToyFile(await root.keys())).toBe(toy);
      expect(fromUhi(String(files['histograms.json']))['group/data/m']?.metadata).toMatchObject({ toy });
      const [head, line] = String(files['histograms.csv']).split('\n');
      expect([head?.endsWith(',entries,toy'), line?.endsWith(',true')]).toEqual([toy, toy]);
    }
  });

  it('are found in histograms.root by safe names, whatever groups and datasets are called', async () => {
    const names = { d: '/DoubleMuon/Run2016G/NANOAOD', b1: 'b', b2: 'b/x', s: 's;1' };
    const named = Object.entries(names).map(([old, name]) => ({ old, name }));
    const datasets = snapshot.datasets.map((each) => ({ ...each, name: named.find(({ old }) => old === each.name)?.name ?? '' }));
    const groups = snapshot.groups.map((group) => ({ ...group, name: group.name === 'sig' ? '..' : group.name }));
    const inGroups = datasets.map((each) => ({ ...each, group: each.group === 'sig' ? '..' : each.group }));
    const files = histogramFiles({ ...snapshot, groups, datasets: inGroups });
    const root = await openRootFile(bytesSource(new Uint8Array(Buffer.from(files['histograms.root'] ?? ''))));
    const paths = (await root.keys()).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['raw/_DoubleMuon_Run2016G_NANOAOD/m', 'raw/b/m', 'raw/b_x/m', 'raw/s_1/m', 'group/__/m']),
    );
    expect(fromUhi(String(files['histograms.json']))['raw/b/x/m']?.metadata).toMatchObject({ label: 'Mass (b/x, raw sums)' });
    expect(String(files['histograms.csv'])).toContain('\nraw,/DoubleMuon/Run2016G/NANOAOD,m,');
  });

  it('do not depend on when, where and how long the run was', () => {
    const other = { ...snapshot, run: 'other', startedAt: 'later', elapsedMs: 1, revision: 9, totals: { ...progress, bytesRead: 5 } };
    expect(histogramFiles(other)).toEqual(histogramFiles(snapshot));
  });
});

describe('report', () => {
  const report = buildReport(snapshot, details, { higgsflow: '1.2.3' });

  it('has yields, cut flow and significance of groups and datasets', () => {
    expect(report.groups.map(({ name, entries, yield: events }) => [name, entries, events])).toEqual([
      ['data', 3, 9],
      ['bkg', 6, 7],
      ['sig', 3, 3],
    ]);
    expect(report.groups[1]?.cutFlow.map(({ step, yield: events }) => [step, events])).toEqual([
      ['all', 9.5],
      ['good', 7],
    ]);
    expect(report.groups[1]?.error).toBeCloseTo(Math.sqrt(9 * 0.25 + 9 * 4), 12);
    expect(report.significance).toMatchObject({ histogram: 'm', lo: 100, hi: 110, data: 7, signal: 3, background: 3 });
    expect(report.significance?.signalOverRootBackground).toBeCloseTo(3 / Math.sqrt(3), 12);
    expect(report.entriesPerSecond).toBe(5);
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({ inputs: [{ url: '/d.root', entries: 10 }, { url: '/s.root' }] });
  });

  it('says that its yields are those after all cuts, whatever the range of the plots', () => {
    expect(reportToMarkdown(report)).toContain(
      '## Yields after all cuts\n\nAll that is left after the last step of the cut flow, outside of the range of the plots as well.\n\n| group ',
    );
  });

  it('has no significance without a window or without simulation', () => {
    const { signalWindow: _, ...less } = details;
    expect(buildReport(snapshot, less, {}).significance).toBeUndefined();
    const data = { ...snapshot, datasets: snapshot.datasets.slice(0, 1) };
    expect(buildReport(data, details, {}).significance).toBeUndefined();
  });

  it('has data in the significance where the run has any, also where none is in the window', () => {
    const withData = (sumw: [number, number]) =>
      snapshot.datasets.map((each) => (each.name === 'd' ? dataset('d', 'data', 1, sumw) : each));
    const none = buildReport({ ...snapshot, datasets: withData([0, 2]) }, details, {});
    expect(none.significance).toMatchObject({ data: 0, signal: 3 });
    expect(reportToMarkdown(none)).toMatch(/\| data +\| +0 \|/);
    const simulation = buildReport({ ...snapshot, datasets: snapshot.datasets.slice(1) }, details, {});
    expect(simulation.significance).toMatchObject({ data: undefined, signal: 3 });
    expect(JSON.stringify(simulation.significance)).not.toContain('data');
    expect(reportToMarkdown(simulation)).not.toMatch(/\| data +\|/);
  });

  it('says why there is no significance where the window has no bin or no histogram', () => {
    const reasonOf = (histogram: string, lo: number, hi: number) => {
      const { significance, noSignificance } = buildReport(snapshot, { ...details, signalWindow: { histogram, lo, hi } }, {});
      expect(significance).toBeUndefined();
      return noSignificance;
    };
    expect(reasonOf('m', 106, 109)).toBe('no bin of `m` has its centre in the window from 106 to 109');
    expect(reasonOf('other', 0, 1)).toBe('a has no histogram `other` with these parameters');
    expect(reportToMarkdown(buildReport(snapshot, { ...details, signalWindow: { histogram: 'm', lo: 0, hi: 1 } }, {}))).toContain(
      '## Significance\n\nNone: no bin of `m` has its centre in the window from 0 to 1.\n',
    );
  });

  it('reads as Markdown: every table has the same columns in each line', () => {
    const tables = reportToMarkdown(report)
      .split('\n\n')
      .filter((block) => block.startsWith('|'));
    expect(tables.length).toBeGreaterThan(5);
    for (const table of tables) {
      const columns = table
        .trim()
        .split('\n')
        .map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(columns).size, table).toBe(1);
    }
  });

  it('tells the luminosity of all data where the catalogue or its datasets do', () => {
    const { luminosityFb: _, ...experiment } = snapshot.experiment;
    const textOf = (more: object) => reportToMarkdown(buildReport({ ...snapshot, experiment }, { ...details, ...more }, {}));
    expect(reportToMarkdown(report)).toContain(', 5 of 10 fb⁻¹ read');
    expect(textOf({ luminosityFb: 2 + 10.1 })).toContain(', 5 of 12.1 fb⁻¹ read');
    expect(textOf({})).toContain(', 5 fb⁻¹ read');
  });

  it('has the notes of the run', () => {
    const noted = buildReport(snapshot, { ...details, notes: ['mcColumns (w) are not read'] }, {});
    expect(noted.notes).toEqual(['mcColumns (w) are not read']);
    expect(reportToMarkdown(noted)).toContain('\nNote: mcColumns (w) are not read.');
    expect(JSON.stringify(report)).not.toContain('notes');
  });

  it('says loudly that a run is toy or incomplete, and what failed', () => {
    const failure = { dataset: 's', file: '/s.root', code: 'StorageError', message: 'no | answer\nat all', attempts: 5 };
    const text = reportToMarkdown(buildReport({ ...snapshot, state: 'incomplete', toy: true, failures: [failure] }, details, {}));
    expect(text).toContain('**Toy data**');
    expect(text).toContain('INCOMPLETE');
    expect(text).toMatch(/\| s +\| +\/s\.root \| +all \| unknown \| +5 \| +StorageError: no \\\| answer at all \|/);
    expect(reportToMarkdown(report)).not.toMatch(/toy|INCOMPLETE|Failures/i);
  });
});

describe('the accounting of a run', () => {
  const { accounting } = buildReport(snapshot, details, {});

  it('adds up: places to bytes and requests, datasets to the same as workers', () => {
    expect(accounting.datasets[0]).toMatchObject({ coreSeconds: 1.5, bytesRead: 1_002_000, requests: 7, retries: 1, cacheHits: 2 });
    const { name: _, ...worker } = accounting.workers[0] as (typeof accounting.workers)[number];
    expect(accounting.total).toEqual({ name: 'all', ...worker });
  });

  it('is two tables, with the places in words', () => {
    const text = reportToMarkdown(buildReport(snapshot, details, {}));
    expect(text).toMatch(
      /## Cost by dataset\n\n\| dataset .*\n.*\n\| d +\| +2 \| +1.50 \| +1,002,000 \| +7 \| +1 \| +2 \| 1.00 MB from https:\/\/a, 2.00 kB from disk cache \|/,
    );
    expect(text).toMatch(/\| w +\| +3 \| +1.75 \|/);
  });
});

describe('writeFiles', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'results-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('makes the folder, replaces what is there, and leaves nothing else behind', async () => {
    const path = join(folder, 'a/b');
    await writeFiles(path, { x: 'old and longer', y: new Uint8Array([1, 2]) });
    await writeFiles(path, { x: 'new' });
    expect(readdirSync(path)).toEqual(['x', 'y']);
    expect(readFileSync(join(path, 'x'), 'utf8')).toBe('new');
  });

  it('names the file that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(writeFiles(join(folder, 'file'), { x: '' })).rejects.toMatchObject({ code: 'StorageError', file: join(folder, 'file') });
    await expect(writeFiles(folder, { 'no/such': '', other: 'is there' })).rejects.toMatchObject({ file: join(folder, 'no/such') });
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('is there');
  });
});
