import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '#services/collector/ledger.ts';
import { buildSpec } from '#services/producer/build-spec.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { Report, Task } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import { histogramFiles } from '../../test/histogram-files.ts';
import { SAMPLES, writeLeptonSamples } from '../../test/lepton-samples.ts';
import { testData } from '../../test/test-data.ts';
import { type ExecuteOptions, execute } from './execute.ts';

const QUICK = { attempts: 3, baseMs: 5, maxMs: 20 };

let folder: string;
let samples: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'execute-'));
  samples = join(folder, 'samples');
  writeLeptonSamples(samples);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Options = Partial<ExecuteOptions & Parameters<typeof buildSpec>[0]>;

/** A run in a ledger of its own; `inspect` sees the ledger at its end. */
async function run({
  analysis = 'atlas-hzz-2020',
  data = [samples],
  set = {},
  chunkEntries,
  fraction,
  catalogue,
  ...options
}: Options = {}) {
  const spec = await buildSpec({ analysis, data, set, chunkEntries, fraction, catalogue }, { runId: () => 'test' });
  const ledger = new Ledger(join(folder, `ledger-${count++}.sqlite`));
  try {
    await using execution = await execute({
      spec,
      ledger,
      threads: 2,
      batchBytes: 100_000,
      retry: QUICK,
      readRetry: QUICK,
      signal: AbortSignal.timeout(60_000),
      ...options,
    });
    const { snapshot, details } = await execution.result;
    return { snapshot, inputs: [...details.inputs], files: histogramFiles(snapshot) };
  } finally {
    ledger.close();
  }
}

/** Delivers tasks in another order, and some of them twice. */
function shuffledQueue(): Queue {
  const queue = openMemoryQueue();
  let held: Task[] = [];
  const publish = async (task: Task) => {
    held.push(task, ...(task.index % 3 === 0 ? [task] : []));
    setTimeout(() => {
      const order = held.map((each) => ({ each, key: Math.random() })).sort((a, b) => a.key - b.key);
      held = [];
      for (const { each } of order) void queue.tasks.publish(each).catch(() => {});
    }, 30);
  };
  const tasks = { publish, consume: queue.tasks.consume.bind(queue.tasks), depth: queue.tasks.depth.bind(queue.tasks) };
  return { ...queue, tasks };
}

describe('a run in one process', () => {
  it('reads every entry once and says so', async () => {
    const { snapshot, inputs } = await run({ chunkEntries: 1000 });
    expect(snapshot).toMatchObject({ state: 'complete', toy: true, failures: [] });
    expect(snapshot.totals).toMatchObject({
      files: 5,
      filesDone: 5,
      entriesExpected: 12_800,
      entriesCommitted: 12_800,
      entriesLost: 0,
      completeness: 1,
    });
    expect(snapshot.totals.tasks).toBeGreaterThan(12);
    expect(inputs.map(({ dataset, entries }) => [dataset, entries])).toEqual(Object.entries(SAMPLES));
    const llll = snapshot.datasets.find(({ name }) => name === 'llll');
    expect(llll?.histograms['cutFlow']?.entries[0]).toBe(5000);
    expect(llll?.scale).toBeGreaterThan(0);
  });

  it('gives the same bytes for any number of threads, size of chunks and batches, order and redelivery', async () => {
    const first = await run({ threads: 1 });
    const others = [
      await run({ threads: 2, chunkEntries: 250 }),
      await run({ threads: 3, chunkEntries: 600, batchBytes: 20_000 }),
      await run({ threads: 2, chunkEntries: 500, queue: shuffledQueue() }),
      await run({ threads: 3, chunkEntries: 250, queue: shuffledQueue(), batchBytes: 5000 }),
    ];
    expect(first.files['histograms.json']).toContain('m4l');
    for (const { files } of others) {
      for (const [name, content] of Object.entries(first.files))
        expect(Buffer.from(files[name] ?? '').equals(Buffer.from(content)), name).toBe(true);
    }
  });

  it('reads the first part of each file, and scales simulation as the whole run does', async () => {
    const whole = await run();
    const part = await run({ fraction: 0.5, chunkEntries: 250 });
    expect(part.snapshot.state).toBe('complete');
    expect(part.snapshot.totals.entriesCommitted).toBe(6400);
    expect(part.snapshot.experiment.luminosityReadFb).toBeCloseTo((whole.snapshot.experiment.luminosityReadFb ?? 0) / 2, 3);
    const scaleOf = ({ snapshot }: typeof whole) => snapshot.datasets.find(({ name }) => name === 'llll')?.scale;
    expect(scaleOf(part)).toBeCloseTo(scaleOf(whole) ?? 0, 8);
  });

  it('goes on without a broken file, names it with its reason, and normalises to what was read', async () => {
    const broken = join(folder, 'broken');
    writeLeptonSamples(broken);
    truncateSync(join(broken, 'toy_Zee.root'), 3000);
    writeFileSync(join(broken, 'toy_data_A.root'), 'no ROOT file at all');
    const { snapshot, inputs } = await run({ data: [broken], chunkEntries: 1000 });
    const whole = await run();
    expect(snapshot.state).toBe('incomplete');
    expect(snapshot.failures.map(({ dataset, code, attempts }) => [dataset, code, attempts])).toEqual([
      ['data_A', 'RootFormatError', 1],
      ['Zee', 'RootFormatError', 1],
    ]);
    expect(snapshot.failures[1]?.message).toMatch(/toy_Zee\.root.*cut short/);
    expect(snapshot.failures[1]?.entriesLost).toBeUndefined();
    expect(inputs.find(({ dataset }) => dataset === 'Zee')).toMatchObject({ entries: undefined, tasks: 1 });
    expect(snapshot.experiment.luminosityReadFb).toBeCloseTo(1.9, 6);
    const llll = ({ snapshot: { datasets } }: typeof whole) => datasets.find(({ name }) => name === 'llll')?.histograms;
    expect(llll({ ...whole, snapshot })).toEqual(llll(whole));
  });

  it('reports a damaged chunk with the entries lost, and scales its dataset by what was read', async () => {
    const damaged = join(folder, 'damaged');
    writeLeptonSamples(damaged);
    const path = join(damaged, 'toy_llll.root');
    const bytes = readFileSync(path);
    bytes.fill(0, Math.floor(bytes.length * 0.5), Math.floor(bytes.length * 0.5) + 50);
    writeFileSync(path, bytes);
    const { snapshot } = await run({ data: [damaged], chunkEntries: 250 });
    const whole = await run();
    const [failure] = snapshot.failures;
    expect(failure).toMatchObject({ dataset: 'llll', entriesLost: 250, file: path });
    const scaleOf = (name: string, { datasets } = snapshot) => datasets.find((each) => each.name === name)?.scale ?? 0;
    expect(scaleOf('llll') / scaleOf('llll', whole.snapshot)).toBeCloseTo(5000 / 4750, 8);
    expect(scaleOf('Zee')).toBe(scaleOf('Zee', whole.snapshot));
  });

  it('tries again what may be better the next time, and gives up after the last attempt', async () => {
    const { snapshot } = await run({ data: [samples, 'http://127.0.0.1:9/toy_data_C.root'] });
    expect(snapshot.failures).toMatchObject([{ dataset: 'data_C', code: 'StorageError', attempts: 3 }]);
    expect(snapshot.state).toBe('incomplete');
  });

  it('replaces a thread that dies, tries its task again, and goes on with the others', async () => {
    const file = join(folder, 'deadly.ts');
    const module = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../..', path)).href);
    writeFileSync(
      file,
      `import { regular } from ${module('shared/histogram/axis.ts')};
      import { defineAnalysis } from ${module('shared/analysis/define-analysis.ts')};
      export const analysis = defineAnalysis({
        name: 'deadly', title: 'Deadly', tree: 'mini', columns: { mcWeight: 'f32' }, cutFlow: ['all'],
        histograms: () => ({ w: { title: 'w', axes: [regular(10, 0, 2, { name: 'w' })] } }),
        process({ entries, mcWeight }, out) {
          if (entries === 900) process.exit(7);
          for (let i = 0; i < entries; i++) { out.cutFlow.fill(0); out.w.fill(mcWeight.values[i]); }
        },
      });`,
    );
    const { snapshot } = await run({ analysis: file, catalogue: 'none', batchBytes: 1e9 });
    expect(snapshot.failures).toMatchObject([{ code: 'AnalysisError', attempts: 3, entriesLost: 900 }]);
    expect(snapshot.failures[0]?.message).toMatch(/toy_Zee\.root: the compute thread died: it exited with code 7/);
    expect(snapshot.totals.entriesCommitted).toBe(12_800 - 900);
  });

  it('stops at once when asked, and goes on later without doing anything twice', async () => {
    const spec = await buildSpec({ analysis: 'atlas-hzz-2020', data: [samples], set: {}, chunkEntries: 250 }, { runId: () => 'test' });
    const path = join(folder, 'stopped.sqlite');
    const stop = new AbortController();
    const part = new Ledger(path);
    const queue = openMemoryQueue();
    let successes = 0;
    const publish = async (report: Report) => {
      await queue.reports.publish(report);
      if (report.kind === 'success' && ++successes === 20) setTimeout(() => stop.abort(new Error('enough')), 30);
    };
    const reports = { publish, consume: queue.reports.consume.bind(queue.reports), depth: queue.reports.depth.bind(queue.reports) };
    {
      await using execution = await execute({
        spec,
        ledger: part,
        threads: 1,
        batchBytes: 10_000,
        queue: { ...queue, reports },
        signal: stop.signal,
      });
      await expect(execution.result).rejects.toThrow('enough');
    }
    const open = part.pending('test', -1, 1000).length;
    const entries = part.counters('test').reduce((sum, { entriesCommitted }) => sum + entriesCommitted, 0);
    part.close();
    expect(entries).toBeGreaterThan(0);
    expect(entries).toBeLessThan(12_800);
    const ledger = new Ledger(path);
    try {
      await using rest = await execute({ spec, ledger, threads: 2, batchBytes: 100_000, signal: AbortSignal.timeout(60_000) });
      const { snapshot } = await rest.result;
      expect(open).toBeGreaterThan(0);
      expect(histogramFiles(snapshot)).toEqual((await run()).files);
    } finally {
      ledger.close();
    }
  });
});

describe.skipIf(!testData)('on real data', () => {
  const path = (name: string) => join(testData ?? '', name);
  const golden = () => JSON.parse(readFileSync(path('golden/analysis.json'), 'utf8'));
  /** Bins of a histogram, without flow, of all datasets together. */
  const binsOf = ({ datasets }: RunSnapshot, name: string) =>
    datasets.map(({ histograms }) => histograms[name]?.sumw.slice(1, -1) ?? []).reduce((a, b) => a.map((value, i) => value + (b[i] ?? 0)));

  it('finds 507 of the 832 events of ATLAS Open Data, with the golden bins', async () => {
    const { snapshot } = await run({ data: [path('real/atlas4lep')] });
    const passing = snapshot.datasets.map(({ histograms }) => histograms['cutFlow']?.sumw);
    expect(passing.map((steps) => steps?.[0])).toEqual([39, 156, 237, 400]);
    expect(passing.map((steps) => steps?.[3])).toEqual([27, 86, 146, 248]);
    expect(binsOf(snapshot, 'm4l')).toEqual(golden().atlas_hzz['real_data_A+B+C+D'].values);
    expect(snapshot.toy).toBe(false);
  });

  it('finds the golden pairs of muons in NanoAOD', async () => {
    const file = 'real/coffea/nano_dy.root';
    const { snapshot } = await run({ analysis: 'cms-dimuon', data: [path(file)] });
    const [{ name = '' } = {}] = snapshot.analysis.histograms;
    expect(binsOf(snapshot, name)).toEqual(golden().dimuon[file].values);
  });
});
