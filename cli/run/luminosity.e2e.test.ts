/** Simulation goes with the luminosity of the files read so far, of its own stream, and ends at the full normalisation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger } from '#services/collector/ledger.ts';
import { buildSpec } from '#services/producer/build-spec.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { histogramFiles } from '../../test/histogram-files.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { execute } from './execute.ts';

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'luminosity-'));
  writeLeptonSamples(join(folder, 'samples'), { data_A: 1500, data_B: 2100, data_C: 1200, data_D: 300, Zee: ZEE, llll: 5000 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const ZEE = 900;
const FILES = { muon: { data_A: 0.5, data_B: 1.9 }, electron: { data_C: 2.4 } } as const;

/** Muon data in two files, electron data in one; with luminosities of the files, or of the datasets. */
function catalogue(ofFiles: boolean) {
  const group = (name: string, kind: string) => ({ name, label: name, color: '#000000', kind });
  const data = (stream: keyof typeof FILES) => ({
    name: `data_${stream}`,
    group: 'data',
    stream,
    luminosityFb: 2.4,
    files: Object.entries(FILES[stream]).map(([name, luminosityFb]) => ({ path: fileName(name), ...(ofFiles ? { luminosityFb } : {}) })),
  });
  const simulation = (name: string, more: object) => ({ name, group: 'zz', crossSectionPb: 1.2578, files: [fileName(name)], ...more });
  return {
    name: 'streams',
    experiment: { name: 'ATLAS', status: '' },
    groups: [group('data', 'data'), group('zz', 'background')],
    datasets: [
      data('muon'),
      data('electron'),
      simulation('llll', { stream: 'muon', sumOfWeights: 7538705.8077 }),
      simulation('Zee', { normalisation: 'entries' }),
    ],
  };
}

function fileName(sample: string): string {
  return `toy_${sample}.root`;
}

async function run(of: object, chunkEntries: number, threads: number) {
  const data = ['data_A', 'data_B', 'data_C', 'llll', 'Zee'].map((name) => join(folder, 'samples', fileName(name)));
  const request = { analysis: 'atlas-hzz-2020', data, catalogue: of as Record<string, unknown>, chunkEntries };
  const spec = await buildSpec(request, { runId: () => 'test' });
  const ledger = new Ledger(join(folder, `ledger-${count++}.sqlite`));
  const seen: RunSnapshot[] = [];
  try {
    await using execution = await execute({ spec, ledger, threads, batchBytes: 50_000, signal: AbortSignal.timeout(60_000) });
    for await (const snapshot of execution.feed.changes('test', AbortSignal.timeout(60_000))) seen.push(snapshot);
    const { snapshot } = await execution.result;
    return { snapshot, seen: [...seen, snapshot], files: histogramFiles(snapshot) };
  } finally {
    ledger.close();
  }
}

describe('luminosity of files', () => {
  it('gives the full normalisation at the end, the same bytes for any chunks and threads', async () => {
    const [whole, cut, plain] = [
      await run(catalogue(true), 1_000_000, 1),
      await run(catalogue(true), 500, 3),
      await run(catalogue(false), 1_000_000, 2),
    ];
    expect(whole.snapshot.state).toBe('complete');
    expect(whole.snapshot.experiment.luminosityReadFb).toBe(2.4);
    const scales = Object.fromEntries(whole.snapshot.datasets.map(({ name, scale }) => [name, scale]));
    expect(scales).toEqual({
      data_muon: 1,
      data_electron: 1,
      llll: (2.4 * 1000 * 1.2578) / 7538705.8077,
      Zee: (2.4 * 1000 * 1.2578) / ZEE,
    });
    expect(cut.files).toEqual(whole.files);
    expect(plain.files).toEqual(whole.files);
  });

  it('is read file by file, and never falls', async () => {
    const { seen } = await run(catalogue(true), 500, 2);
    let before = 0;
    for (const { experiment, datasets } of seen) {
      const { luminosityReadFb: now = 0 } = experiment;
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
      const [muon, , llll] = datasets;
      if (llll === undefined || llll.entriesCommitted === 0 || llll.entriesExpected === undefined) continue;
      // What the scale says of the muon data: no more than their files have, and nothing before any of them is committed.
      const complete = llll.entriesCommitted / llll.entriesExpected;
      const luminosity = (llll.scale * complete * 7538705.8077) / (1000 * 1.2578);
      expect(luminosity).toBeLessThanOrEqual(2.4 + 1e-9);
      expect(luminosity === 0).toBe(muon?.entriesCommitted === 0);
    }
    expect(before).toBe(2.4);
  });

  it('of a dataset is that part of it that the run has files of', async () => {
    const base = catalogue(false);
    const datasets = base.datasets.map((dataset, i) =>
      i === 0 ? { ...dataset, files: [], aliases: ['data_A', 'data_B'], fileCount: 4 } : dataset,
    );
    const half = await run({ ...base, datasets }, 1_000_000, 2);
    expect(half.snapshot.state).toBe('complete');
    const [muon, , llll] = half.snapshot.datasets;
    // Two of four files; the others are taken for average ones.
    expect(muon).toMatchObject({ files: 2, completeness: 1 });
    expect(llll?.scale).toBeCloseTo((1.2 * 1000 * 1.2578) / 7538705.8077, 12);
  });

  it('of some files only is refused, as nobody knows what the others stand for', async () => {
    const base = catalogue(true);
    const datasets = base.datasets.map((dataset, i) => (i === 1 ? { ...dataset, aliases: ['data_D'] } : dataset));
    const data = ['data_C', 'data_D'].map((name) => join(folder, 'samples', fileName(name)));
    const made = buildSpec({ analysis: 'atlas-hzz-2020', data, catalogue: { ...base, datasets } }, { runId: () => 'x' });
    await expect(made).rejects.toThrow(/1 of 2 files of dataset data_electron have no luminosity: .*toy_data_D/);
  });
});
