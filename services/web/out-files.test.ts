import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunDetails } from '#shared/results/run-details.ts';
import { createTestFeed } from '../../test/run-feed.ts';
import { fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { filesIn, writeOutFiles } from './out-files.ts';

const RUN = fourLeptonSnapshot().run;
const details: RunDetails = {
  costs: { datasets: [], workers: [] },
  ...{ inputs: [], requests: 1, fraction: 1, chunkEntries: 1, chunkBytes: 1 },
  threadMs: { wall: 1, open: 1, read: 1, process: 1, encode: 1 },
};

describe('the files of runs', () => {
  let folder: string;
  let stop: AbortController;
  let writing: Promise<void>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'out-'));
    stop = new AbortController();
    writing = Promise.resolve();
  });
  afterEach(async () => {
    stop.abort();
    await writing;
    rmSync(folder, { recursive: true });
  });

  const start = (feed: ReturnType<typeof createTestFeed>, log = vi.fn()) => {
    const withDetails = { ...feed, details: async () => details, tellOutput: async () => {} };
    writing = writeOutFiles({ feed: withDetails, folder, log, signal: stop.signal, lookMs: 5, writeMs: 50 });
    return log;
  };
  const written = () =>
    readdirSync(folder)
      .flatMap((run) => readdirSync(join(folder, run)))
      .sort();
  const timeOf = (name: string) => statSync(join(folder, RUN, name)).mtimeMs;

  it('are the plot and histograms now and then while it goes on, and all of them at its end', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.2, revision: 1 }));
    start(feed);
    await vi.waitFor(() => expect(written()).toEqual(['histograms.csv', 'histograms.json', 'histograms.root', 'plot.png']), 5000);
    const first = timeOf('plot.png');
    await vi.waitFor(() => expect(timeOf('plot.png')).toBeGreaterThan(first), 5000);
    feed.put(fourLeptonSnapshot({ revision: 2 }));
    await vi.waitFor(() => expect(written()).toContain('report.md'), 5000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = timeOf('plot.png');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(timeOf('plot.png')).toBe(last);
    expect(await text((await filesIn(folder)(RUN, 'report.md')) as never)).toBe(readFileSync(join(folder, RUN, 'report.md'), 'utf8'));
  });

  it('are left alone by a service that starts again, if the run is over', async () => {
    const feed = createTestFeed(fourLeptonSnapshot());
    start(feed);
    await vi.waitFor(() => expect(written()).toContain('report.md'), 5000);
    stop.abort();
    await writing;
    const before = timeOf('report.json');
    stop = new AbortController();
    const log = start(feed);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([timeOf('report.json'), log.mock.calls]).toEqual([before, []]);
  });

  it.each([
    ['has gone on and ended between two looks', { edition: 2 }],
    ['was removed and done again', { startedAt: '2026-12-24T09:00:00.000Z' }],
  ])('are written again where a run %s, also while the service was away', async (_, change) => {
    const snapshot = fourLeptonSnapshot();
    const feed = createTestFeed(snapshot);
    const log = start(feed);
    const times = (count: number, of: typeof log) =>
      vi.waitFor(() => expect(of.mock.calls.map(([event]) => event)).toEqual(Array(count).fill('web.results-written')), 5000);
    const reportsOf = () => JSON.parse(readFileSync(join(folder, RUN, 'report.json'), 'utf8'));
    await times(1, log);
    feed.put({ ...snapshot, ...change });
    await times(2, log);
    expect(reportsOf()).toMatchObject(change);
    stop.abort();
    await writing;
    feed.put(snapshot);
    stop = new AbortController();
    await times(1, start(feed));
    expect(reportsOf()).toMatchObject({ edition: snapshot.edition, startedAt: snapshot.startedAt });
  });

  it('are written as soon as the collector is back, and it is said once that it was away', async () => {
    const feed = createTestFeed(fourLeptonSnapshot());
    let away = true;
    const runs = () => (away ? Promise.reject(new Error('away')) : feed.runs());
    const log = start({ ...feed, runs } as typeof feed);
    await vi.waitFor(() => expect(log).toHaveBeenCalledWith('web.files-not-written', { error: 'Error: away' }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log).toHaveBeenCalledTimes(1);
    away = false;
    await vi.waitFor(() => expect(written()).toContain('report.json'), 5000);
  });

  it('are written of the other runs, too, where one cannot be written', async () => {
    const feed = createTestFeed(fourLeptonSnapshot());
    const faulty = { run: 'faulty', state: 'complete' as const, analysis: '', startedAt: '2026-12-01', edition: 1 };
    const snapshot = (run: string) => (run === 'faulty' ? Promise.reject(new Error('no analysis')) : feed.snapshot(run));
    const log = start({ ...feed, runs: async () => [faulty, ...(await feed.runs())], snapshot } as typeof feed);
    await vi.waitFor(() => expect(written()).toContain('report.md'), 5000);
    expect(log.mock.calls.filter(([event]) => event === 'web.files-not-written')).toEqual([
      ['web.files-not-written', { run: 'faulty', error: 'Error: no analysis' }],
    ]);
  });

  it('are asked for by run and name only', async () => {
    const files = filesIn(folder);
    for (const run of ['..', '../..', 'a/b', '']) expect(await files(run, 'report.md')).toBeUndefined();
    expect(await files('none', 'report.md')).toBeUndefined();
  });
});
