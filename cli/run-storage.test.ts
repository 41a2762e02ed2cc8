import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatherStorage, type StorageWords } from './run-storage.ts';

const VARIABLES = [
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'S3_ENDPOINT',
  'GCS_KEY_FILE',
  'BEARER_TOKEN',
  'HIGGSFLOW_ACCESS_KEY',
  'HIGGSFLOW_SECRET_KEY',
];

describe('what flags and environment say about stores', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-storage-'));
    for (const name of VARIABLES) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const services = (flags: StorageWords, data: readonly string[] = []) => gatherStorage(flags, data, { forServices: true });

  it('becomes variables of the store that is meant', () => {
    const flags = {
      storageHost: 'https://s3.cern.ch',
      mcThreads: 10,
      downloadMaxKb: 50_000,
      uploadMaxKb: 10_000,
      gcsProjectId: 'it-atlas-cern',
    };
    expect(services(flags).request.storage).toEqual({
      S3_ENDPOINT: 'https://s3.cern.ch',
      GCS_PROJECT_ID: 'it-atlas-cern',
      STORAGE_PARALLEL: '10',
      DOWNLOAD_MAX_KB: '50000',
      UPLOAD_MAX_KB: '10000',
    });
    expect(services({ ...flags, storageType: 'gs' }).request.storage).toMatchObject({ GCS_ENDPOINT: 'https://s3.cern.ch' });
    expect(services({ storageHost: 'http://h' }, ['gs://a/b.root']).request.storage).toEqual({ GCS_ENDPOINT: 'http://h' });
  });

  it("needs no endpoint at the makers' own addresses", () => {
    expect(services({ storageType: 's3', storageHost: 'https://s3.amazonaws.com' }).request.storage).toBeUndefined();
    expect(services({ storageType: 'gs', storageHost: 'https://storage.googleapis.com' }).request.storage).toBeUndefined();
    expect(services({ storageType: 's3', storageHost: 'https://storage.googleapis.com' }).request.storage).toEqual({
      S3_ENDPOINT: 'https://storage.googleapis.com',
    });
  });

  it('has keys apart from the request, for the store that is meant', () => {
    const keys = { accessKey: 'planted-a', secretKey: 'planted-s' };
    const { request, credentials } = services(keys);
    expect(credentials.variables).toEqual({ S3_ACCESS_KEY: 'planted-a', S3_SECRET_KEY: 'planted-s' });
    expect(JSON.stringify(request)).not.toContain('planted');
    expect(services({ ...keys, storageType: 'gs' }).credentials.variables).toEqual({
      GCS_ACCESS_KEY: 'planted-a',
      GCS_SECRET_KEY: 'planted-s',
    });
    vi.stubEnv('HIGGSFLOW_ACCESS_KEY', 'planted-e');
    vi.stubEnv('HIGGSFLOW_SECRET_KEY', 'planted-f');
    expect(services({}).credentials.variables).toEqual({ S3_ACCESS_KEY: 'planted-e', S3_SECRET_KEY: 'planted-f' });
    expect(services(keys).credentials.variables.S3_ACCESS_KEY).toBe('planted-a');
  });

  it("takes what `run` would use here, where the run is about buckets, and says so without the keys' values", () => {
    vi.stubEnv('S3_ACCESS_KEY', 'planted-a');
    vi.stubEnv('S3_SECRET_KEY', 'planted-s');
    vi.stubEnv('S3_ENDPOINT', 'http://10.0.0.4:9000');
    const { request, credentials, notes } = services({}, ['s3://a/b.root']);
    expect(request.storage).toEqual({ S3_ENDPOINT: 'http://10.0.0.4:9000' });
    expect(credentials.variables).toEqual({ S3_ACCESS_KEY: 'planted-a', S3_SECRET_KEY: 'planted-s' });
    expect(notes).toEqual(['The run gets the keys of this environment: S3_ACCESS_KEY, S3_SECRET_KEY.']);
    for (const data of [[], ['/data/x.root'], ['https://host/x.root'], ['gs://a/b.root']]) {
      expect(services({}, data).credentials.variables, data.join()).toEqual({});
    }
    expect(gatherStorage({}, ['s3://a/b.root'], { forServices: false }).credentials.variables).toEqual({});
  });

  it('takes the login of a service account and a token for those who ask for them', () => {
    writeFileSync(join(folder, 'key.json'), '{"planted": 1}');
    vi.stubEnv('GCS_KEY_FILE', join(folder, 'key.json'));
    vi.stubEnv('BEARER_TOKEN', 'planted-token');
    expect(services({}, ['gs://a/b.root']).credentials.variables).toEqual({ GCS_KEY_JSON: '{"planted": 1}' });
    expect(services({}, ['davs://host/x.root']).credentials.variables).toEqual({ BEARER_TOKEN: 'planted-token' });
  });
});
