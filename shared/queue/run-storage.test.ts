import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { runRequestSchema } from './run-request.ts';

const parse = (fields: object) => v.safeParse(runRequestSchema, { analysis: 'a', ...fields });

describe('what a run may say about its files', () => {
  it('is variables by name, checked as those of the environment are', () => {
    expect(parse({ storage: { S3_ENDPOINT: 'http://10.0.0.1:9000', DOWNLOAD_MAX_KB: '50000' }, secret: 'run6' }).success).toBe(true);
    expect(parse({ storage: { DOWNLOAD_MAX_KB: 'fast' } }).success).toBe(false);
    expect(parse({ storage: { S3_ENDPOINT: 'minio:9000' } }).success).toBe(false);
  });

  it('names a folder for copies of files only where such folders are', () => {
    const stage = (folder: string) => parse({ storage: { STAGE_IN_DIR: folder } }).success;
    for (const folder of ['/dev/shm', '/mnt/disks/ssd0', '/scratch', '/tmp/run6']) expect(stage(folder), folder).toBe(true);
    for (const folder of ['/', '/etc', '/mnt/../etc', '/tmp/..', '/tmpfile', 'scratch']) expect(stage(folder), folder).toBe(false);
  });

  it('is no key, no folder of the worker, and no address with a password', () => {
    for (const name of [
      'S3_SECRET_KEY',
      'GCS_KEY_JSON',
      'BEARER_TOKEN',
      'STAGE_IN_DIR',
      'CACHE_DIR',
      'CREDENTIALS_DIR',
      'X509_CERT_DIR',
      'PATH',
    ]) {
      expect(parse({ storage: { [name]: '/etc' } }).success, name).toBe(false);
    }
    expect(parse({ storage: { S3_ENDPOINT: 'http://user:planted@host' } }).issues?.[0].message).toMatch(/holds a user or password/);
    expect(parse({ storage: { CACHE_PREFIX: 'https://user:planted@host/' } }).success).toBe(false);
  });

  it('names credentials by a plain name', () => {
    for (const secret of ['../etc/passwd', '.hidden', 'a/b', '', 'a'.repeat(101)]) expect(parse({ secret }).success, secret).toBe(false);
  });

  it('names buckets, and folders in them', () => {
    for (const outputBucket of ['higgs-demo-nl', 's3://results/plots', 'gs://results', 'results/plots/2012']) {
      expect(parse({ outputBucket }).success, outputBucket).toBe(true);
    }
    for (const outputBucket of ['', 'https://example.org/x', 's3://', 's3://user@bucket/x']) {
      expect(parse({ outputBucket }).success, outputBucket).toBe(false);
    }
  });
});
