import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { workerSettings } from '../../shared/runtime/service-settings.ts';
import { NODE_OPTIONS } from '../services.ts';
import { type Manifest, problemsOf } from './check-manifest.ts';

const root = fileURLToPath(new URL('../../k8s/', import.meta.url));
const files = globSync('{base,components,producer}/**/*.yaml', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
const read = (path: string) => parseAllDocuments(readFileSync(`${root}${path}`, 'utf8')).map((document) => document.toJS() as Manifest);
const all = files.filter((path) => !path.endsWith('kustomization.yaml')).flatMap(read);
const kubernetes = all.filter(({ apiVersion }) => !apiVersion.startsWith('keda.sh/'));
const byName = (kind: string, name: string) => all.find((each) => each.kind === kind && each.metadata.name === name);

interface PodOwner {
  readonly name: string;
  readonly template: Manifest;
  readonly kind: string;
}
const owners: PodOwner[] = all
  .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job', 'DaemonSet'].includes(kind))
  .map(({ kind, metadata, ['spec']: spec }) => ({ kind, name: metadata.name, template: spec.template }));

describe('the manifests', () => {
  it('are those that the system is made of', () => {
    expect(owners.map(({ name }) => name).sort()).toEqual(['collector', 'producer', 'rabbitmq', 'scaler', 'web', 'worker']);
    expect(all.length).toBeGreaterThan(35);
  });

  it.each(kubernetes.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
    'follow the schema of Kubernetes: %s',
    (_, manifest) => {
      expect(problemsOf(manifest)).toEqual([]);
    },
  );

  it.each(Object.entries(NODE_OPTIONS))('start %s as compose.yaml and the tests do', (service, options) => {
    const [container] = owners.find(({ name }) => name === service)?.template['spec'].containers ?? [];
    expect(container?.command).toEqual(['node', ...options, `services/${service}/main.ts`]);
  });

  it('have no secrets', () => {
    expect(all.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('have a kustomization that names every file', () => {
    const listed = (folder: string) => {
      const [{ resources = [] } = { resources: [] }] = read(`${folder}/kustomization.yaml`) as { resources?: string[] }[] as {
        resources: string[];
      }[];
      return resources.map((name) => `${folder}/${name}`);
    };
    const folders = files.filter((path) => path.endsWith('/kustomization.yaml')).map((path) => path.replace('/kustomization.yaml', ''));
    expect(folders.flatMap(listed).sort()).toEqual(files.filter((path) => !path.endsWith('/kustomization.yaml')).sort());
  });

  it('refuse, by their namespace, pods that are not restricted', () => {
    expect(byName('Namespace', 'higgsflow')?.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
  });
});

describe.each(owners)('the pod of $name', ({ name, template, kind }) => {
  const { spec } = template['spec'] === undefined ? { spec: {} } : { spec: template['spec'] };
  const containers = [...(spec.initContainers ?? []), ...spec.containers];

  it('is not root, and cannot become it', () => {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.securityContext.runAsUser).toBeGreaterThan(0);
    for (const { securityContext } of containers) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    expect([spec.hostNetwork, spec.hostPID, spec.hostIPC, spec.volumes.some((each: object) => 'hostPath' in each)]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
    ]);
  });

  it('gets a token of the cluster only where it needs one', () => {
    expect(spec.automountServiceAccountToken).toBe(name === 'scaler');
    expect(spec.serviceAccountName).toBe(name);
    expect(byName('ServiceAccount', name)?.['automountServiceAccountToken']).toBe(false);
  });

  it('says what it needs and what it may take, of CPU, memory and disk', () => {
    for (const { resources } of containers) {
      expect(Object.keys(resources.requests).sort()).toEqual(['cpu', 'memory']);
      expect(Object.keys(resources.limits).sort()).toEqual(['cpu', 'memory']);
    }
    for (const { emptyDir, name: volume } of spec.volumes) {
      if (emptyDir !== undefined) expect(emptyDir.sizeLimit, volume).toBeDefined();
    }
  });

  it.skipIf(kind === 'Job')('tells whether it lives and whether it is ready', () => {
    for (const container of containers) {
      expect(container.startupProbe).toBeDefined();
      expect(container.readinessProbe).toBeDefined();
      expect(container.livenessProbe).toBeDefined();
      // A probe asks a port that the container has.
      const ports = container.ports.map(({ name: port }: { name: string }) => port);
      for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
        expect(ports).toContain((probe.httpGet ?? probe.tcpSocket).port);
      }
    }
  });

  it('has secrets as files, never in its environment', () => {
    for (const { env = [], envFrom } of containers) {
      expect(envFrom).toBeUndefined();
      expect(env.filter(({ valueFrom }: { valueFrom?: object }) => valueFrom !== undefined && 'secretKeyRef' in valueFrom)).toEqual([]);
      expect(env.filter(({ value }: { value?: string }) => /:[^/@]+@/.test(value ?? ''))).toEqual([]);
    }
    const secrets = spec.volumes.filter((each: object) => 'secret' in each);
    for (const { secret } of secrets) expect(secret.defaultMode).toBe(0o440);
  });

  it('sees the keys of runs only if it reads their files or writes their results', () => {
    const volume = spec.volumes.find((each: { name: string }) => each.name === 'run-credentials');
    const reads = ['worker', 'producer', 'web'].includes(name);
    expect(volume?.secret).toEqual(reads ? { secretName: 'run-credentials', optional: true, defaultMode: 0o440 } : undefined);
    const folders = containers.flatMap(({ env = [] }) => env.filter((each: { name: string }) => each.name === 'CREDENTIALS_DIR'));
    const mounts = containers.flatMap(({ volumeMounts }) =>
      volumeMounts.filter((each: { name: string }) => each.name === 'run-credentials'),
    );
    expect(folders.map(({ value }) => value)).toEqual(mounts.map(({ mountPath }) => mountPath));
    expect(mounts.every(({ readOnly }) => readOnly === true)).toBe(true);
  });

  it('mounts what it declares, and nothing else', () => {
    const declared = spec.volumes.map((volume: { name: string }) => volume.name);
    const claims = byName('StatefulSet', name)?.['spec'].volumeClaimTemplates.map((claim: Manifest) => claim.metadata.name) ?? [];
    const mounted = containers.flatMap(({ volumeMounts }) => volumeMounts.map((mount: { name: string }) => mount.name));
    expect([...new Set(mounted)].sort()).toEqual([...declared, ...claims].sort());
  });

  it('is reached by the network policies that speak of it', () => {
    expect(template.metadata.labels?.['app.kubernetes.io/name']).toBe(name);
  });
});

describe('scaling', () => {
  const autoscaler = byName('HorizontalPodAutoscaler', 'worker');
  const worker = owners.find(({ name }) => name === 'worker')?.template['spec'];

  it('leaves the number of workers to the autoscaler', () => {
    expect(byName('Deployment', 'worker')?.['spec'].replicas).toBeUndefined();
    expect(autoscaler?.metadata.annotations?.['higgsflow.io/max-replicas']).toBe(String(autoscaler?.['spec'].maxReplicas));
  });

  it('is quick up and slow down', () => {
    const { scaleUp, scaleDown } = autoscaler?.['spec'].behavior ?? {};
    expect(scaleUp.stabilizationWindowSeconds).toBe(0);
    expect(scaleDown.stabilizationWindowSeconds).toBeGreaterThanOrEqual(60);
  });

  it('gives a worker more time to end than the worker takes', () => {
    const env = Object.fromEntries(worker.containers[0].env.map(({ name, value }: { name: string; value?: string }) => [name, value]));
    expect(worker.terminationGracePeriodSeconds).toBeGreaterThan(Number(env['GRACE_SECONDS']) + 10);
  });

  it('tells the services only what they ask for', () => {
    const told = worker.containers[0].env.map(({ name }: { name: string }) => name.replace(/_FILE$/, ''));
    expect(told.filter((name: string) => !(name in workerSettings.entries))).toEqual([]);
  });

  it('lets the only pod with a token do no more than count pods and set one number', () => {
    expect(byName('Role', 'scaler')?.['rules']).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], resourceNames: ['worker'], verbs: ['get', 'patch'] },
    ]);
  });
});

describe('the schema check', () => {
  const service: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };

  it.each([
    ['an unknown field', { ...service, spec: { ports: [], selectors: {} } }, 'spec.selectors is no field'],
    ['a missing one', { ...service, spec: { ports: [{ name: 'http' }] } }, 'spec.ports[0].port is missing'],
    ['a number as text', { ...service, spec: { ports: [{ port: '80' }] } }, 'is no whole number'],
    ['an unknown kind', { ...service, kind: 'Servise' }, 'is not in the schema'],
    ['text for a list', { ...service, spec: { ports: 'http' } }, 'no list'],
  ])('finds %s', (_, manifest, problem) => {
    expect(problemsOf(manifest)).toEqual([expect.stringContaining(problem)]);
  });

  it('accepts what is right', () => {
    expect(problemsOf(service)).toEqual([]);
  });
});
