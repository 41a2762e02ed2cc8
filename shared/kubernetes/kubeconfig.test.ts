import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listContexts, openUserCluster } from './kubeconfig.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  vi.stubEnv('HOME', folder);
  vi.stubEnv('KUBECONFIG', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A kubeconfig of one cluster, with a user as given. */
function useConfig(server: string, user: object): void {
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'mine' },
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'mine', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(join(folder, 'config'), JSON.stringify(config));
  vi.stubEnv('KUBECONFIG', join(folder, 'config'));
}

describe('openUserCluster', () => {
  it('refuses where there is no kubeconfig', async () => {
    const refusal = { code: 'ConfigError', reason: 'there is no kubeconfig', hint: expect.stringContaining('KUBECONFIG') };
    await expect(openUserCluster()).rejects.toMatchObject(refusal);
    await expect(openUserCluster({ context: 'mine' })).rejects.toMatchObject(refusal);
    await expect(listContexts()).rejects.toMatchObject(refusal);
  });

  it('says that a file of KUBECONFIG is not there', async () => {
    vi.stubEnv('KUBECONFIG', join(folder, 'gone'));
    await expect(openUserCluster()).rejects.toMatchObject({ code: 'ConfigError', message: expect.stringContaining(join(folder, 'gone')) });
  });

  it.each([
    ['a server that is not asked for credentials in the clear', 'http://127.0.0.1:1', {}, /HTTP protocol is not allowed/],
    [
      'a plugin that is not installed',
      'https://127.0.0.1:1',
      { exec: { command: join('/', 'no-such-plugin'), apiVersion: 'v1' } },
      /plugin/,
    ],
  ])('tells why there are no credentials: %s', async (_, server, user, reason) => {
    useConfig(server, user);
    const { api } = await openUserCluster();
    await expect(api.request('/api')).rejects.toMatchObject({
      code: 'ConfigError',
      reason: expect.stringMatching(new RegExp(`^the credentials of context mine cannot be had: .*${reason.source}`)),
    });
  });
});
