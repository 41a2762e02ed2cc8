import { afterEach, describe, expect, it } from 'vitest';
import { type FakeCluster, startFakeCluster } from '../../test/kubernetes/fake-cluster.ts';
import { openApi } from './api.ts';
import { putRunSecret, removeRunSecret } from './run-secret.ts';
import { setWorkers } from './set-workers.ts';

let cluster: FakeCluster;
afterEach(() => cluster[Symbol.asyncDispose]());
const api = () => openApi(cluster.url, async () => ({}));

const pod = (name: string, more = {}) => ({ metadata: { name, ...more }, status: { phase: 'Running' } });

describe('keys of a run in a cluster', () => {
  it('are an entry of their own in one Secret, and every pod that reads files is told to look, page by page', async () => {
    const pages = [
      { items: [pod('worker-1'), pod('worker-2', { deletionTimestamp: '2026-01-01T00:00:00Z' })], metadata: { continue: 'more of it' } },
      { items: [pod('web-1')], metadata: {} },
    ];
    cluster = await startFakeCluster({ 'GET /api/v1/namespaces/hf/pods': () => pages.shift() });
    await putRunSecret({ api: api(), namespace: 'hf', pageSize: 2 }, 'run6', '{"variables":{}}');
    const [secret, ...rest] = cluster.seen;
    expect([secret?.method, secret?.path]).toEqual([
      'PATCH',
      '/api/v1/namespaces/hf/secrets/run-credentials?fieldManager=run-run6&force=true',
    ]);
    expect(secret?.body).toMatchObject({ kind: 'Secret', data: { run6: Buffer.from('{"variables":{}}').toString('base64') } });
    expect(rest.filter(({ method }) => method === 'GET').map(({ path }) => path)).toEqual([
      expect.stringMatching(/pods\?limit=2&labelSelector=/),
      expect.stringMatching(/pods\?limit=2&.*&continue=more%20of%20it$/),
    ]);
    const touched = rest.filter(({ method }) => method === 'PATCH');
    expect(touched.map(({ path }) => path)).toEqual(['/api/v1/namespaces/hf/pods/worker-1', '/api/v1/namespaces/hf/pods/web-1']);
    expect(JSON.stringify(touched.map(({ body }) => body))).toMatch(/"higgsflow.io\/credentials":"run6 20/);
  });

  it('are taken away one by one', async () => {
    cluster = await startFakeCluster();
    await removeRunSecret({ api: api(), namespace: 'hf' }, 'run6');
    expect(cluster.seen).toEqual([
      expect.objectContaining({ method: 'PATCH', path: '/api/v1/namespaces/hf/secrets/run-credentials', body: { data: { run6: null } } }),
    ]);
  });
});

describe('workers of another size', () => {
  const PATH = '/apis/apps/v1/namespaces/hf/deployments/worker';
  const deployment = (cpu: string, status: object) => ({
    metadata: { generation: 2 },
    spec: {
      replicas: 1,
      template: { spec: { containers: [{ name: 'worker', image: 'higgsflow:1', resources: { requests: { cpu }, limits: { cpu } } }] } },
    },
    status,
  });
  const change = (cpu: string, onChange = (_: string) => {}, signal = AbortSignal.timeout(10_000)) =>
    setWorkers({ api: api(), namespace: 'hf', cpu, onChange, signal });

  it('are waited for until all of them are new', async () => {
    const answers = [
      deployment('500m', {}),
      deployment('900m', { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
      deployment('900m', { observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 1 }),
      deployment('900m', { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
    ];
    cluster = await startFakeCluster({ [`GET ${PATH}`]: () => answers.shift(), [`PATCH ${PATH}`]: {} });
    const told: string[] = [];
    await change('900m', (text) => told.push(text));
    expect([told, answers]).toEqual([['workers are replaced: CPU 900m'], []]);
    const container = { name: 'worker', resources: { requests: { cpu: '900m' }, limits: { cpu: '900m' } } };
    expect(cluster.seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      { spec: { template: { spec: { containers: [container] } } } },
    ]);
  });

  it('are left alone where they are so already, however it is written', async () => {
    cluster = await startFakeCluster({ [PATH]: deployment('900m', {}) });
    await change('0.9');
    expect(cluster.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('are asked of a namespace that has workers', async () => {
    cluster = await startFakeCluster();
    await expect(change('1')).rejects.toThrow(/higgsflow is not deployed in namespace hf. Deploy it: bash deploy.sh --no-run/);
  });
});
