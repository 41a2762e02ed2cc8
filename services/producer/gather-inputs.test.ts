import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CMS_LISTS } from '#shared/datasets/test-cms-lists.ts';
import { buildSpec } from './build-spec.ts';
import { readLists } from './find-lists.ts';
import { gatherInputs, type InputRequest, withLists } from './gather-inputs.ts';

let folder: string;
let lists: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-lists-'));
  lists = join(folder, 'datasets_s3');
  await mkdir(lists);
  for (const { name, text } of CMS_LISTS) await writeFile(join(lists, name), text);
  await writeFile(join(lists, 'README.md'), 'not a list');
});
afterAll(() => rm(folder, { recursive: true }));

async function counts(request: InputRequest, analysis?: string): Promise<Record<string, number>> {
  const { datasets } = await gatherInputs(request, analysis);
  return Object.fromEntries(datasets.map(({ dataset, files }) => [dataset.name, files.length]));
}

const HIGGS = {
  'Summer11LegDR_SMHiggsToZZTo4L_M-125_7TeV-powheg15-JHUgenV3-pythia6': 22,
  'Summer12_DR53X_SMHiggsToZZTo4L_M-125_8TeV-powheg15-JHUgenV3-pythia6': 34,
};

describe('lists of files', () => {
  it('are all that are in the folder: 26,920 files of 21 datasets', async () => {
    const found = await counts({ listFolder: lists });
    expect(Object.keys(found).length).toBe(21);
    expect(Object.values(found).reduce((sum, files) => sum + files, 0)).toBe(26_920);
  });

  it('are chosen by patterns, quoted, with the folder, or expanded by the shell', async () => {
    const words = CMS_LISTS.filter(({ name }) => name.includes('SMHiggs')).map(({ name }) => join(lists, name));
    expect(await counts({ listFolder: lists, datasetPattern: ['*SMHiggs*'] })).toEqual(HIGGS);
    expect(await counts({ datasetPattern: [`${lists}/*SMHiggs*`] })).toEqual(HIGGS);
    expect(await counts({ datasetPattern: words })).toEqual(HIGGS);
    expect(await counts({ data: words })).toEqual(HIGGS);
  });

  it('are chosen by the name that a catalogue has for them, and put in its groups', async () => {
    const group = (name: string, kind: string) => ({ name, label: name, color: '#000000', kind });
    const catalogue = {
      name: 'cms',
      experiment: { name: 'CMS', status: '', luminosityFb: 1 },
      groups: [group('data', 'data'), group('higgs', 'signal')],
      datasets: [
        { name: 'mu', aliases: ['Run2012B_DoubleMuParked'], group: 'data' },
        { name: 'higgs_2012', aliases: ['SMHiggsToZZTo4L_M-125_8TeV'], group: 'higgs', crossSectionPb: 1, normalisation: 'entries' },
      ],
    };
    expect(await counts({ listFolder: lists, catalogue, datasetPattern: ['higgs_*', 'mu'] })).toEqual({ mu: 2279, higgs_2012: 34 });
    await expect(gatherInputs({ listFolder: lists, catalogue })).rejects.toThrow(/belongs to no dataset.*and \d+ more/);
  });

  it('go to other machines as what is in them', async () => {
    const request = await withLists({ listFolder: lists, datasetPattern: ['*SMHiggs*'], fraction: 0.5 });
    expect(request).toMatchObject({ data: [], datasetPattern: [], fraction: 0.5 });
    expect(request.listFolder).toBeUndefined();
    expect(await counts(JSON.parse(JSON.stringify(request)) as InputRequest)).toEqual(HIGGS);
  });

  it('are read at the place that the request says', async () => {
    const { datasets } = await gatherInputs({ listFolder: lists, datasetPattern: ['*SMHiggs*7TeV*'], storageType: 'gs', bucket: 'mine' });
    expect(datasets[0]?.files[0]?.path).toMatch(/^gs:\/\/mine\/eos\/opendata\/cms\/MonteCarlo2011\//);
  });

  it('have paths relative to themselves', async () => {
    const path = join(folder, 'local.txt');
    await writeFile(path, 'x/a.root\n/abs/b.root\n');
    expect((await readLists([path]))[0]?.files).toEqual([join(folder, 'x/a.root'), '/abs/b.root']);
  });
});

describe('what lists say of files', () => {
  it('reaches the spec, also by way of another machine, and goes before the catalogue', async () => {
    const path = join(folder, 'data_A_file_index.txt');
    await writeFile(path, 's3/b/1.root luminosityFb=0.25 entries=10\ns3/b/2.root luminosityFb=0.5\n');
    const request = { analysis: 'atlas-hzz-2020', data: [path] };
    const [spec, remote] = await Promise.all([request, await withLists(request)].map((each) => buildSpec(each, { runId: () => 'r' })));
    expect(spec?.datasets).toEqual([
      {
        name: 'data_A',
        isData: true,
        files: ['s3://b/1.root', 's3://b/2.root'],
        facts: [{ luminosityFb: 0.25, entries: 10 }, { luminosityFb: 0.5 }],
      },
    ]);
    expect(remote).toEqual(spec);
    await writeFile(path, 's3/b/1.root luminosityFb=0.25\ns3/b/2.root\n');
    await expect(buildSpec(request, { runId: () => 'r' })).rejects.toThrow(
      /1 of 2 files of dataset data_A have no luminosity: s3:\/\/b\/2\.root/,
    );
  });
});

describe('files of a catalogue', () => {
  it('are beside it, unless they have whole addresses', async () => {
    const group = { name: 'data', label: 'Data', color: '#000000', kind: 'data' };
    const files = ['x/a.root', '/abs/b.root', 's3://b/c.root', { path: 'd.root', url: 'https://x.org/d.root' }];
    const catalogue = {
      name: 'c',
      experiment: { name: '', status: '' },
      groups: [group],
      datasets: [{ name: 'mu', group: 'data', files }],
    };
    const path = join(folder, 'mine.json');
    await writeFile(path, JSON.stringify(catalogue));
    const locations = async () => (await gatherInputs({ catalogue: path })).datasets[0]?.files.map((file) => file.path).sort();
    expect(await locations()).toEqual(['/abs/b.root', join(folder, 'x/a.root'), 'https://x.org/d.root', 's3://b/c.root'].sort());
    await writeFile(path, JSON.stringify({ ...catalogue, baseUrl: 'https://y.org/z' }));
    expect(await locations()).toContain('https://y.org/z/x/a.root');
  });
});

describe('other places of a file', () => {
  it('are for the file of the catalogue, not for a copy of the same name', async () => {
    const group = { name: 'data', label: 'Data', color: '#000000', kind: 'data' };
    const files = [{ path: 'a.root', replicas: ['root://far//a.root'] }];
    const datasets = [{ name: 'mu', group: 'data', files }];
    const catalogue = { name: 'c', baseUrl: 's3://b', experiment: { name: '', status: '' }, groups: [group], datasets };
    const replicas = async (data: string[]) => (await gatherInputs({ catalogue, data })).datasets[0]?.files[0]?.file?.replicas;
    expect(await replicas([])).toEqual(['root://far//a.root']);
    expect(await replicas(['s3://b/a.root'])).toEqual(['root://far//a.root']);
    expect(await replicas(['s3://toy/a.root'])).toBeUndefined();
  });
});

describe('patterns', () => {
  it('choose datasets of a catalogue, or of files by their catalogue', async () => {
    expect(await counts({ catalogue: 'atlas-2020', datasetPattern: ['Z*', 'data_[AB]'] })).toEqual({
      data_A: 1,
      data_B: 1,
      Zee: 1,
      Zmumu: 1,
      ZH125_ZZ4lep: 1,
    });
    const data = ['https://x.org/data_A.4lep.root', 'https://x.org/mc_361106.Zee.4lep.root'];
    expect(await counts({ data, datasetPattern: ['data_*'] }, 'atlas-hzz-2020')).toEqual({ data_A: 1 });
  });

  it.each<[string, InputRequest, RegExp]>([
    [
      'nothing',
      { catalogue: 'atlas-2020', datasetPattern: ['*Zeee*'] },
      /no list and no dataset fits `\*Zeee\*`\. There is Zee.*--datasets DIR/,
    ],
    ['no list of a folder', { listFolder: 'LISTS', datasetPattern: ['*SMHigs*'] }, /no list and no dataset fits/],
  ])('that fit %s are told', async (_, request, message) => {
    const here = request.listFolder === undefined ? request : { ...request, listFolder: lists };
    await expect(gatherInputs(here)).rejects.toThrow(message);
  });

  it('that a shell has turned into other files are told', async () => {
    await expect(gatherInputs({ datasetPattern: [join(lists, 'README.md')] })).rejects.toThrow(
      /README\.md: it is no list of files\. .*--data/,
    );
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await expect(gatherInputs({ listFolder: empty })).rejects.toThrow(/no list of files in this folder/);
    await expect(gatherInputs({ listFolder: join(folder, 'none') })).rejects.toThrow(/the folder of lists cannot be read/);
  });
});
