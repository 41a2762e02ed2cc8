import { describe, expect, it } from 'vitest';
import { isPipelineError } from '../errors.ts';
import { isListPath, listDataset, mergeLists, parseFileList } from './file-list.ts';
import { CMS_LISTS, cmsLists } from './test-cms-lists.ts';

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (isPipelineError(error, 'ConfigError')) return error.message;
    throw error;
  }
  return 'no error';
};

describe('parseFileList', () => {
  it('reads aliases, URLs and paths, with comments, blank lines and any line ends', () => {
    const text =
      '\uFEFF# 2012\ns3/bucket/a/b.root\r\n\n gs/bucket/c.root \rgcs/bucket/d.root\nroot://host//e.root\nhttps://host/f.root?x=1\n/abs/g h.root\nrel/i.root';
    expect(parseFileList(text, 'x.txt').files).toEqual([
      's3://bucket/a/b.root',
      'gs://bucket/c.root',
      'gs://bucket/d.root',
      'root://host//e.root',
      'https://host/f.root?x=1',
      '/abs/g h.root',
      'rel/i.root',
    ]);
  });

  it('reads what is known of a file after its address', () => {
    const lines = [
      's3/b/a.root size=12 entries=3 checksum=adler32:0a1b2c3d luminosityFb=1.5e-3',
      '/x/with a space.root\tentries=0',
      's3/b/c.root',
    ];
    expect(parseFileList(lines.join('\n'), 'x.txt')).toEqual({
      files: ['s3://b/a.root', '/x/with a space.root', 's3://b/c.root'],
      facts: {
        's3://b/a.root': { size: 12, entries: 3, checksum: 'adler32:0a1b2c3d', luminosityFb: 0.0015 },
        '/x/with a space.root': { entries: 0 },
      },
    });
  });

  it.each([
    ['s3/b/a.root entries=3.5', 'lists/x.txt:2: `entries=3.5` is no entries'],
    ['s3/b/a.root luminosityFb=', 'lists/x.txt:2: `luminosityFb=` is no luminosityFb'],
    ['s3/b/a.root checksum=0a1b', 'lists/x.txt:2: `checksum=0a1b` is no checksum'],
    ['s3/b/a.root lumi=3', 'lists/x.txt:2: lists do not tell `lumi`. Did you mean `luminosityFb`'],
    ['s3/bucket', 'lists/x.txt:2: `s3/bucket` has no bucket or no path in it'],
    ['s3//key', 'lists/x.txt:2: `s3//key` has no bucket'],
    ['s3/bucket/folder/', 'lists/x.txt:2: `s3/bucket/folder/` names no file'],
    ['a\u0000b', 'lists/x.txt:2: the line is not plain text'],
    ['x'.repeat(5000), 'lists/x.txt:2: the line has 5000 characters'],
    ['s3/b/a.root\ns3/c/a.root\ns3/b/a.root', 'lists/x.txt:4: the file of line 2 again'],
  ])('names file and line of %j', (lines, problem) => {
    expect(messageOf(() => parseFileList(`# list\n${lines}\n`, 'lists/x.txt'))).toContain(problem);
  });

  it('refuses a list without files', () => {
    expect(messageOf(() => parseFileList('# nothing\n\n', 'x.txt'))).toContain('x.txt: the list names no file');
  });

  it('knows a list by its ending', () => {
    expect(['a_file_index.txt', 'x/b.list', 'c.root', 's3://bucket/d.txt'].map(isListPath)).toEqual([true, true, false, false]);
  });
});

describe('listDataset', () => {
  it.each([
    ['datasets_s3/CMS_Run2012B_DoubleMuParked_AOD_22Jan2013-v1_20002_file_index.txt', 'Run2012B_DoubleMuParked'],
    [
      'CMS_MonteCarlo2011_Summer11LegDR_SMHiggsToZZTo4L_M-125_7TeV-powheg15-JHUgenV3-pythia6_AODSIM_PU_S13_START53_LV6-v1_20000_file_index.txt',
      'Summer11LegDR_SMHiggsToZZTo4L_M-125_7TeV-powheg15-JHUgenV3-pythia6',
    ],
    ['toy_data_A_file_index.txt', 'toy_data_A'],
    ['/lists/llll.list', 'llll'],
    ['CMS_file_index.txt', 'CMS'],
  ])('of %s is %s', (path, name) => {
    expect(listDataset(path)).toBe(name);
  });

  it('joins the 68 lists of the whole CMS sample to 21 datasets with 26,920 files', () => {
    const merged = mergeLists(cmsLists());
    expect(CMS_LISTS).toHaveLength(68);
    expect(merged).toHaveLength(21);
    expect(merged.reduce((sum, { files }) => sum + files.length, 0)).toBe(26_920);
    const of = (name: string) => merged.find((list) => list.name === name)?.files.length;
    expect([of('Run2012C_DoubleMuParked'), of('Summer12_DR53X_TTbar_8TeV-Madspin_aMCatNLO-herwig')]).toEqual([2920, 696]);
  });
});

describe('mergeLists', () => {
  const list = (path: string, ...files: string[]) => ({ name: listDataset(path), path, files });

  it('does not depend on the order of the lists', () => {
    const [a, b] = [list('CMS_Run1_X_AOD_v1_00001_file_index.txt', 'a'), list('CMS_Run1_X_AOD_v1_00002_file_index.txt', 'b')];
    const names = (lists: ReturnType<typeof mergeLists>) => lists.map(({ name, files }) => [name, [...files].sort()]);
    expect(names(mergeLists([b, a]))).toEqual(names(mergeLists([a, b])));
  });

  it('refuses two versions of one dataset, and one file in two lists', () => {
    const old = list('CMS_Run1_X_AOD_12Oct2013-v1_00001_file_index.txt', 'a');
    const message = messageOf(() => mergeLists([old, list('CMS_Run1_X_AOD_22Jan2013-v1_00001_file_index.txt', 'b')]));
    expect(message).toContain('another version of dataset Run1_X than CMS_Run1_X_AOD_12Oct2013-v1_00001');
    expect(messageOf(() => mergeLists([list('y.txt', 'a', 'b'), list('z.txt', 'b')]))).toContain('z.txt: it names b, as y.txt does');
  });
});
