import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepCredentials } from '../runtime/credentials.ts';
import { findBackend } from './backends.ts';
import { runEnvironment as environmentOf, runSettings } from './run-settings.ts';

/** What is set in it: empty texts count as not set. */
const runEnvironment: typeof environmentOf = (...words) =>
  Object.fromEntries(Object.entries(environmentOf(...words)).filter(([, value]) => value !== ''));

describe('the environment of a run', () => {
  it("has the run's words before the environment's", () => {
    const env = { S3_ENDPOINT: 'http://own', S3_REGION: 'here', PATH: '/bin' };
    expect(runEnvironment(env, { S3_ENDPOINT: 'http://run' }, {})).toEqual({ S3_ENDPOINT: 'http://run', S3_REGION: 'here', PATH: '/bin' });
  });

  it("has none of the environment's keys where the run brings its own", () => {
    const env = { S3_ACCESS_KEY_FILE: '/a', S3_SECRET_KEY: 'b', S3_SESSION_TOKEN: 'c', S3_ANONYMOUS: 'true', GCS_KEY_FILE: '/g' };
    const keys = { S3_ACCESS_KEY: 'x', S3_SECRET_KEY: 'y' };
    expect(runEnvironment(env, {}, keys)).toEqual({ GCS_KEY_FILE: '/g', ...keys });
    expect(runEnvironment(env, {}, { GCS_KEY_JSON: '{}' })).toEqual({ ...env, GCS_KEY_FILE: undefined, GCS_KEY_JSON: '{}' });
    expect(runEnvironment({ BEARER_TOKEN_FILE: '/t' }, {}, { BEARER_TOKEN: 'z' })).toEqual({ BEARER_TOKEN: 'z' });
  });

  it('has no keys where the run reads as nobody', () => {
    const env = { S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', GCS_ACCESS_KEY: 'c', GCS_SECRET_KEY: 'd' };
    expect(runEnvironment(env, { S3_ANONYMOUS: 'true', GCS_ANONYMOUS: '1' }, {})).toEqual({ S3_ANONYMOUS: 'true', GCS_ANONYMOUS: '1' });
  });

  it("sends a Google login of the environment's to no server that a run names", () => {
    const env = { GCS_KEY_FILE: '/g', GCS_ACCESS_KEY: 'a' };
    expect(runEnvironment(env, { GCS_ENDPOINT: 'http://elsewhere' }, {})).toEqual({
      GCS_ACCESS_KEY: 'a',
      GCS_ENDPOINT: 'http://elsewhere',
    });
  });

  it('can lower a cap, and not raise it', () => {
    expect(runEnvironment({ DOWNLOAD_MAX_KB: '500' }, { DOWNLOAD_MAX_KB: '50000' }, {})).toEqual({ DOWNLOAD_MAX_KB: '500' });
    expect(runEnvironment({ DOWNLOAD_MAX_KB: '500' }, { DOWNLOAD_MAX_KB: '90' }, {})).toEqual({ DOWNLOAD_MAX_KB: '90' });
    expect(runEnvironment({}, { UPLOAD_MAX_KB: '90' }, {})).toEqual({ UPLOAD_MAX_KB: '90' });
  });
});

describe('settings of a run', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-settings-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are the same object for the same words, and another one for replaced keys', async () => {
    const keys = (secretKey: string) => ({ variables: { S3_ACCESS_KEY: 'a', S3_SECRET_KEY: secretKey }, addresses: {} });
    await keepCredentials(folder, 'run', keys('one'));
    const run = { storage: { S3_ENDPOINT: 'http://127.0.0.1:9', STORAGE_PARALLEL: '10', DOWNLOAD_MAX_KB: '50000' }, secret: 'run' };
    const first = runSettings(run, folder);
    expect(runSettings({ ...run }, folder)).toBe(first);
    expect(first.settings.s3).toMatchObject({
      endpoint: 'http://127.0.0.1:9',
      pathStyle: true,
      keys: { accessKey: 'a', secretKey: 'one' },
    });
    expect(first.settings.downloadBytesPerSecond).toBe(50_000_000);
    expect(first.key).not.toContain('one');
    await keepCredentials(folder, 'run', keys('other'));
    const second = runSettings(run, folder);
    expect(second.settings.s3.keys?.secretKey).toBe('other');
    expect(second.key).not.toBe(first.key);
  });

  it('ask for as many requests at the same time as the run says', () => {
    const { settings } = runSettings({ storage: { STORAGE_PARALLEL: '10' } }, folder);
    expect(['s3', 'gs', 'https', 'root'].map((scheme) => findBackend(`${scheme}://a/b`).limits(settings).parallel)).toEqual([
      10, 10, 10, 10,
    ]);
    expect(findBackend('s3://a/b').limits(runSettings({}, folder).settings).parallel).toBe(4);
  });

  it('put back what is secret in an address', async () => {
    const address = 'https://user:planted@example.org/a.root?X-Amz-Signature=planted';
    await keepCredentials(folder, 'addresses', { variables: {}, addresses: { 'https://example.org/a.root': address } });
    const { locationOf } = runSettings({ secret: 'addresses' }, folder);
    expect(locationOf('https://example.org/a.root')).toBe(address);
    expect(locationOf('https://example.org/b.root')).toBe('https://example.org/b.root');
  });

  it('are missed with a hint where the keys did not come', () => {
    expect(() => runSettings({ secret: 'nobody' }, folder)).toThrow(
      /the credentials of the run, nobody, are not there. Submit the run again/,
    );
  });
});
