import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialsStamp, forgetCredentials, keepCredentials, readCredentials, waitForCredentials } from './credentials.ts';

describe('credentials of a run', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const KEYS = { variables: { S3_ACCESS_KEY: 'planted-access', S3_SECRET_KEY: 'planted-secret' }, addresses: {} };

  it('are kept in a file that nobody else reads, and forgotten', async () => {
    const deep = join(folder, 'not', 'there', 'yet');
    const path = await keepCredentials(deep, 'run-1', KEYS);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(deep).mode & 0o777).toBe(0o700);
    expect(readCredentials(deep, 'run-1')).toEqual(KEYS);
    await forgetCredentials(deep, 'run-1');
    await forgetCredentials(deep, 'run-1');
    expect(() => readCredentials(deep, 'run-1')).toThrow(/the credentials of the run, run-1, are not there/);
  });

  it('have another stamp when they are replaced', async () => {
    await keepCredentials(folder, 'run-2', KEYS);
    const before = credentialsStamp(folder, 'run-2');
    await keepCredentials(folder, 'run-2', { ...KEYS, variables: { ...KEYS.variables, S3_SECRET_KEY: 'planted-newer!' } });
    expect(credentialsStamp(folder, 'run-2')).not.toBe(before);
    expect(readCredentials(folder, 'run-2').variables.S3_SECRET_KEY).toBe('planted-newer!');
  });

  it('are waited for, but not for ever', async () => {
    const arriving = waitForCredentials(folder, 'run-3', 5000);
    setTimeout(() => void keepCredentials(folder, 'run-3', KEYS), 50);
    await arriving;
    await expect(waitForCredentials(folder, 'never', 300)).rejects.toMatchObject({ code: 'StorageError', retryable: true });
    await expect(waitForCredentials(folder, 'never', 60_000, AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
  });

  it('do not show what is in a file that is none', () => {
    for (const [name, text] of [
      ['no-json', 'planted-secret {'],
      ['other-keys', '{"variables": {"OTHER": "planted-secret"}}'],
      ['no-text', '{"variables": {"S3_ACCESS_KEY": {"planted-secret": 1}}}'],
    ] as const) {
      writeFileSync(join(folder, name), text);
      const error = (() => {
        try {
          return readCredentials(folder, name);
        } catch (caught) {
          return caught as Error;
        }
      })() as Error;
      expect(error).toMatchObject({ code: 'ConfigError', reason: 'these are no credentials of a run' });
      expect(`${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toContain('planted');
    }
  });
});
