import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignFiles, otherFiles } from './assign-files.ts';
import { loadBuiltInCatalogue } from './built-in.ts';
import { baseName, type Dataset, parseCatalogue, plainCatalogue } from './catalogue.ts';

const catalogue2020 = await loadBuiltInCatalogue('atlas-2020');
const catalogue2025 = await loadBuiltInCatalogue('atlas-2025');

describe('assignFiles', () => {
  it.each([catalogue2020, catalogue2025])('finds every file of a catalogue by its name, wherever it is', (catalogue) => {
    const names = catalogue.datasets.flatMap(({ name, files }) =>
      files.map((file) => ({ path: `/data/${baseName(file.path)}`, dataset: name, file })),
    );
    const { assigned, ...others } = assignFiles(
      catalogue,
      names.map(({ path }) => path),
    );
    expect(assigned).toEqual(names);
    expect(others).toEqual({ unmatched: [], ambiguous: [], repeated: [] });
  });

  it.each([
    ['toy_data_A.4lep.root', 'data_A'],
    ['mc_345060.anything.root', 'ggH125_ZZ4lep'],
    ['toy-Zee-2.root', 'Zee'],
    ['https://example.org/x/data_B.root?token=data_C', 'data_B'],
    ['copy_of_mc_363490.llll.4lep.root', 'llll'],
  ])('takes %s for dataset %s', (path, dataset) => {
    expect(assignFiles(catalogue2020, [path]).assigned).toEqual([{ path, dataset }]);
  });

  it('takes the longer of two names, and an alias', () => {
    const { assigned } = assignFiles(catalogue2025, ['toy_ttH125_ZZ4l_dilep.root', 'my.data16_periodK.root', 'toy.data16_K.root']);
    expect(assigned.map(({ dataset }) => dataset)).toEqual(['ttH125_ZZ4l_dilep', 'data16_K', 'data16_K']);
    const group = { name: 'g', label: 'G', color: '#000000', kind: 'data' };
    const datasets = [
      { name: 'Zee', group: 'g' },
      { name: 'Zee_B', group: 'g' },
    ];
    const small = parseCatalogue({ name: 'c', experiment: { name: '', status: '' }, groups: [group], datasets }, 'c');
    expect(assignFiles(small, ['x_Zee_B_1.root', 'x_Zee_1.root']).assigned.map(({ dataset }) => dataset)).toEqual(['Zee_B', 'Zee']);
  });

  it('does not take part of a word for a name', () => {
    const paths = ['mydata_A.root', 'data_AB.root', 'mc_3450601.root', 'llll2.root'];
    expect(assignFiles(catalogue2020, paths).unmatched.map(({ path }) => path)).toEqual(paths);
  });

  it('reports what no dataset claims, with similar names', () => {
    expect(assignFiles(catalogue2020, ['/x/data_a.4lep.root', 'README.root']).unmatched).toEqual([
      { path: '/x/data_a.4lep.root', nearest: expect.arrayContaining(['data_A.4lep.root']) as unknown },
      { path: 'README.root', nearest: [] },
    ]);
  });

  it('reports what two datasets claim', () => {
    const path = 'merged_data_A_data_B.root';
    expect(assignFiles(catalogue2020, [path]).ambiguous).toEqual([{ path, datasets: ['data_A', 'data_B'] }]);
  });

  it('does not count one file of the catalogue twice', () => {
    const { assigned, repeated } = assignFiles(catalogue2020, ['a/data_A.4lep.root', 'b/data_A.4lep.root']);
    expect([assigned.length, repeated]).toEqual([1, [{ path: 'b/data_A.4lep.root', first: 'a/data_A.4lep.root' }]]);
  });

  it('gives every file to a sole dataset that lists none', () => {
    expect(assignFiles(plainCatalogue(), ['x.root', 'y.root']).assigned.map(({ dataset }) => dataset)).toEqual(['events', 'events']);
  });

  it('takes the list that a file is in for its dataset, and a folder where nothing else is said', () => {
    const datasets = [
      { name: 'mu', aliases: ['Run2012B_DoubleMuParked', 'Run2012B/DoubleMuParked'], group: 'g' },
      { name: 'el', aliases: ['Run2012B_DoubleElectron', 'Run2012B/DoubleElectron'], group: 'g' },
    ];
    const group = { name: 'g', label: 'G', color: '#000000', kind: 'data' };
    const cms = parseCatalogue({ name: 'c', experiment: { name: '', status: '' }, groups: [group], datasets }, 'c');
    const listed = new Map([
      ['s3://b/1.root', 'Run2012B_DoubleMuParked'],
      ['s3://b/x_el_2.root', 'Run2012B_DoubleMuParked'],
    ]);
    const paths = [...listed.keys(), 's3://b/Run2012B/DoubleElectron/AOD/3.root', 's3://b/Run2012B/4.root'];
    const { assigned, ambiguous, unmatched } = assignFiles(cms, paths, listed);
    expect(assigned).toEqual([
      { path: paths[0], dataset: 'mu' },
      { path: paths[2], dataset: 'el' },
    ]);
    expect(ambiguous).toEqual([{ path: paths[1], datasets: ['mu', 'el'] }]);
    expect(unmatched.map(({ path }) => path)).toEqual([paths[3]]);
  });

  it('tells files of one name apart by their whole path, and does not guess', () => {
    const group = { name: 'g', label: 'G', color: '#000000', kind: 'data' };
    const datasets = [
      { name: 'first', group: 'g', files: ['a/tree_1.root'] },
      { name: 'second', group: 'g', files: ['b/tree_1.root'] },
    ];
    const small = parseCatalogue({ name: 'c', baseUrl: 's3://x', experiment: { name: '', status: '' }, groups: [group], datasets }, 'c');
    const { assigned, unmatched } = assignFiles(small, ['s3://x/a/tree_1.root', '/disk/b/tree_1.root', 'tree_1.root']);
    expect(assigned.map(({ dataset }) => dataset)).toEqual(['first', 'second']);
    expect(unmatched.map(({ path }) => path)).toEqual(['tree_1.root']);
  });

  it('never drops a path', () => {
    const words = fc.constantFrom('data_A', 'data_B', 'Zee', '363490', 'x', '4lep', 'data_A.4lep.root', 'llll');
    const path = fc.array(words, { minLength: 1, maxLength: 3 }).map((parts) => `/d/${parts.join('_')}.root`);
    fc.assert(
      fc.property(fc.array(path), (paths) => {
        const { assigned, unmatched, ambiguous, repeated } = assignFiles(catalogue2020, paths);
        const seen = [...assigned, ...unmatched, ...ambiguous, ...repeated].map((each) => each.path);
        expect(seen.sort()).toEqual([...paths].sort());
      }),
    );
  });
});

describe('otherFiles', () => {
  const dataset: Dataset = {
    ...catalogue2020.datasets[4]!,
    files: [{ path: 'x/a.root', entries: 100 }, { path: 'x/b.root', entries: 50 }, { path: 'x/c.root' }, { path: 'y/c.root' }],
  };
  const others = (...paths: string[]) => otherFiles(catalogue2020, dataset, paths);

  it('are what the catalogue has beside those of the run: their entries, and how many it knows nothing of', () => {
    expect(others('/d/x/a.root', 'x/b.root', 'x/c.root', 'y/c.root')).toEqual({ entries: 0, unknown: 0 });
    expect(others('/d/x/a.root')).toEqual({ entries: 50, unknown: 2 });
  });

  it('of one name are told apart by their folders, or else by their number', () => {
    expect(others('/d/y/c.root')).toEqual({ entries: 150, unknown: 1 });
    expect(others('/d/y/c.root', '/d/x/c.root', '/d/a.root')).toEqual({ entries: 50, unknown: 0 });
    expect(others('/1/c.root', '/2/c.root')).toEqual({ entries: 150, unknown: 0 });
    expect(others('/1/c.root', '/d/y/c.root')).toEqual({ entries: 150, unknown: 0 });
  });

  it('are none where files under other names stand for the whole dataset', () => {
    expect(others('toy_Zee.root')).toEqual({ entries: 0, unknown: 0 });
  });
});
