import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadBuiltInCatalogue } from '#shared/datasets/built-in.ts';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { loadRunModel, taskMessage, toldBy } from './run-model.ts';

async function specOf(more: Partial<RunSpec> = {}): Promise<RunSpec> {
  const names = ['DoubleMuParked', 'DoubleElectron', 'ZZTo4mu'];
  return {
    ...{ v: 1, run: 'r', analysis: 'cms-hzz-outreach', parameters: { massHiGeV: 121 }, tree: 'Events' },
    catalogue: await loadBuiltInCatalogue('cms-hzz-outreach'),
    ...{ fraction: 1, chunkEntries: 100, chunkBytes: 1000 },
    datasets: names.map((name) => ({ name, isData: name.startsWith('Double'), files: [`${name}.root`] })),
    ...more,
  };
}

describe('loadRunModel', () => {
  it('gives the tasks of a dataset its own parameters beside those of the run', async () => {
    const model = await loadRunModel(await specOf(), false);
    const parametersOf = (dataset: string) => taskMessage(model, { run: 'r', index: 0, dataset, url: 'x', attempts: 0 }).parameters;
    expect(parametersOf('DoubleMuParked')).toMatchObject({
      massHiGeV: 121,
      fourMuons: true,
      fourElectrons: false,
      twoMuonsTwoElectrons: true,
    });
    expect(parametersOf('DoubleElectron')).toMatchObject({ massHiGeV: 121, fourMuons: false, fourElectrons: true });
    expect(parametersOf('ZZTo4mu')).toEqual({ massHiGeV: 121 });
  });

  it('takes no parameters from the name of a dataset, whatever it is', async () => {
    const datasets = ['constructor', '__proto__'].map((name) => ({ name, isData: true, files: [`${name}.root`] }));
    const catalogue = plainCatalogue(datasets.map(({ name }) => name));
    const model = await loadRunModel(await specOf({ analysis: 'cms-dimuon', parameters: {}, catalogue, datasets }), false);
    expect([...model.datasets.values()].map(({ parameters }) => parameters)).toEqual([undefined, undefined]);
  });

  it('says in each task of which run it is, where the ledger knows', async () => {
    const model = await loadRunModel(await specOf(), false);
    const task = { run: 'r', index: 0, dataset: 'ZZTo4mu', url: 'x', attempts: 0 };
    expect(taskMessage(model, { ...task, incarnation: 'aBc-_123' })).toMatchObject({ run: 'r', incarnation: 'aBc-_123' });
    expect(taskMessage(model, { ...task, incarnation: '' })).not.toHaveProperty('incarnation');
  });

  it('does not ask an analysis of somebody else for them', async () => {
    const model = await loadRunModel(await specOf({ analysis: 'cms-dimuon', parameters: {} }), false);
    expect([...model.datasets.values()].map(({ parameters }) => parameters)).toEqual([undefined, undefined, undefined]);
  });

  it('refuses parameters that do not exist or change the bins', async () => {
    const spec = await specOf();
    const catalogue = await loadBuiltInCatalogue('cms-hzz-outreach');
    const withParameters = (parameters: Record<string, unknown>) => ({
      ...spec,
      catalogue: { ...catalogue, datasets: catalogue.datasets.map((each) => (each.name === 'ZZTo4mu' ? { ...each, parameters } : each)) },
    });
    await expect(loadRunModel(withParameters({ fourMuon: true }), false)).rejects.toThrow(
      /no parameter `fourMuon`\. Did you mean `fourMuons`/,
    );
    await expect(loadRunModel(withParameters({ bins: 3 }), false)).rejects.toThrow(
      /the parameters of dataset ZZTo4mu make other histograms/,
    );
  });

  it('refuses parameters with which the signal window lies in no single numeric axis', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'run-model-')), 'flat.ts');
    try {
      const axis = "({ type: 'regular', bins: 2, lo: 0, hi: 2, name: 'x', label: 'x', unit: '' })";
      writeFileSync(
        file,
        `export const analysis = {
          name: 'flat', title: 'Flat', tree: 't', columns: { x: 'f32' }, cutFlow: ['all'], parameters: { plane: false },
          histograms: ({ plane }) => ({ x: { title: 'x', axes: plane ? [${axis}, ${axis}] : [${axis}] } }),
          signalWindow: { histogram: 'x', lo: 0, hi: 1 }, process() {},
        };`,
      );
      const specWith = (plane: boolean) =>
        specOf({ analysis: pathToFileURL(file).href, parameters: { plane }, catalogue: plainCatalogue() });
      await expect(loadRunModel(await specWith(false), true)).resolves.toMatchObject({ analysis: { name: 'flat' } });
      await expect(loadRunModel(await specWith(true), true)).rejects.toThrow('flat: with the parameters of the run `signalWindow` names');
    } finally {
      rmSync(dirname(file), { recursive: true });
    }
  });

  it('knows how much of a dataset is elsewhere: entries that the catalogue tells, and files of which it does not', async () => {
    const spec = await specOf();
    const catalogue = await loadBuiltInCatalogue('cms-hzz-outreach');
    const files = [{ path: 'a/one.root' }, { path: 'b/one.root' }, { path: 'two.root', entries: 30 }, { path: 'three.root', entries: 40 }];
    const datasets = catalogue.datasets.map((each) => (each.name === 'ZZTo4mu' ? { ...each, entries: undefined, files } : each));
    const of = [{ name: 'ZZTo4mu', isData: false, files: ['/d/b/one.root', '/d/two.root'] }];
    const model = await loadRunModel({ ...spec, catalogue: { ...catalogue, datasets }, datasets: of }, false);
    expect(model.datasets.get('ZZTo4mu')).toMatchObject({ files: 2, filesInAll: 3, entriesElsewhere: 40, entries: undefined });
  });

  it('notes which columns of simulation are not read where no catalogue tells simulation from data', async () => {
    const datasets = [{ name: 'events', isData: true, files: ['mc.root'] }];
    const plain = await specOf({ analysis: 'atlas-hzz-2020', parameters: {}, catalogue: plainCatalogue(), datasets });
    const { notes = [] } = toldBy(await loadRunModel(plain, false));
    expect(notes).toEqual([
      expect.stringMatching(/^mcColumns \(mcWeight, .*\) are not read: without a catalogue all files count as data; /),
    ]);
    const catalogue = await loadBuiltInCatalogue('atlas-2020');
    for (const other of [{ catalogue }, { analysis: 'cms-dimuon' }])
      expect(toldBy(await loadRunModel({ ...plain, ...other }, false)).notes).toBeUndefined();
  });

  it('notes that an analysis without weights cannot fill what sums of weights normalise', async () => {
    const catalogue = await loadBuiltInCatalogue('atlas-2020');
    const simulation = [{ name: 'llll', isData: false, files: ['mc.root'] }];
    const notesOf = async (analysis: string, datasets = simulation) =>
      toldBy(await loadRunModel(await specOf({ analysis, parameters: {}, catalogue, datasets }), false)).notes;
    expect(await notesOf('cms-dimuon')).toEqual([
      expect.stringMatching(/^simulation is normalised by sums of weights, but .* no mcColumns/),
    ]);
    expect(await notesOf('atlas-hzz-2020')).toBeUndefined();
    expect(await notesOf('cms-dimuon', [{ name: 'data_A', isData: true, files: ['data.root'] }])).toBeUndefined();
  });

  it('tells the luminosity of all data, though it keeps no files', async () => {
    const file = (path: string, luminosityFb: number) => ({ path, luminosityFb });
    const group = { name: 'data', label: 'Data', color: '#000000', kind: 'data' };
    const datasets = [{ name: 'd', group: 'data', files: [file('a.root', 2), file('b.root', 3)] }];
    const catalogue = { name: 'own', experiment: { name: '', status: '' }, groups: [group], datasets };
    const run = [{ name: 'd', isData: true, files: ['a.root'] }];
    const model = await loadRunModel(await specOf({ analysis: 'cms-dimuon', parameters: {}, catalogue, datasets: run }), false);
    expect(toldBy(model)).toEqual({ luminosityFb: 5 });
  });

  it('keeps no list of files', async () => {
    const model = await loadRunModel(await specOf(), false);
    expect(JSON.stringify([model.spec, [...model.datasets], model.catalogue])).not.toContain('.root');
    expect(model.datasets.get('DoubleMuParked')).toMatchObject({ isData: true, files: 1, filesInAll: 1, hasLuminosity: false });
  });
});
