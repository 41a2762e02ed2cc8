import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from './read-config.ts';

const ROOT = join(import.meta.dirname, '..');

describe('--config', () => {
  let folder: string;
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('names an analysis, whose parameter `year` the suffix sets', async () => {
    expect(await readConfig('cms-dimuon')).toEqual({ analysis: 'cms-dimuon' });
    const mine = file(
      'mine.ts',
      `import { regular } from ${JSON.stringify(`${ROOT}/shared/histogram/axis.ts`)};
       import { defineAnalysis } from ${JSON.stringify(`${ROOT}/shared/analysis/define-analysis.ts`)};
       export const analysis = defineAnalysis({ name: 'mine', title: 'Mine', tree: 't', columns: { x: 'f32' }, cutFlow: ['all'],
         parameters: { year: 2011 }, histograms: () => ({ x: { title: 'x', axes: [regular(1, 0, 1, { name: 'x' })] } }), process() {} });`,
    );
    expect(await readConfig(`${mine}:2012`)).toEqual({ analysis: mine, set: { year: '2012' } });
    await expect(readConfig('cms-dimuon:2012')).rejects.toThrow(/the analysis cms-dimuon has no parameter `year`, which :2012 would set/);
  });

  it('names a run file, of which the suffix picks a variant', async () => {
    const yaml = file(
      'run.yaml',
      'analysis: cms-dimuon\ndata: [s3://a/b.root]\nset: {minMet: 20, goodRuns: 2011.txt}\nvariants:\n  "2012":\n    bucket: other\n    set: {goodRuns: 2012.txt}\n',
    );
    const base = { analysis: 'cms-dimuon', data: ['s3://a/b.root'], set: { minMet: 20, goodRuns: '2011.txt' } };
    expect(await readConfig(yaml)).toEqual(base);
    expect(await readConfig(`${yaml}:2012`)).toEqual({ ...base, bucket: 'other', set: { minMet: 20, goodRuns: '2012.txt' } });
    await expect(readConfig(`${yaml}:2013`)).rejects.toThrow(/run.yaml: there is no variant `2013` in it. Did you mean `2012`/);
    expect(await readConfig(file('run.json', JSON.stringify(base)))).toEqual(base);
  });

  it('takes one text where a list is asked for', async () => {
    const yaml = file('one.yaml', "analysis: a\ndata: samples\ndatasetPattern: '*muon*'\n");
    expect(await readConfig(yaml)).toMatchObject({ data: ['samples'], datasetPattern: ['*muon*'] });
  });

  it('refuses a file with anything secret in its addresses, or with fields that nobody knows', async () => {
    const planted = file('planted.json', JSON.stringify({ analysis: 'a', storage: { S3_SECRET_KEY: 'planted' } }));
    await expect(readConfig(planted)).rejects.toThrow(/planted.json: the run is not as it must be: storage/);
    await expect(readConfig(file('odd.yaml', 'analysis: a\ncolour: red\n'))).rejects.toThrow(/colour: it is not known here$/);
    await expect(readConfig(file('typo.yaml', 'analysis: a\ndatas: samples\n'))).rejects.toThrow(
      'datas: it is not known here. Did you mean `data`',
    );
    await expect(readConfig(join(folder, 'nowhere.yaml'))).rejects.toThrow(/nowhere.yaml: it cannot be read/);
  });
});
