import { describe, expect, it } from 'vitest';
import { mannerOf, placed } from './run-manner.ts';

describe('where a file of a bucket is', () => {
  it('is another bucket, of another type, where that is said', () => {
    const listed = 's3://higgs-demo/eos/opendata/cms/a.root';
    expect(placed(listed, {})).toBe(listed);
    expect(placed(listed, { bucket: 'mine' })).toBe('s3://mine/eos/opendata/cms/a.root');
    expect(placed(listed, { storageType: 'gs', bucket: 'mine' })).toBe('gs://mine/eos/opendata/cms/a.root');
    expect(placed(placed(listed, { storageType: 'gs', bucket: 'mine' }), { storageType: 'gs', bucket: 'mine' })).toBe(
      'gs://mine/eos/opendata/cms/a.root',
    );
  });

  it('leaves alone what is in no bucket', () => {
    for (const location of ['/data/s3/a.root', 'https://host/s3://x', 'root://host//a.root']) {
      expect(placed(location, { storageType: 'gs', bucket: 'mine' })).toBe(location);
    }
  });
});

describe('how a run is done', () => {
  it('says only what was asked for', () => {
    expect(mannerOf({ analysis: 'a' }, 'run6')).toEqual({});
    expect(mannerOf({ analysis: 'a', attempts: 6, secret: 'run6', storage: { S3_REGION: 'x' } }, 'run6')).toEqual({
      attempts: 6,
      secret: 'run6',
      storage: { S3_REGION: 'x' },
    });
  });

  it('gives each run a folder in the output bucket', () => {
    const output = (outputBucket: string, storageType?: 's3' | 'gs') => mannerOf({ outputBucket, storageType }, 'run6').output;
    expect(output('results')).toBe('s3://results/run6/');
    expect(output('results', 'gs')).toBe('gs://results/run6/');
    expect(output('gs://results/plots/', 's3')).toBe('gs://results/plots/run6/');
  });
});
