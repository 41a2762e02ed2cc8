import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startFakeCluster } from '../../test/kubernetes/fake-cluster.ts';
import { openApi } from './api.ts';
import { prePull, prePullDaemonSet } from './pre-pull.ts';
import { jobName, removeProducerJob, runProducerJob } from './producer-job.ts';
import { parseQueueDepth } from './queue-depth.ts';
import { replicaLimit } from './replica-limit.ts';
import { parseScalingCsv, SCALING_COLUMNS, scalingCsvLine } from './scaling-sample.ts';
import { packAnalysis } from './ship-analysis.ts';
import { countByPhase, deployedImage, listPods, readAutoscaler, setMaxReplicas } from './workers.ts';

const HPA = '/apis/autoscaling/v2/namespaces/hf/horizontalpodautoscalers/worker';
const WORKER = '/apis/apps/v1/namespaces/hf/deployments/worker';
const worker = {
  spec: {
    template: {
      spec: {
        containers: [{ image: 'higgsflow:abc', volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }] }],
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'data', persistentVolumeClaim: { claimName: 'data-1' } },
        ],
      },
    },
  },
};
const template = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'producer', labels: { a: 'b' } },
  spec: {
    backoffLimit: 5,
    template: {
      spec: {
        containers: [
          { image: 'higgsflow', resources: { limits: { cpu: '1', memory: '1Gi' } }, volumeMounts: [{ name: 'spec', mountPath: '/run' }] },
        ],
        volumes: [{ name: 'spec', configMap: { name: 'run-spec' } }],
      },
    },
  },
};
const open = (url: string) => openApi(url, async () => ({}));

describe('workers', () => {
  it('are counted by phase, those on their way out apart', async () => {
    const pod = (name: string, phase: string, deletionTimestamp?: string) => ({ metadata: { name, deletionTimestamp }, status: { phase } });
    const items = [pod('a', 'Running'), pod('b', 'Running', '2026-01-01T00:00:00Z'), pod('c', 'Pending'), pod('d', 'Running')];
    await using cluster = await startFakeCluster({ '/api/v1/namespaces/hf/pods': { items } });
    expect(countByPhase(await listPods(open(cluster.url), 'hf', 'a=b'))).toEqual({ Running: 2, Pending: 1, Terminating: 1 });
    expect(cluster.seen[0]?.path).toContain('labelSelector=a%3Db');
  });

  it('have the image that the cluster says', async () => {
    await using cluster = await startFakeCluster({ [WORKER]: worker });
    expect(await deployedImage(open(cluster.url), 'hf')).toBe('higgsflow:abc');
    await expect(deployedImage(open(cluster.url), 'other')).rejects.toMatchObject({ code: 'ConfigError' });
  });
});

describe('the autoscaler', () => {
  const hpa = {
    metadata: { annotations: { 'higgsflow.io/max-replicas': '20' } },
    spec: { minReplicas: 1, maxReplicas: 4 },
    status: {
      currentReplicas: 3,
      desiredReplicas: 4,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 93 } } }],
      conditions: [{ type: 'ScalingActive', status: 'True', message: 'fine' }],
    },
  };

  it('is read with what it wants and what it may', async () => {
    await using cluster = await startFakeCluster({ [HPA]: hpa });
    expect(await readAutoscaler(open(cluster.url), 'hf', 'worker')).toEqual({
      current: 3,
      desired: 4,
      min: 1,
      max: 4,
      configuredMax: 20,
      cpuPercent: 93,
      problem: undefined,
    });
  });

  it('is read while it knows nothing yet, with the reason', async () => {
    const conditions = [{ type: 'ScalingActive', status: 'False', message: 'no metrics' }];
    const young = {
      metadata: {},
      spec: { maxReplicas: 4 },
      status: { currentReplicas: 1, desiredReplicas: 0, currentMetrics: null, conditions },
    };
    await using cluster = await startFakeCluster({ [HPA]: young });
    const read = await readAutoscaler(open(cluster.url), 'hf', 'worker');
    expect(read).toMatchObject({ cpuPercent: undefined, configuredMax: 4, problem: 'no metrics' });
    expect(await readAutoscaler(open(cluster.url), 'hf', 'none')).toBeUndefined();
  });

  it('is told its limit, and nothing else', async () => {
    await using cluster = await startFakeCluster({ [HPA]: hpa });
    await setMaxReplicas(open(cluster.url), 'hf', 'worker', 2);
    expect(cluster.seen[0]).toMatchObject({ method: 'PATCH', body: { spec: { maxReplicas: 2 } } });
  });

  it.each([
    ['a list that still grows limits nothing', { remaining: undefined, current: 1 }, 20],
    ['much to do limits nothing', { remaining: 500, current: 4 }, 20],
    ['little to do: no more workers than tasks', { remaining: 5, current: 3 }, 5],
    ['two threads take two tasks', { remaining: 5, current: 1, threads: 2 }, 3],
    ['no worker is taken away', { remaining: 1, current: 8 }, 8],
    ['nothing to do: no more workers than there are', { remaining: 0, current: 8 }, 8],
    ['never below the minimum', { remaining: 0, current: 1, min: 3 }, 3],
    ['never over what the user allows', { remaining: 100, current: 30 }, 20],
    ['never zero, which an autoscaler does not take', { remaining: 0, current: 0, min: 0 }, 1],
  ])('may have as many workers as there is use for: %s', (_, situation, limit) => {
    expect(replicaLimit({ threads: 1, min: 1, configuredMax: 20, ...situation })).toBe(limit);
  });
});

describe('the depth of the queue', () => {
  it('is the sum over the task queues, and no others', () => {
    const page = `# TYPE rabbitmq_detailed_queue_messages_ready gauge
rabbitmq_detailed_queue_messages_ready{vhost="/",queue="higgsflow.tasks.default.a"} 12
rabbitmq_detailed_queue_messages_ready{vhost="/",queue="higgsflow.tasks.default.b"} 1e1
rabbitmq_detailed_queue_messages_ready{vhost="/",queue="higgsflow.reports"} 7
rabbitmq_detailed_queue_messages_unacked{vhost="/",queue="higgsflow.tasks.default.a"} 3
rabbitmq_detailed_queue_messages{vhost="/",queue="higgsflow.tasks.default.a"} 15
`;
    expect(parseQueueDepth(page)).toEqual({ ready: 22, unacked: 3 });
  });
});

describe('the scaling table', () => {
  const sample = {
    time: '2026-01-01T00:00:00.000Z',
    pods: { Running: 3, Pending: 1 },
    autoscaler: { current: 4, desired: 5, min: 1, max: 20, configuredMax: 20, cpuPercent: 140, problem: undefined },
    queue: undefined,
    remaining: 40,
    eventsPerSecond: 1234.5,
  };

  it('reads back what it wrote', () => {
    const [row] = parseScalingCsv(`${SCALING_COLUMNS.join(',')}\n${scalingCsvLine(sample)}\n`, 's.csv');
    expect(row).toMatchObject({
      time: Date.UTC(2026, 0, 1),
      running: 3,
      pending: 1,
      hpa_desired: 5,
      hpa_cpu_percent: 140,
      tasks_remaining: 40,
    });
    expect(row?.queue_ready).toBeNaN();
  });

  it.each([
    ['another table', 'a,b\n1,2\n', 'no scaling table'],
    ['a short line', `${SCALING_COLUMNS.join(',')}\n2026-01-01T00:00:00Z,1\n`, 'line 2'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parseScalingCsv(text, 's.csv')).toThrow(reason);
  });
});

describe('a run on the cluster', () => {
  const job = `/apis/batch/v1/namespaces/hf/jobs/${jobName('My_Run')}`;
  const options = { namespace: 'hf', template, run: 'My_Run', request: '{"a":1}', signal: new AbortController().signal };

  it('has the image and the data of the workers', async () => {
    let applied = false;
    await using cluster = await startFakeCluster({
      [WORKER]: worker,
      [`GET ${job}`]: () => (applied ? { status: { conditions: [{ type: 'Complete', status: 'True' }] } } : undefined),
      [`PATCH ${job}`]: () => {
        applied = true;
        return {};
      },
    });
    await runProducerJob({ api: open(cluster.url), ...options, cpuLimit: '900m', backoffLimit: 2 });
    const sent = (kind: string) =>
      cluster.seen.find(({ method, body }) => method === 'PATCH' && (body as { kind: string }).kind === kind)?.body;
    expect(sent('ConfigMap')).toMatchObject({ metadata: { name: jobName('My_Run') }, data: { 'spec.json': '{"a":1}' } });
    expect(sent('Job')).toMatchObject({
      metadata: { name: jobName('My_Run'), annotations: { 'higgsflow.io/run': 'My_Run' } },
      spec: {
        backoffLimit: 2,
        template: {
          spec: {
            containers: [
              {
                image: 'higgsflow:abc',
                resources: { limits: { cpu: '900m', memory: '1Gi' } },
                volumeMounts: [{ name: 'spec' }, { name: 'data', mountPath: '/data' }],
              },
            ],
            volumes: [{ name: 'spec', configMap: { name: jobName('My_Run') } }, { name: 'data' }],
          },
        },
      },
    });
    expect(template.spec.template.spec.volumes).toHaveLength(1);
  });

  it('may name very many files: its request is compressed then', async () => {
    const lists = [
      { name: 'd', files: Array.from({ length: 26_920 }, (_, i) => `s3://higgs-demo/cms/Run2012B/AOD/0000/${i}/file-${i * 7919}.root`) },
    ];
    await using cluster = await startFakeCluster({ [WORKER]: worker, [`GET ${job}`]: undefined, [`PATCH ${job}`]: {} });
    const done = { status: { conditions: [{ type: 'Complete', status: 'True' }] } };
    let applied = false;
    cluster.objects.set(`GET ${job}`, () => (applied ? done : undefined));
    cluster.objects.set(`PATCH ${job}`, () => {
      applied = true;
      return {};
    });
    const request = JSON.stringify({ analysis: 'a', lists });
    await runProducerJob({ api: open(cluster.url), ...options, request });
    const map = cluster.seen.find(({ body }) => (body as { kind?: string } | undefined)?.kind === 'ConfigMap')?.body as {
      binaryData: Record<string, string>;
    };
    const packed = map.binaryData['spec.json'] ?? '';
    expect(packed.length).toBeLessThan(900_000);
    expect(gunzipSync(Buffer.from(packed, 'base64')).toString()).toBe(request);
  });

  it('that fails says where to look', async () => {
    let applied = false;
    const failed = { status: { conditions: [{ type: 'Failed', status: 'True', message: 'exit code 78' }] } };
    await using cluster = await startFakeCluster({
      [WORKER]: worker,
      [`GET ${job}`]: () => (applied ? failed : undefined),
      [`PATCH ${job}`]: () => {
        applied = true;
        return {};
      },
    });
    await expect(runProducerJob({ api: open(cluster.url), ...options })).rejects.toThrow(/exit code 78.*kubectl -n hf logs job/);
  });

  it('is removed with its request, and nothing of other runs', async () => {
    await using cluster = await startFakeCluster({ [`DELETE ${job}`]: {}, 'DELETE /api/v1/namespaces/hf/configmaps': {} });
    await removeProducerJob(open(cluster.url), 'hf', 'My_Run');
    expect(cluster.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `DELETE ${job}`,
      `DELETE /api/v1/namespaces/hf/configmaps?labelSelector=higgsflow.io%2Fjob%3D${jobName('My_Run')}`,
    ]);
  });

  it('needs higgsflow in the namespace', async () => {
    await using cluster = await startFakeCluster();
    await expect(runProducerJob({ api: open(cluster.url), ...options })).rejects.toThrow('not deployed in namespace hf');
  });

  it('has a name that a cluster takes, and that of no other run', () => {
    const names = ['a.b', 'a-b', 'A-b', 'x'.repeat(100)].map(jobName);
    for (const name of names) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
    expect(new Set(names).size).toBe(4);
  });
});

describe("a user's own analysis", () => {
  it('finds the project by its name where it goes', () => {
    const source =
      "import { a } from '../../shared/analysis/x.ts';\nimport b from './other.ts';\nconst c = await import(\"../shared/y.ts\");\n";
    const { name, text } = packAnalysis('my analysis.ts', source);
    expect(text).toBe(
      "import { a } from '#shared/analysis/x.ts';\nimport b from './other.ts';\nconst c = await import(\"#shared/y.ts\");\n",
    );
    expect(name).toMatch(/^my-analysis-[0-9a-f]{8}\.ts$/);
  });

  it('imports higgsflow/analysis there as anywhere', () => {
    const source = "import { defineAnalysis } from 'higgsflow/analysis';\n";
    expect(packAnalysis('mine.ts', source).text).toBe(source);
  });

  it('is another one when it changes', () => {
    expect(packAnalysis('a.ts', 'x').name).not.toBe(packAnalysis('a.ts', 'y').name);
    expect(packAnalysis('a.ts', 'x').name).toBe(packAnalysis('a.ts', 'x').name);
  });
});

describe('the image', () => {
  it('is brought to all nodes, and what brought it is removed', async () => {
    const path = '/apis/apps/v1/namespaces/hf/daemonsets/prepull';
    await using cluster = await startFakeCluster({
      [`GET ${path}`]: { status: { desiredNumberScheduled: 3, numberReady: 3 } },
      [`DELETE ${path}`]: {},
    });
    const seen: string[] = [];
    const onProgress = (ready: number, nodes: number) => seen.push(`${ready}/${nodes}`);
    const { signal } = new AbortController();
    expect(await prePull({ api: open(cluster.url), namespace: 'hf', image: 'i', onProgress, signal })).toBe(3);
    expect(seen).toEqual(['3/3']);
    expect(cluster.seen.map(({ method }) => method)).toEqual(['PATCH', 'GET', 'DELETE']);
  });

  it('is brought by pods that the namespace accepts', () => {
    expect(prePullDaemonSet('i')).toMatchObject({ spec: { template: { spec: { securityContext: { runAsNonRoot: true } } } } });
  });
});
