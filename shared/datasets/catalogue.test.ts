import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isPipelineError } from '../errors.ts';
import { assignFiles } from './assign-files.ts';
import { CATALOGUE_NAMES, catalogueOfAnalysis, loadBuiltInCatalogue } from './built-in.ts';
import { baseName, fileUrl, isData, parseCatalogue, parseCatalogueText, plainCatalogue } from './catalogue.ts';
import { mergeLists } from './file-list.ts';
import { cmsLists } from './test-cms-lists.ts';

const data = { name: 'run1', group: 'data', luminosityFb: 2 };
const simulation = { name: 'ttbar', group: 'top', crossSectionPb: 3, sumOfWeights: 1000 };
const valid = {
  name: 'mine',
  experiment: { name: 'ATLAS', status: 'Open Data', luminosityFb: 2 },
  groups: [
    { name: 'data', label: 'Data', color: '#000000', kind: 'data' },
    { name: 'top', label: 'Top', color: '#6b59d3', kind: 'background' },
  ],
  datasets: [data, simulation],
};

function messageOf(value: unknown): string {
  try {
    parseCatalogue(value, 'mine.json');
  } catch (error) {
    if (isPipelineError(error, 'ConfigError')) return error.message;
    throw error;
  }
  return 'no error';
}

describe('parseCatalogue', () => {
  it('fills in defaults', () => {
    const { datasets, baseUrl } = parseCatalogue(valid, 'mine.json');
    expect(baseUrl).toBe('');
    expect(datasets[1]).toEqual({
      ...simulation,
      aliases: [],
      files: [],
      filterEfficiency: 1,
      reductionEfficiency: 1,
      scaleFactor: 1,
      normalisation: 'catalogue',
    });
  });

  it('lists all problems at once, with their places', () => {
    const message = messageOf({ ...valid, name: '', datasets: [{ ...data, luminosityFb: -1 }, { group: 'top' }] });
    expect(message).toMatch(/^mine\.json: not a valid catalogue: /);
    for (const place of ['name: ', 'datasets[0].luminosityFb: ', 'datasets[1].name: ']) expect(message).toContain(place);
  });

  it.each<[string, unknown]>([
    ['unknown key `crossSection`. Did you mean `crossSectionPb`', { ...valid, datasets: [data, { ...simulation, crossSection: 3 }] }],
    ['unknown key `groop`', { ...valid, groop: [] }],
    ['groups[0]: unknown key `colour`. Did you mean `color`', { ...valid, groups: [{ ...valid.groups[0], colour: 'red' }] }],
    ['groups[0].color: must be a colour like #6b59d3', { ...valid, groups: [{ ...valid.groups[0], color: 'red' }] }],
    ['datasets[0].files[0]: unknown key `name`', { ...valid, datasets: [{ ...data, files: [{ path: 'a', name: 'a' }] }] }],
    [
      'dataset `ttbar` is in an unknown group `topp`. Did you mean `top`?',
      { ...valid, datasets: [data, { ...simulation, group: 'topp' }] },
    ],
    ['group `data` is there twice', { ...valid, groups: [...valid.groups, valid.groups[0]] }],
    ['dataset `run1` is there twice', { ...valid, datasets: [data, { ...data, name: 'run2', aliases: ['run1'] }] }],
    ['file `x/a.root` is there twice', { ...valid, datasets: [{ ...data, files: ['x/a.root', { path: 'x/a.root' }] }] }],
    ['1 of 2 files have no `luminosityFb` (b)', { ...valid, datasets: [{ ...data, files: [{ path: 'a', luminosityFb: 2 }, 'b'] }] }],
    [
      '`run1` has `luminosityFb` 2, its files together 2.1',
      { ...valid, datasets: [{ ...data, files: [{ path: 'a', luminosityFb: 2.1 }] }] },
    ],
    ['`run1` is data and has one `stream`', { ...valid, datasets: [{ ...data, stream: ['mu', 'el'] }] }],
    ['its files cannot have `luminosityFb`', { ...valid, datasets: [data, { ...simulation, files: [{ path: 'a', luminosityFb: 1 }] }] }],
    ['is of stream `mu`, of which there are no data', { ...valid, datasets: [data, { ...simulation, stream: 'mu' }] }],
    ['is of period `2012`, of which there are no data', { ...valid, datasets: [data, { ...simulation, period: '2012' }] }],
    [
      '`run1` needs `luminosityFb`: there are data of several periods',
      {
        ...valid,
        datasets: [
          { ...data, luminosityFb: undefined, period: '2011' },
          { ...data, name: 'run2', period: '2012' },
        ],
      },
    ],
    [
      'normalised by its entries and cannot have `sumOfWeights`',
      { ...valid, datasets: [data, { ...simulation, normalisation: 'entries' }] },
    ],
    ['`ttbar` is simulation and needs `sumOfWeights`', { ...valid, datasets: [data, { ...simulation, sumOfWeights: undefined }] }],
    ['`run1` is data and cannot have `crossSectionPb`', { ...valid, datasets: [{ ...data, crossSectionPb: 1 }, simulation] }],
    ['`ttbar` is simulation and cannot have `luminosityFb`', { ...valid, datasets: [data, { ...simulation, luminosityFb: 1 }] }],
    [
      'simulation needs a luminosity',
      { ...valid, experiment: { name: '', status: '' }, datasets: [{ ...data, luminosityFb: undefined }, simulation] },
    ],
    ['expected Object', null],
  ])('says: %s', (problem, value) => {
    expect(messageOf(value)).toContain(problem);
  });

  it('takes simulation that carries its normalisation', () => {
    const perEvent = { name: 'zz', group: 'top', normalisation: 'per-event' };
    expect(messageOf({ ...valid, datasets: [data, perEvent] })).toBe('no error');
  });

  it('names a text that is not JSON', () => {
    expect(() => parseCatalogueText('{ name: 1 }', 'mine.json')).toThrow(/^mine\.json: not JSON: /);
    expect(parseCatalogueText(JSON.stringify(valid), 'mine.json').name).toBe('mine');
    expect(parseCatalogueText(`\uFEFF${JSON.stringify(valid)}`, 'mine.json').name).toBe('mine');
  });

  it('refuses a key that one object of the text has twice, however it is written', () => {
    const json = JSON.stringify(valid);
    const withKey = (key: string) => json.replace('"crossSectionPb":3', `"crossSectionPb":3, ${key} : 4`);
    for (const key of ['"crossSectionPb"', '"crossSection\\u0050b"']) {
      expect(() => parseCatalogueText(withKey(key), 'mine.json')).toThrow(
        /^mine\.json: the key `crossSectionPb` stands twice in one object/,
      );
    }
    // Braces, quotes and colons in a text are no structure.
    const label = 'Top { "label": \\';
    const text = JSON.stringify({ ...valid, groups: [{ ...valid.groups[0], label }, valid.groups[1]] });
    expect(parseCatalogueText(text, 'mine.json').groups[0]?.label).toBe(label);
  });
});

describe('the examples in the README', () => {
  it('of files is what a dataset may have', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    const { datasets } = parseCatalogue(
      { ...valid, datasets: [{ name: 'mu', group: 'data', files: parse(yaml).files.slice(1) }] },
      'README.md',
    );
    expect(datasets[0]?.files[0]).toMatchObject({ entries: 40000, luminosityFb: 0.0123, replicas: [expect.any(String)] });
    expect(parse(yaml).files[0]).toBe('SMHiggs_1.root');
  });

  it('is valid', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(parseCatalogueText(json, 'README.md').datasets.length).toBe(2);
  });
});

describe('files of a catalogue', () => {
  it('are under the base URL unless they have one', () => {
    const catalogue = (baseUrl: string) => parseCatalogue({ ...valid, baseUrl }, 'mine.json');
    const file = { path: 'MC/a.root' };
    expect(fileUrl(catalogue('https://x.org/d/'), file)).toBe('https://x.org/d/MC/a.root');
    expect(fileUrl(catalogue('https://x.org/d'), file)).toBe('https://x.org/d/MC/a.root');
    expect(fileUrl(catalogue(''), file)).toBe('MC/a.root');
    expect(fileUrl(catalogue('https://x.org/d'), { ...file, url: 's3://b/c.root' })).toBe('s3://b/c.root');
    for (const path of ['s3://b/c.root', '/x/c.root', 'C:\\x\\c.root']) expect(fileUrl(catalogue('https://x.org/d'), { path })).toBe(path);
  });

  it.each([
    ['a.root', 'a.root'],
    ['/x/y/a.root', 'a.root'],
    ['C:\\x\\a.root', 'a.root'],
    ['https://x.org/y/a.root?sig=1/2#z', 'a.root'],
    ['/x/what?.root', 'what?.root'],
  ])('%s has the base name %s', (path, name) => {
    expect(baseName(path)).toBe(name);
  });
});

describe('the plain catalogue', () => {
  it('is one data-like group with one dataset', () => {
    const catalogue = plainCatalogue();
    expect(catalogue.datasets.map((dataset) => [dataset.name, isData(catalogue, dataset)])).toEqual([['events', true]]);
    expect(catalogue.groups).toMatchObject([{ label: 'Events', kind: 'data' }]);
  });
});

describe('the built-in catalogues', () => {
  it.each(CATALOGUE_NAMES)('%s is valid, with data first and the signal on top', async (name) => {
    const { groups, datasets, note = '' } = await loadBuiltInCatalogue(name);
    const kinds = groups.map(({ kind }) => kind);
    expect([kinds[0], kinds.at(-1), new Set(kinds).size]).toEqual(['data', 'signal', 3]);
    expect(note).not.toBe('');
    for (const { name } of groups) expect(datasets.some(({ group }) => group === name)).toBe(true);
  });

  it.each(['atlas-2020', 'atlas-2025'])('%s is in the usual stack order', async (name) => {
    const { groups } = await loadBuiltInCatalogue(name);
    expect(groups.map(({ color }) => color)).toEqual(['#000000', '#6b59d3', '#ff0000', '#00cdff']);
    expect(groups.map(({ kind }) => kind)).toEqual(['data', 'background', 'background', 'signal']);
  });

  it('are found by their analysis', async () => {
    expect((await catalogueOfAnalysis('atlas-hzz-2020'))?.name).toBe('atlas-2020');
    expect((await catalogueOfAnalysis('atlas-hzz-2025'))?.name).toBe('atlas-2025');
    expect((await catalogueOfAnalysis('cms-hzz-outreach'))?.name).toBe('cms-hzz-outreach');
    expect(await catalogueOfAnalysis('cms-dimuon')).toBeUndefined();
  });

  it('are suggested where a name is wrong', async () => {
    await expect(loadBuiltInCatalogue('atlas2020')).rejects.toThrow('Did you mean `atlas-2020`');
  });

  it('know what the CMS example says: per year, the weight of an event is L σ k / N', async () => {
    const { datasets } = await loadBuiltInCatalogue('cms-hzz-2011-2012');
    const weightOf = (name: string, luminosityFb: number) => {
      const { crossSectionPb = 0, scaleFactor, entries = 0 } = datasets.find((each) => each.name === name)!;
      return (luminosityFb * 1000 * crossSectionPb * scaleFactor) / entries;
    };
    expect(weightOf('higgs125_2012', 11.58)).toBeCloseTo((11580 * 0.0065) / 299973, 15);
    expect(weightOf('dy_m50_2012', 11.58)).toBeCloseTo((11580 * 2955 * 1.12) / 29426492, 12);
    expect(weightOf('dy_m50_2011', 2.33)).toBeCloseTo((2330 * 2475 * 1.12) / 36408225, 12);
    // Raw counts of the published histograms, 70-181 GeV: ZZ adds up to 80.076 events, the Higgs to 9.731.
    const raw: Record<string, number> = {
      zz4mu_2012: 32706, zz4e_2012: 15210, zz2e2mu_2012: 13869, zz4mu_2011: 37237, zz4e_2011: 19087, zz2e2mu_2011: 16753,
      higgs125_2012: 10900 + 6259 + 14723, higgs125_2011: 12940 + 7970 + 18141,
    }; // biome-ignore format: a table
    const yieldOf = (group: string) =>
      Object.entries(raw)
        .filter(([name]) => name.startsWith(group))
        .reduce((sum, [name, count]) => sum + count * weightOf(name, name.endsWith('2012') ? 11.58 : 2.33), 0);
    expect(yieldOf('higgs')).toBeCloseTo(9.731, 2);
    expect(yieldOf('zz')).toBeCloseTo(80.076, 1);
  });

  it('know every file of the CMS sample by its list or its folder: 21 lists, 20 datasets', async () => {
    const catalogue = await loadBuiltInCatalogue('cms-hzz-2011-2012');
    const lists = mergeLists(cmsLists());
    const listed = new Map(lists.flatMap(({ name, files }) => files.map((file) => [file, name])));
    for (const told of [listed, new Map<string, string>()]) {
      const { assigned, ...others } = assignFiles(catalogue, [...listed.keys()], told);
      expect(others).toEqual({ unmatched: [], ambiguous: [], repeated: [] });
      const counts = Map.groupBy(assigned, ({ dataset }) => dataset);
      expect(catalogue.datasets.map(({ name }) => counts.get(name)?.length)).toEqual(catalogue.datasets.map(({ fileCount }) => fileCount));
    }
  });

  it('know the files of 2020: 12 datasets, 943,430 entries, 10 fb-1', async () => {
    const catalogue = await loadBuiltInCatalogue('atlas-2020');
    const { datasets } = catalogue;
    expect(datasets.length).toBe(12);
    expect(datasets.reduce((sum, { entries = 0 }) => sum + entries, 0)).toBe(943_430);
    expect(datasets.reduce((sum, { luminosityFb = 0 }) => sum + luminosityFb, 0)).toBe(10);
    expect(fileUrl(catalogue, datasets[4]!.files[0]!)).toBe(
      'https://atlas-opendata.web.cern.ch/atlas-opendata/samples/2020/4lep/MC/mc_361106.Zee.4lep.root',
    );
  });

  it('know the files of 2025: 16 of data with 1,362,611 entries, 24 of simulation', async () => {
    const catalogue = await loadBuiltInCatalogue('atlas-2025');
    const data = catalogue.datasets.filter((dataset) => isData(catalogue, dataset));
    expect([data.length, catalogue.datasets.length]).toEqual([16, 40]);
    expect(data.reduce((sum, { entries = 0 }) => sum + entries, 0)).toBe(1_362_611);
    expect(fileUrl(catalogue, data[0]!.files[0]!)).toBe(
      'https://opendata.cern.ch/eos/opendata/atlas/rucio/opendata/ODEO_FEB2025_v0_exactly4lep_data15_periodD.exactly4lep.root',
    );
  });
});
