/** Commands for several clusters, over a kubeconfig whose contexts are fake API servers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeCluster, startFakeCluster } from '../../test/kubernetes/fake-cluster.ts';
import type { MappedCluster } from './dataset-mapping.ts';
import { mapRequest, prepareClusters } from './map-request.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const WORKER = '/apis/apps/v1/namespaces/hf/deployments/worker';
const PREPULL = '/apis/apps/v1/namespaces/hf/daemonsets/prepull';

const workers = (pool: string, readyReplicas: number) => ({
  spec: { template: { spec: { containers: [{ image: 'higgsflow:abc', env: [{ name: 'POOL', value: pool }] }] } } },
  status: { readyReplicas },
});
const onAllNodes = { status: { desiredNumberScheduled: 2, numberReady: 2 } };

describe('commands for several clusters', () => {
  let folder: string;
  let near: FakeCluster;
  let far: FakeCluster;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'several-'));
    near = await startFakeCluster({ [WORKER]: workers('near', 2), [`GET ${PREPULL}`]: onAllNodes, [`DELETE ${PREPULL}`]: {} });
    far = await startFakeCluster({ [WORKER]: { httpStatus: 403, body: { message: 'deployments is forbidden' } } });
    const contexts = { near: near.url, 'kind-far': far.url };
    const named = (of: (url: string, name: string) => object) =>
      Object.entries(contexts).map(([name, url]) => ({ name, ...of(url, name) }));
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', users: [{ name: 'u', user: {} }] },
      clusters: named((server) => ({ cluster: { server, 'insecure-skip-tls-verify': true } })),
      contexts: named((_, cluster) => ({ context: { cluster, user: 'u', namespace: 'hf' } })),
    };
    writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config));
    writeFileSync(join(folder, 'near_file_index.txt'), 's3/bucket/data_A.root\n');
    writeFileSync(join(folder, 'far_file_index.txt'), 's3/bucket/data_B.root\n');
    const entry = (cluster: string) => ({ cluster, datasets: [join(folder, `${cluster}_file_index.txt`)] });
    writeFileSync(join(folder, 'm.json'), JSON.stringify([{ ...entry('near'), dpath: '/dev/shm' }, entry('far')]));
    vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all([near, far].map((each) => each[Symbol.asyncDispose]()));
    rmSync(folder, { recursive: true });
  });

  const higgsflow = async (...args: string[]) => {
    const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: process.env });
    let stderr = '';
    child.stderr?.on('data', (part) => {
      stderr += part;
    });
    const [status] = (await once(child, 'close')) as [number];
    return { status, stderr };
  };
  const mapped = (name: string): MappedCluster => ({ index: 0, name, datasets: [join(folder, `${name}_file_index.txt`)] });

  it('prepare all clusters, name the one that fails, and say so by the exit code', async () => {
    const { status, stderr } = await higgsflow('prepare', '--dataset-mapping', join(folder, 'm.json'), '-n', 'hf');
    expect(stderr).toContain('near: higgsflow:abc: on 2 of 2 nodes');
    expect(stderr).toMatch(/far: failed: the cluster answers 403 .*deployments is forbidden/);
    expect(stderr).toContain('1 of 2 clusters failed: far');
    expect(status).toBe(1);
    expect(near.seen.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'GET', 'DELETE']);
  });

  it('prepare one of them', async () => {
    const words = ['prepare', '--dataset-mapping', join(folder, 'm.json'), '-n', 'hf'];
    const [one, context] = await Promise.all([
      higgsflow(...words, '--cluster', 'near'),
      higgsflow('prepare', '--cluster', 'near', '-n', 'hf'),
    ]);
    expect([one.status, context.status]).toEqual([0, 0]);
    expect(far.seen).toEqual([]);
  });

  it('say which contexts there are, where none is called like the cluster', async () => {
    const { status, stderr } = await higgsflow('prepare', '--cluster', 'nowhere');
    expect(stderr).toMatch(/no context that is clearly cluster nowhere[\s\S]*near, kind-far/);
    expect(status).toBe(78);
  });

  it('make a pool of each entry, with its files and its fast folder', async () => {
    const request = await mapRequest({ analysis: 'a' }, [{ ...mapped('near'), dpath: '/dev/shm' }, mapped('far')]);
    expect(request).toMatchObject({
      pools: [{ name: 'near', storage: { STAGE_IN_DIR: '/dev/shm' } }, { name: 'far' }],
      lists: [
        { name: 'near', files: ['s3://bucket/data_A.root'], pool: 'near' },
        { name: 'far', files: ['s3://bucket/data_B.root'], pool: 'far' },
      ],
    });
    await expect(mapRequest({ analysis: 'a', data: ['x.root'] }, [mapped('near')])).rejects.toThrow('leave out --data');
    await expect(mapRequest({ analysis: 'a' }, [mapped('near'), { ...mapped('near'), name: 'far' }])).rejects.toThrow(
      'it names s3://bucket/data_A.root',
    );
  });

  it('refuse a run whose clusters are not ready, unless others may take over', async () => {
    const lines: string[] = [];
    const say = (text: string) => void lines.push(text);
    const prepare = (steal: boolean, clusters = [mapped('near'), mapped('far')]) =>
      prepareClusters({
        request: { analysis: 'a', steal },
        clusters,
        credentials: undefined,
        namespace: 'hf',
        say,
        signal: new AbortController().signal,
      });
    await expect(prepare(false)).rejects.toThrow(/1 of 2 clusters failed: far[\s\S]*--steal/);
    expect(lines).toContain('near: 2 workers ready');
    await prepare(true);
    expect(lines.at(-1)).toBe('1 of 2 clusters failed: far; the others take over their tasks (--steal).');
    await expect(prepare(true, [mapped('far')])).rejects.toThrow('1 of 1 clusters failed: far');
    far.objects.set(WORKER, workers('other', 1));
    await expect(prepare(false)).rejects.toThrow('1 of 2');
    expect(lines.at(-1)).toContain('far: failed: the workers in namespace hf are of pool other');
    far.objects.set(WORKER, workers('far', 0));
    await prepare(false);
    expect(lines).toContain('far: no worker is ready yet; its tasks wait');
  });

  it('bring the keys and the analysis to each cluster', async () => {
    far.objects.set(WORKER, workers('far', 0));
    for (const each of [near, far]) each.objects.set('/api/v1/namespaces/hf/pods', { items: [] });
    writeFileSync(join(folder, 'mine.ts'), 'export const analysis = 1;\n');
    const request = { analysis: join(folder, 'mine.ts'), secret: 'run-1' };
    const credentials = { variables: { S3_ACCESS_KEY: 'k', S3_SECRET_KEY: 's' }, addresses: {} };
    const clusters = [mapped('near'), mapped('far')];
    await prepareClusters({ request, clusters, credentials, namespace: 'hf', say: () => {}, signal: new AbortController().signal });
    for (const { seen } of [near, far]) {
      const made = seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body as { kind: string; data: object });
      expect(made.map(({ kind }) => kind)).toEqual(['Secret', 'ConfigMap']);
      expect(Object.keys(made[0]?.data ?? {})).toEqual(['run-1']);
      expect(Object.keys(made[1]?.data ?? {})).toEqual([expect.stringMatching(/^mine-[0-9a-f]{8}\.ts$/)]);
    }
  });
});
