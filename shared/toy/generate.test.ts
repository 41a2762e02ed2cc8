import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { testData } from '../../test/test-data.ts';
import { resolveParameters } from '../analysis/parameters.ts';
import { columnsToRead, processBatch, startPartial } from '../analysis/partial.ts';
import { loadBuiltInAnalysis } from '../analysis/registry.ts';
import { assignFiles } from '../datasets/assign-files.ts';
import { loadBuiltInCatalogue } from '../datasets/built-in.ts';
import { normalise } from '../datasets/normalise.ts';
import { readBatches } from '../root/batches.ts';
import { openRootFile } from '../root/file.ts';
import { openTree, type Tree } from '../root/tree.ts';
import { generateToySamples, type ToyFile, type ToyProgress } from './generate.ts';
import type { ToyRelease } from './samples.ts';
import { BRANCHES_2020 } from './schema-2020.ts';
import { isToyFile } from './toy-mark.ts';

const root = mkdtempSync(join(tmpdir(), 'higgsflow-toy-'));
afterAll(() => rmSync(root, { recursive: true }));

async function open(path: string, name: string): Promise<Tree> {
  return openTree(await openRootFile(bytesSource(readFileSync(path), path)), name);
}

/** Events after all cuts, and their weight at the luminosity of the catalogue. */
async function yields(release: ToyRelease, files: readonly ToyFile[]) {
  const catalogue = await loadBuiltInCatalogue(release);
  const analysis = await loadBuiltInAnalysis(catalogue.analysis ?? '');
  const parameters = resolveParameters(analysis, {});
  const found: Record<string, { passing: number; weight: number }> = {};
  for (const { path, dataset, entries } of files) {
    const isData = catalogue.datasets.find(({ name }) => name === dataset)?.group === 'data';
    const tree = await open(path, analysis.tree);
    expect(tree.entries).toBe(entries);
    const histograms = startPartial(analysis, parameters);
    for await (const { from, to, columns } of readBatches(tree, Object.keys(columnsToRead(analysis, isData)))) {
      processBatch(analysis, histograms, parameters, { entries: to - from, columns, isData });
    }
    const cutFlow = histograms.cutFlow.contents();
    const last = analysis.cutFlow.length - 1;
    const { scales } = normalise(catalogue, [{ dataset, entriesCommitted: entries, entriesExpected: entries }]);
    found[dataset] = { passing: cutFlow.entries[last] ?? 0, weight: (cutFlow.sumw[last] ?? 0) * (scales[dataset] ?? 0) };
  }
  return found;
}

describe('toy samples of 2020', () => {
  const folder = join(root, '2020');
  const progress: ToyProgress[] = [];
  let files: ToyFile[] = [];
  beforeAll(async () => {
    files = await generateToySamples({ release: 'atlas-2020', folder, scale: 0.01, onProgress: (each) => progress.push(each) });
  }, 30_000);

  it('have the names and folders that the catalogue knows', async () => {
    const { assigned, unmatched } = assignFiles(
      await loadBuiltInCatalogue('atlas-2020'),
      files.map(({ path }) => path),
    );
    expect(unmatched).toEqual([]);
    expect(assigned.map(({ dataset }) => dataset)).toEqual(files.map(({ dataset }) => dataset));
    expect(readdirSync(join(folder, 'Data'))).toEqual(['A', 'B', 'C', 'D'].map((period) => `data_${period}.4lep.root`));
    expect(readdirSync(join(folder, 'MC'))).toContain('mc_345060.ggH125_ZZ4lep.4lep.root');
  });

  it('give the published yields through the analysis, at a scale of 1 %', async () => {
    const found = await yields('atlas-2020', files);
    const data = ['A', 'B', 'C', 'D'].map((period) => found[`data_${period}`]?.weight);
    expect(data).toEqual([27, 86, 146, 248]);
    const published = {
      ...{ Zee: 43.14, Zmumu: 52, ttbar_lep: 28.13, llll: 264.85, ggH125_ZZ4lep: 8.64 },
      ...{ VBFH125_ZZ4lep: 0.7748, WH125_ZZ4lep: 0.2176, ZH125_ZZ4lep: 0.001506 },
    };
    for (const [dataset, expected] of Object.entries(published)) {
      expect((found[dataset]?.weight ?? 0) / expected, dataset).toBeGreaterThan(0.95);
      expect((found[dataset]?.weight ?? 0) / expected, dataset).toBeLessThan(1.05);
    }
  });

  it('say that they are toy, in the tree and in a key', async () => {
    for (const { path } of files) {
      const tree = await open(path, 'mini');
      expect(tree.title).toContain('toy');
      expect(isToyFile(await tree.file.keys())).toBe(true);
    }
  });

  it('have something in every branch that the real skim fills', async () => {
    const tree = await open(join(folder, 'MC/mc_410000.ttbar_lep.4lep.root'), 'mini');
    const empty = /^(photon|tau|largeRjet|ditau)_/;
    const names = BRANCHES_2020.map(({ name }) => name).filter((name) => !empty.test(name) && !['trigP', 'met_et_syst'].includes(name));
    for await (const { columns } of readBatches(tree, names)) {
      for (const name of names)
        expect(
          columns[name]?.values.some((value) => value !== 0),
          name,
        ).toBe(true);
    }
  });

  it('tell their progress', () => {
    expect(progress.at(-1)).toEqual({
      sample: 'ZH125_ZZ4lep',
      entries: progress[0]?.entriesTotal,
      entriesTotal: progress[0]?.entriesTotal,
    });
  });

  it('have the same bytes for the same seed, alone or with others, and other bytes for another seed', async () => {
    const dataset = 'WH125_ZZ4lep';
    const make = async (seed: number) => {
      const [file] = await generateToySamples({
        release: 'atlas-2020',
        folder: join(root, `seed${seed}`),
        scale: 0.01,
        seed,
        samples: [dataset],
      });
      return readFileSync(file?.path ?? '');
    };
    const first = readFileSync(files.find((file) => file.dataset === dataset)?.path ?? '');
    expect(Buffer.compare(await make(1), first)).toBe(0);
    expect(Buffer.compare(await make(2), first)).not.toBe(0);
  });

  it.skipIf(testData === undefined)('have the branches of the real files, by name, type and order', async () => {
    const real = await open(join(testData ?? '', 'real/atlas4lep/data_A.4lep.root'), 'mini');
    const own = await open(files[0]?.path ?? '', 'mini');
    const facts = (tree: Tree) => tree.branches.map(({ name, cppType, columnType }) => [name, cppType, columnType]);
    expect(facts(own)).toEqual(facts(real));
    expect(own.branches).toHaveLength(81);
  });
});

describe('toy samples of 2025', () => {
  it('pass the cuts as often as the real ones', { timeout: 30_000 }, async () => {
    const samples = ['data15_D', 'llll', 'ggH125_ZZ4l', 'VBFH125_ZZ4lep', 'Zee_BFilter'];
    const found = await yields(
      'atlas-2025',
      await generateToySamples({ release: 'atlas-2025', folder: join(root, '2025'), scale: 0.02, codec: 'lz4', samples }),
    );
    expect(found['data15_D']).toEqual({ passing: 2, weight: 2 });
    expect(found['ggH125_ZZ4l']?.passing).toBe(Math.round(178067 * 0.02));
    expect(found['ggH125_ZZ4l']?.weight).toBeCloseTo(18.9, 0);
    expect(found['llll']?.weight).toBeGreaterThan(1000);
    expect(found['llll']?.weight).toBeLessThan(1100);
  });
});

describe('generateToySamples', () => {
  it('leaves no file behind when it is stopped', async () => {
    const stop = new AbortController();
    const folder = join(root, 'stopped');
    const options = { release: 'atlas-2020', folder, samples: ['llll'], signal: stop.signal, onProgress: () => stop.abort() } as const;
    await expect(generateToySamples(options)).rejects.toThrow('abort');
    expect(existsSync(join(folder, 'MC'))).toBe(true);
    expect(readdirSync(join(folder, 'MC'))).toEqual([]);
  });

  it('names the sample that is meant', async () => {
    const wrong = generateToySamples({ release: 'atlas-2020', folder: root, samples: ['Zme'] });
    await expect(wrong).rejects.toThrow(/no toy sample `Zme`.*Zee/);
  });

  it('refuses a scale that is not positive', async () => {
    await expect(generateToySamples({ release: 'atlas-2020', folder: root, scale: 0 })).rejects.toThrow('positive');
  });
});

describe('toy samples of CMS', () => {
  it('pass in the channels of their streams as often as the published ones, out of counted leaves', { timeout: 60_000 }, async () => {
    const samples = ['DoubleMuParked', 'DoubleElectron', 'ZZTo4e'];
    const files = await generateToySamples({ release: 'cms-hzz-outreach', folder: join(root, 'cms'), samples });
    expect(files.map(({ path }) => path.slice(root.length + 5))).toEqual([
      ...['Run2012B_DoubleMuParked.root', 'Run2012C_DoubleMuParked.root', 'Run2012B_DoubleElectron.root'],
      ...['Run2012C_DoubleElectron.root', 'ZZTo4e.root'],
    ]);
    const found = await yields('cms-hzz-outreach', files);
    expect(found['DoubleMuParked']).toEqual({ passing: 43, weight: 43 }); // of the second of its files
    expect(found['DoubleElectron']).toEqual({ passing: 7, weight: 7 });
    expect(found['ZZTo4e']?.passing).toBe(15_210);
    expect((await open(files[0]?.path ?? '', 'Events')).branch('Muon_pt').counter).toBe('nMuon');
  });

  it('are made whole: their events have no weights', async () => {
    const smaller = generateToySamples({ release: 'cms-hzz-outreach', folder: root, scale: 0.1 });
    await expect(smaller).rejects.toThrow('made whole');
  });
});
