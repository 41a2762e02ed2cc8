/** deploy.sh without a cluster: its functions, called by a bash that has only read them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { jobName } from '../../shared/kubernetes/producer-job.ts';
import { type Manifest, problemsOf } from './check-manifest.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const has = (command: string) => spawnSync('bash', ['-c', `command -v ${command}`]).status === 0;
const hasBash = has('bash');
const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function bash(script: string): string {
  return execFileSync('bash', ['-c', `. ./deploy.sh; set +e; ${script}`], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** As deploy.sh runs: a command that fails ends it. */
function strictBash(script: string) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `. ./deploy.sh; ${script}`], { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function flags(...args: string[]) {
  const { status, stderr } = spawnSync('bash', ['deploy.sh', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: '/nowhere:/usr/bin:/bin' },
  });
  return { status, stderr };
}

describe.skipIf(!hasBash)('deploy.sh', () => {
  it.each([
    ['Darwin', '24.1.0', 'macos'],
    ['Linux', '6.1.0-18-amd64', 'linux'],
    ['Linux', '5.15.167.4-microsoft-standard-WSL2', 'wsl'],
    ['MINGW64_NT-10.0-22631', '3.4.9', 'windows'],
  ])('knows the system by uname %s %s: %s', (system, release, os) => {
    expect(bash(`os_kind '${system}' '${release}'`)).toBe(`${os}\n`);
  });

  it.each([
    ['wsl', 'docker-desktop', '/mnt/c/Users/Ada/My Data', ['/run/desktop/mnt/host/c/Users/Ada/My Data']],
    ['wsl', 'docker-desktop', '/mnt/wsl/shared', ['/run/desktop/mnt/host/wsl/shared']],
    ['wsl', 'docker-desktop', '/home/ada/higgsflow', []],
    ['windows', 'docker-desktop', '/d/work', ['/run/desktop/mnt/host/d/work']],
    ['windows', 'docker-desktop', '/cygdrive/D/work', ['/run/desktop/mnt/host/d/work']],
    ['windows', 'docker-desktop', 'C:\\Users\\ada', ['/run/desktop/mnt/host/c/Users/ada']],
    ['macos', 'docker-desktop', '/Users/ada/hf', ['/Users/ada/hf', '/host_mnt/Users/ada/hf']],
    ['linux', 'docker-desktop', '/home/ada/hf', ['/home/ada/hf', '/host_mnt/home/ada/hf']],
    ['linux', 'minikube', '/home/ada/hf', ['/home/ada/hf', '/hosthome/ada/hf', '/minikube-host/home/ada/hf']],
    ['linux', 'kind', '/home/ada/hf', ['/home/ada/hf']],
    ['linux', 'here', '/home/ada/hf', ['/home/ada/hf']],
    ['linux', 'remote', '/home/ada/hf', []],
  ])('knows where a folder is for the node: on %s, %s, %s', (os, cluster, path, expected) => {
    const lines = bash(`host_paths ${os} ${cluster} '${path}'`).split('\n');
    expect(lines.filter((line) => line !== '')).toEqual(expected);
  });

  it.each([
    ['docker-desktop', 'https://kubernetes.docker.internal:6443', '192.168.65.3', 'docker-desktop'],
    ['kind-dev', 'https://127.0.0.1:38211', '172.18.0.2', 'kind'],
    ['k3d-dev', 'https://0.0.0.0:41111', '172.19.0.3', 'k3d'],
    ['minikube', 'https://192.168.49.2:8443', '192.168.49.2', 'minikube'],
    ['default', 'https://127.0.0.1:6443', '10.1.2.3', 'here'],
    ['a tunnel', 'https://127.0.0.1:6443', '10.9.9.9', 'remote'],
    ['gke_project_zone_cluster', 'https://34.90.1.2', '10.1.2.3', 'remote'],
    ['kind-of-production', 'https://34.90.1.2', '10.164.0.2', 'remote'],
  ])('takes the cluster %s at %s for what it is', (context, server, nodes, kind) => {
    expect(bash(`cluster_kind '${context}' '${server}' '${nodes}' '10.1.2.3 fe80::1'`)).toBe(`${kind}\n`);
  });

  it.each([
    ['--workers-min 3 --workers-max 2', '--workers-min is over --workers-max'],
    ['--workers-max none', 'must be a whole number'],
    ['--workers-min 0', '--workers-min must be a whole number, 1 or more'],
    ['--fraction 2', '--fraction'],
    ['--fraction 1.', '--fraction'],
    ['--fraction 0.0', '--fraction'],
    ['--namespace Upper', '--namespace'],
    ['--run ../x', '--run'],
    ['--set x', '--set must be key=value'],
    ['--data-dir /nowhere/at/all', 'there is no folder'],
    ['--workers-only', '--workers-only needs --broker'],
    ['--workers-only --broker amqps://u:p@host', 'no user or password here'],
    ['--workers-only --broker amqps://host --keda', '--keda is for the cluster of the broker'],
    ['--broker amqps://host', 'go with --workers-only'],
    ['--broker-expose nodeport', 'needs --broker-tls'],
    ['--pool Upper', '--pool'],
    ['--stage-in /etc/x', '/etc/x is taken'],
    ['--nonsense', 'unknown option --nonsense'],
    ['--run', '--run needs a value'],
    ['--context=', '--context needs a value'],
  ])('refuses %s before anything happens', (args, reason) => {
    const { status, stderr } = flags(...args.split(' '));
    expect(stderr).toContain(reason);
    expect(status).toBe(2);
  });

  it('asks before it uses a cluster that is not local: --yes is no answer unless the cluster is named', () => {
    const confirm = (given: string) =>
      `YES=1 CONTEXT_GIVEN=${given} CONTEXT=prod CLUSTER=remote NAMESPACE=hf; (confirm_cluster 2>&1); echo $?`;
    expect(bash(confirm(''))).toMatch(/--context prod[\s\S]*1\n$/);
    expect(bash(confirm('1'))).toBe('0\n');
  });

  it('writes the run as JSON, whatever is in it', () => {
    const setup = `parse_flags --run r --analysis a --set 'text=say "hi" \\ there' --set cut=2 --fraction .5 --chunk-entries 10 --data 'https://x/{a,b}.root'`;
    expect(JSON.parse(bash(`${setup}; locate_data; run_request`))).toEqual({
      run: 'r',
      analysis: 'a',
      data: ['https://x/{a,b}.root'],
      set: { text: 'say "hi" \\ there', cut: '2' },
      fraction: 0.5,
      chunkEntries: 10,
    });
  });

  it('finds data in the folder of this machine, and all of it where none are named', () => {
    expect(bash(`parse_flags --data-dir /usr --data lib/x --data /usr/lib/y; locate_data; printf '%s\\n' "\${RUN_DATA[@]}"`)).toBe(
      '/data/lib/x\n/data/lib/y\n',
    );
    expect(bash(`parse_flags --data-dir /usr; locate_data; printf '%s\\n' "\${RUN_DATA[@]}"`)).toBe('/data\n');
  });

  it.each([
    [2000, 20, '100m'],
    [8000, 20, '320m'],
    [200_000, 20, '1000m'],
    [2000, 1, '1000m'],
  ])('fits the CPU request of a worker to the cluster: %i millicores for %i workers', (total, workers, cpu) => {
    expect(bash(`clamped_cpu ${total} ${workers}`)).toBe(`${cpu}\n`);
  });

  const render = (flags: string) =>
    bash(
      `set -e; parse_flags ${flags}; HAS_CA=1 OUTPUT_HOST='' DATA_HOST='' LOAD_BALANCER='' IMAGE=higgsflow:x WORKER_CPU=100m; name_volumes; render ${folder}/r; kubectl kustomize ${folder}/r`,
    );
  const objects = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Manifest);

  it.skipIf(!has('kubectl'))('brings to a further cluster workers alone, with address, CA and pool', () => {
    const all = objects(render('--workers-only --pool far --broker amqps://broker.example.org:31671 --workers-max 7'));
    expect(all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      ...[
        'Deployment worker',
        'HorizontalPodAutoscaler worker',
        'Namespace higgsflow',
        'NetworkPolicy default-deny',
        'NetworkPolicy names',
      ],
      ...['NetworkPolicy to-broker', 'NetworkPolicy to-data', 'PodDisruptionBudget worker', 'PriorityClass higgsflow-worker'],
      'ServiceAccount worker',
    ]);
    for (const each of all) expect(problemsOf(each)).toEqual([]);
    const text = JSON.stringify(all);
    for (const part of [
      '{"name":"AMQP_URL","value":"amqps://broker.example.org:31671"}',
      '{"name":"AMQP_CA_FILE","value":"/run/secrets/rabbitmq/ca.crt"}',
      '{"name":"POOL","value":"far"}',
      '"items":[{"key":"username","path":"username"},{"key":"password","path":"password"},{"key":"ca.crt","path":"ca.crt"}]',
      '"port":31671',
      '"maxReplicas":7',
    ]) {
      expect(text).toContain(part);
    }
  });

  it.skipIf(!has('kubectl'))('shows the broker to other clusters with TLS, and only if it is asked to', () => {
    const plain = render('--no-run');
    expect(plain).not.toMatch(/5671|rabbitmq-tls|NodePort|name: POOL/);
    const all = objects(render('--no-run --pool near --broker-tls broker.example.org --broker-expose nodeport'));
    for (const each of all) expect(problemsOf(each)).toEqual([]);
    const text = JSON.stringify(all);
    expect(text).toContain('listeners.ssl.default = 5671');
    expect(text).toContain('"type":"NodePort"');
    expect(text.match(/"name":"POOL","value":"near"/g)).toHaveLength(3);
  });

  it.skipIf(!has('kubectl'))('takes a namespace that looks like a number for the text that it is', () => {
    const namespaces = objects(render('--namespace 2012')).map(({ metadata }) => metadata.namespace);
    expect(new Set(namespaces)).toEqual(new Set(['2012', undefined]));
  });

  it.skipIf(!has('kubectl'))('gives workers a fast folder, in memory or on the disk of their node', () => {
    const worker = (flags: string) =>
      objects(render(`--no-run ${flags}`)).find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'worker');
    const memory = worker('--stage-in /dev/shm --stage-in-mb 2000') as Manifest;
    expect(problemsOf(memory)).toEqual([]);
    const text = JSON.stringify(memory);
    expect(text).toContain('"emptyDir":{"medium":"Memory","sizeLimit":"2064Mi"}');
    expect(text).toContain('"memory":"3024Mi"');
    expect(text).toContain('{"name":"STAGE_IN_DIR","value":"/dev/shm"}');
    expect(text.match(/"name":"STAGE_IN_MAX_MB","value":"\d+"/g)).toEqual(['"name":"STAGE_IN_MAX_MB","value":"2000"']);
    // Those of the base are still there, first of all the address.
    expect(text).toContain('"name":"AMQP_URL"');
    const disk = JSON.stringify(worker('--stage-in /mnt/disks/ssd0'));
    expect(disk).toContain('"emptyDir":{"sizeLimit":"576Mi"}');
    expect(disk).toContain('"mountPath":"/mnt/disks/ssd0"');
  });

  it.skipIf(!has('openssl'))('certifies names and addresses', () => {
    const names = bash(`parse_flags --namespace hf --broker-tls b.example.org --broker-tls 10.1.2.3; broker_names`);
    expect(names).toBe('DNS:broker.hf.svc,DNS:broker.hf,DNS:localhost,IP:127.0.0.1,DNS:b.example.org,IP:10.1.2.3');
  });

  it('gives runs names that a cluster takes', () => {
    const name = bash(`RUN='My_Run.1'; name_run; printf %s "$JOB"`);
    expect(name).toMatch(/^producer-my-run-1-[0-9a-f]{8}$/);
    // The command line finds it by the same name.
    expect(name).toBe(jobName('My_Run.1'));
  });

  it.each([
    ['./my analysis.ts', /^my-analysis-\d{8}-\d{6} producer-my-analysis-\d{8}-\d{6}-[0-9a-f]{8}$/],
    ['../two.parts/ZZ.v2.mts', /^ZZ-v2-\d{8}-\d{6} producer-zz-v2-/],
    [`./${'long'.repeat(40)}.ts`, /^(long){10}-\d{8}-\d{6} producer-(long){10}-[0-9a-f]{8}$/],
  ])('makes of %s a name of the run that a cluster takes', (analysis, names) => {
    expect(bash(`parse_flags --analysis '${analysis}'; name_run; printf '%s %s' "$RUN" "$JOB"`)).toMatch(names);
  });

  it('asks for a name where it can make none', () => {
    expect(bash(`parse_flags --analysis ./_.ts; (name_run 2>&1); echo $?`)).toMatch(/--run: .*; not _-\d{8}-\d{6}[\s\S]*\n2\n$/);
  });

  it.each([
    ['the registry refuses it', 'push) echo denied; return 1', 1, /\| denied[\s\S]*could not be pushed.*docker login r\.example\.org\n$/],
    ['the registry takes it', 'push) echo pushed', 0, /\| pushed/],
  ])('pushes the image, and says how that went where %s', (_what, push, status, says) => {
    const docker = `docker() { case $1 in ${push} ;; esac; }`;
    const ended = strictBash(`${docker}; IMAGE=higgsflow:x PUSH=r.example.org/me; push_image; echo "$IMAGE"`);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toMatch(says);
    expect(ended.stdout).toBe(status === 0 ? 'r.example.org/me/higgsflow:x\n' : '');
  });

  it('says so where there is no image that --no-build could take', () => {
    const fakes = `docker() { echo higgsflow:dev; }; kn() { return 1; }`;
    const ended = strictBash(`${fakes}; NO_BUILD=1; prepare_image`);
    expect(ended.stderr).toContain('--no-build: there is no image yet');
    expect(ended.status).toBe(1);
    expect(strictBash(`${fakes.replace('dev', 'abc')}; NO_BUILD=1; prepare_image; echo "$IMAGE"`).stdout).toBe('higgsflow:abc\n');
  });

  it.each([
    ['an object', 'deployment.apps/worker'],
    ['a volume', 'persistentvolume/hf-data'],
    ['the namespace', 'namespace hf '],
  ])('says so where %s is not gone in time', (_what, stuck) => {
    const kubectl = `kube() { case "$* " in
      *'delete '*'${stuck}'*) echo 'error: timed out waiting for the condition'; return 1 ;;
      *'delete '*) echo deleted ;;
      'get pv '*) echo persistentvolume/hf-data ;;
      'get namespace hf '*) echo true ;;
    esac; }; kn() { kube "$@"; }`;
    const deleteAll = 'NAMESPACE=hf CONTEXT=here; delete_all deployment.apps/worker';
    const ended = strictBash(`${kubectl}; ${deleteAll}`);
    expect(ended.stderr).toMatch(/timed out waiting[\s\S]*deploy\.sh: not all of it is gone.*--down --context here --namespace hf\n$/);
    expect(ended.status).toBe(1);
    const other = strictBash(`${kubectl.replace(stuck, 'no such thing')}; ${deleteAll}`);
    expect(other.stderr).toMatch(/done gone\n$/);
    expect(other.status).toBe(0);
  });

  it.skipIf(!has('shellcheck'))('is clean for shellcheck', () => {
    const { status, stdout } = spawnSync('shellcheck', ['-x', 'deploy.sh'], { cwd: ROOT, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

const SETTINGS = `set_defaults; IMAGE=registry.example.org/higgsflow:abc NAMESPACE=hf-2 OUT_UID=1234 OUT_GID=1234 WORKER_CPU=250m WORKERS_MIN=2 WORKERS_MAX=7 RUN=r1`;

function render(name: string, settings: string, command: string): Manifest[] {
  const target = join(folder, name);
  mkdirSync(target);
  writeFileSync(join(target, 'spec.json'), '{"run":"r1"}');
  bash(`${SETTINGS} ${settings}; name_volumes; ${command.replace('TARGET', `'${target}'`)}`);
  // What is generated is YAML before kustomize sees it.
  expect(parse(readFileSync(join(target, 'kustomization.yaml'), 'utf8'))).toMatchObject({ namespace: 'hf-2' });
  const text = execFileSync('kubectl', ['kustomize', target], { encoding: 'utf8' });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

describe.skipIf(!hasBash || !has('kubectl'))('what deploy.sh applies', () => {
  const find = (all: Manifest[], kind: string, name: string) =>
    all.find((each) => each.kind === kind && each.metadata.name.startsWith(name));

  it('has the values of this deployment, and still follows the schema', () => {
    const all = render('folders', `OUTPUT_HOST=/a/out DATA_HOST='/a b/data' LOAD_BALANCER=1 KEDA=''`, 'render TARGET');
    expect(all.flatMap(problemsOf)).toEqual([]);
    expect(new Set(all.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['hf-2', undefined]));
    const pod = (name: string) => find(all, 'Deployment', name)?.['spec'].template.spec;
    expect(pod('worker').containers[0]).toMatchObject({
      image: 'registry.example.org/higgsflow:abc',
      resources: { requests: { cpu: '250m' } },
    });
    expect(pod('web').securityContext.runAsUser).toBe(1234);
    expect(find(all, 'Service', 'web')?.['spec'].type).toBe('LoadBalancer');
    expect(find(all, 'HorizontalPodAutoscaler', 'worker')).toMatchObject({
      metadata: { annotations: { 'higgsflow.io/max-replicas': '7' } },
      spec: { minReplicas: 2, maxReplicas: 7 },
    });
    for (const [what, path, owner] of [
      ['output', '/a/out', 'web'],
      ['data', '/a b/data', 'worker'],
    ] as const) {
      const volume = find(all, 'PersistentVolume', `hf-2-${what}`);
      expect(volume?.['spec'].hostPath.path).toBe(path);
      const claim = find(all, 'PersistentVolumeClaim', what);
      expect(claim?.['spec'].volumeName).toBe(volume?.metadata.name);
      const mounted = pod(owner).volumes.find(({ name }: { name: string }) => name === what);
      expect(mounted.persistentVolumeClaim.claimName).toBe(claim?.metadata.name);
    }
  });

  it('has no folder of this machine where the cluster sees none', () => {
    const all = render('claim', `OUTPUT_HOST='' DATA_HOST='' LOAD_BALANCER='' KEDA=''`, 'render TARGET');
    expect(all.flatMap(problemsOf)).toEqual([]);
    expect(all.filter(({ kind }) => kind === 'PersistentVolume')).toEqual([]);
    expect(find(all, 'PersistentVolumeClaim', 'output')?.['spec'].accessModes).toEqual(['ReadWriteOnce']);
    expect(find(all, 'Service', 'web')?.['spec'].type).toBe('ClusterIP');
  });

  it('has KEDA in place of the autoscaler where it is asked for', () => {
    const all = render('keda', `OUTPUT_HOST='' DATA_HOST='' LOAD_BALANCER='' KEDA=1`, 'render TARGET');
    expect(all.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toEqual([]);
    const { env } = find(all, 'Deployment', 'scaler')?.['spec'].template.spec.containers[0] ?? {};
    expect(env.filter(({ name }: { name: string }) => name === 'HPA_NAME' || name === 'LIMIT')).toEqual([
      { name: 'HPA_NAME', value: 'keda-hpa-worker' },
      { name: 'LIMIT', value: 'false' },
    ]);
    expect(find(all, 'ScaledObject', 'worker')).toMatchObject({
      metadata: { namespace: 'hf-2' },
      spec: {
        minReplicaCount: 2,
        maxReplicaCount: 7,
        triggers: [{ type: 'rabbitmq', metadata: { protocol: 'http', mode: 'QueueLength' } }],
      },
    });
  });

  it('goes down to no worker with KEDA, but to one with the autoscaler, where nothing is said', () => {
    expect(bash(`parse_flags --keda; echo "$WORKERS_MIN"; parse_flags; echo "$WORKERS_MIN"`)).toBe('0\n1\n');
  });

  it('has the data in the producer as well', () => {
    const all = render('run', `OUTPUT_HOST='' DATA_HOST=/a/data LOAD_BALANCER='' KEDA=''`, 'render_run TARGET producer-r1');
    expect(all.flatMap(problemsOf)).toEqual([]);
    const job = find(all, 'Job', 'producer-r1');
    const spec = find(all, 'ConfigMap', 'run-spec');
    expect(spec?.['data']['spec.json']).toBe('{"run":"r1"}');
    expect(spec?.metadata.labels?.['higgsflow.io/job']).toBe('producer-r1');
    const { containers, volumes } = job?.['spec'].template.spec ?? {};
    expect(containers[0].image).toBe('registry.example.org/higgsflow:abc');
    const volume = (name: string) => volumes.find((each: { name: string }) => each.name === name);
    expect(volume('spec').configMap.name).toBe(spec?.metadata.name);
    expect(volume('data').persistentVolumeClaim.claimName).toMatch(/^data-[0-9a-f]{8}$/);
    expect(containers[0].volumeMounts).toContainEqual({ name: 'data', mountPath: '/data', readOnly: true });
  });
});
