import { describe, expect, it } from 'vitest';
import { openApi } from '#shared/kubernetes/api.ts';
import type { Work } from '#shared/kubernetes/work.ts';
import { createLog } from '#shared/runtime/log.ts';
import { startFakeCluster } from '../../test/kubernetes/fake-cluster.ts';
import { startScaler } from './scaler.ts';

const HPA = '/apis/autoscaling/v2/namespaces/hf/horizontalpodautoscalers/worker';

function autoscaler(current: number, maxReplicas: number) {
  return {
    metadata: { annotations: { 'higgsflow.io/max-replicas': '20' } },
    spec: { minReplicas: 1, maxReplicas },
    status: { currentReplicas: current, desiredReplicas: current },
  };
}

/** Lets a scaler look until it has as many samples. */
async function look(hpa: object | undefined, work: () => Promise<Work>, { limit = true, samples = 1 } = {}) {
  await using cluster = await startFakeCluster({ '/api/v1/namespaces/hf/pods': { items: [] }, ...(hpa && { [HPA]: hpa }) });
  const stop = new AbortController();
  const lines: string[] = [];
  const scaler = startScaler({
    api: openApi(cluster.url, async () => ({})),
    namespace: 'hf',
    autoscaler: 'worker',
    threads: 1,
    limit,
    intervalMs: 5,
    work,
    queue: async () => {
      throw new Error('the broker restarts');
    },
    log: createLog('scaler', 'info', (line) => lines.push(line)),
    signal: stop.signal,
  });
  while (scaler.samples.length < samples) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  await scaler.done;
  return { scaler, lines, limits: cluster.seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body) };
}

describe('the scaler', () => {
  it('keeps the autoscaler from adding workers when nothing is left to do', async () => {
    const { scaler, limits } = await look(autoscaler(3, 20), async () => ({ remaining: 0, eventsPerSecond: 0 }));
    expect(limits[0]).toEqual({ spec: { maxReplicas: 3 } });
    expect(scaler.samples[0]).toMatchObject({ remaining: 0, autoscaler: { current: 3, max: 3 }, queue: undefined });
    expect(scaler.problem).toBeUndefined();
  });

  it('gives the limit back when there is work', async () => {
    const { limits } = await look(autoscaler(1, 1), async () => ({ remaining: 500, eventsPerSecond: 0 }));
    expect(limits[0]).toEqual({ spec: { maxReplicas: 20 } });
  });

  it('says nothing where the limit is right already', async () => {
    const { limits, lines } = await look(autoscaler(3, 3), async () => ({ remaining: 1, eventsPerSecond: 9 }), { samples: 3 });
    expect(limits).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('limits nothing while the collector does not answer', async () => {
    const { limits, scaler } = await look(autoscaler(3, 20), async () => {
      throw new Error('it restarts');
    });
    expect(limits).toEqual([]);
    expect(scaler.samples[0]?.remaining).toBeUndefined();
  });

  it('only looks where it is told so, and where there is no autoscaler', async () => {
    const nothing = async () => ({ remaining: 0, eventsPerSecond: 0 });
    expect((await look(autoscaler(3, 20), nothing, { limit: false })).limits).toEqual([]);
    expect((await look(undefined, nothing)).scaler.samples[0]?.autoscaler).toBeUndefined();
  });
});
