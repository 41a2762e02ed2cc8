import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFakeCluster } from '../../test/kubernetes/fake-cluster.ts';
import { openApi } from './api.ts';
import { openInCluster } from './in-cluster.ts';

describe('the cluster API', () => {
  it('sends JSON with credentials, and gives the answer back', async () => {
    await using cluster = await startFakeCluster({ '/api/v1/x': { kind: 'X' } });
    const api = openApi(cluster.url, async () => ({ headers: { authorization: 'Bearer t' } }));
    expect(await api.request('/api/v1/x', { method: 'PATCH', body: { a: 1 }, contentType: 'application/merge-patch+json' })).toEqual({
      kind: 'X',
    });
    expect(cluster.seen[0]).toMatchObject({
      method: 'PATCH',
      body: { a: 1 },
      headers: { authorization: 'Bearer t', 'content-type': 'application/merge-patch+json' },
    });
  });

  it('takes a missing object for an answer', async () => {
    await using cluster = await startFakeCluster();
    expect(await openApi(cluster.url, async () => ({})).request('/api/v1/none')).toBeUndefined();
  });

  it.each([
    [403, 'ConfigError', false],
    [422, 'ConfigError', false],
    [409, 'StorageError', true],
    [503, 'StorageError', true],
  ])('tells what the cluster says to a request that it answers with %i', async (httpStatus, code, retryable) => {
    await using cluster = await startFakeCluster({ '/api/v1/x': { httpStatus, body: { message: 'pods is forbidden' } } });
    const answer = openApi(cluster.url, async () => ({})).request('/api/v1/x');
    await expect(answer).rejects.toMatchObject({ code, retryable, message: expect.stringContaining('pods is forbidden') });
  });

  it('names the address of a cluster that cannot be reached', async () => {
    const cluster = await startFakeCluster();
    await cluster[Symbol.asyncDispose]();
    const answer = openApi(cluster.url, async () => ({})).request('/readyz');
    await expect(answer).rejects.toMatchObject({ code: 'StorageError', message: expect.stringContaining(new URL(cluster.url).host) });
  });
});

describe('the cluster from within', () => {
  it('reads the token anew for each request, because it is replaced', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'account-'));
    writeFileSync(join(folder, 'ca.crt'), '');
    writeFileSync(join(folder, 'token'), 'first\n');
    await using cluster = await startFakeCluster({ '/x': {} });
    const api = await openInCluster(cluster.url, folder);
    await api.request('/x');
    writeFileSync(join(folder, 'token'), 'second');
    await api.request('/x');
    rmSync(folder, { recursive: true });
    expect(cluster.seen.map(({ headers }) => headers['authorization'])).toEqual(['Bearer first', 'Bearer second']);
  });

  it('says where a token should be', async () => {
    await expect(openInCluster('https://x', '/nowhere')).rejects.toMatchObject({ code: 'ConfigError', file: join('/nowhere', 'ca.crt') });
  });
});
