/**
 * The whole system on a real cluster: `npm run test:cluster`. Takes a quarter of an hour, and the cluster of the kubeconfig
 * (a local one; IMAGE_LOAD_CMD as for deploy.sh). Everything happens in a namespace of its own, which is gone at the end.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseScalingCsv, type ScalingRow } from '../../shared/kubernetes/scaling-sample.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ANALYSIS = join(ROOT, 'test/kubernetes/slow-analysis.ts');
const NAMESPACE = 'higgsflow-test';
const MAX_WORKERS = 6;
/** Of the autoscaler's slow way down: two windows of a minute, and half of the workers every thirty seconds. */
const BACK_TO_MINIMUM_MS = 300_000;

const work = mkdtempSync(join(tmpdir(), 'higgsflow-cluster-'));
const data = join(work, 'data');
const out = join(work, 'out');
const started = performance.now();

function say(text: string): void {
  process.stdout.write(`[${Math.round((performance.now() - started) / 1000)} s] ${text}\n`);
}

/** Runs a command to its end; its stdout. */
function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64 * 2 ** 20 });
}

const kubectl = (...args: string[]) => run('kubectl', '-n', NAMESPACE, ...args);
const higgsflow = (...args: string[]) => run(process.execPath, 'cli/main.ts', ...args);
const deploy = (...args: string[]) => run('bash', 'deploy.sh', '--namespace', NAMESPACE, '--out', out, '--yes', ...args);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A run of the slow analysis by deploy.sh, while something else happens. */
function deployRun(name: string, spin: number, options: readonly string[] = []): Promise<void> {
  const flags = ['--data-dir', data, '--analysis', ANALYSIS, '--catalogue', 'atlas-2020', '--set', `spin=${spin}`];
  const more = ['--chunk-entries', '1000', '--workers-max', String(MAX_WORKERS), '--run', name, '--no-build', ...options];
  const child = spawn('bash', ['deploy.sh', '--namespace', NAMESPACE, '--out', out, '--yes', ...flags, ...more], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`deploy.sh ends with ${code}`))));
  });
}

function assertSameHistograms(name: string, reference: string): void {
  for (const file of ['histograms.json', 'histograms.csv', 'histograms.root']) {
    assert.deepEqual(readFileSync(join(out, name, file)), readFileSync(join(work, reference, file)), `${name}/${file}`);
  }
  say(`${name}: histograms.{json,csv,root} are those of the one-process run, byte by byte`);
}

/** Pods by name, with how often their container started: what a needless restart would change. */
function podsOf(): string[] {
  const names = 'app.kubernetes.io/name in (rabbitmq, collector, web, scaler)';
  const shape = '{range .items[*]}{.metadata.uid} {.metadata.name} {.status.containerStatuses[0].restartCount}{"\\n"}{end}';
  return kubectl('get', 'pods', '-l', names, '-o', `jsonpath=${shape}`).trim().split('\n').sort();
}

function remainingTasks(name: string): number {
  const { tasks } = JSON.parse(higgsflow('status', name, '--namespace', NAMESPACE, '--json')) as {
    tasks: { total: number; done: number; failed: number };
  };
  return tasks.total - tasks.done - tasks.failed;
}

async function prepare(): Promise<void> {
  higgsflow('generate', '--out', data, '--scale', '0.5');
  higgsflow('run', '-a', 'atlas-hzz-2020', '-d', data, '--no-web', '-o', join(work, 'reference'));
  higgsflow('run', '-a', ANALYSIS, '-c', 'atlas-2020', '-d', data, '--no-web', '-o', join(work, 'reference-slow'));
}

async function freshCluster(): Promise<void> {
  deploy('--data-dir', data, '--run', 'first', '--workers-max', String(MAX_WORKERS));
  assertSameHistograms('first', 'reference');
  const before = podsOf();
  deploy('--data-dir', data, '--run', 'second', '--workers-max', String(MAX_WORKERS));
  assertSameHistograms('second', 'reference');
  assert.deepEqual(podsOf(), before);
  say('the second time, no pod was restarted');
}

/** The API server checks what its schema cannot say; here, the namespace and the objects are there already. */
function dryRun(): void {
  const settings = `IMAGE=higgsflow:x OUTPUT_HOST='' DATA_HOST='' LOAD_BALANCER=1 OUT_UID=1000 WORKER_CPU=100m`;
  const render = `parse_flags --namespace ${NAMESPACE}; ${settings}; name_volumes; render '${join(work, 'dry')}'`;
  run('bash', '-c', `. ./deploy.sh; ${render}`);
  const answer = kubectl('apply', '--server-side', '--force-conflicts', '--dry-run=server', '-k', join(work, 'dry'));
  assert.ok(answer.trim().split('\n').length > 30);
  say('the API server accepts all manifests');
}

async function scaling(): Promise<void> {
  const csv = join(work, 'scaling.csv');
  const recorder = spawn(process.execPath, ['cli/main.ts', 'scaling', '--namespace', NAMESPACE, '--csv', csv, '--interval', '5'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await deployRun('scaled', 100_000);
  const ended = Date.now();
  assertSameHistograms('scaled', 'reference-slow');
  const rows = () => parseScalingCsv(readFileSync(csv, 'utf8'), csv);
  while (rows().at(-1)?.running !== 1 && Date.now() < ended + BACK_TO_MINIMUM_MS) await sleep(5000);
  recorder.kill('SIGTERM');
  assertScaling(rows());
  higgsflow('scaling', '--csv', csv, '--plot', join(work, 'scaling.png'));
  say(`recorded in ${csv}, drawn in ${join(work, 'scaling.png')}`);
}

function assertScaling(rows: readonly ScalingRow[]): void {
  const most = Math.max(...rows.map(({ running }) => running));
  assert.ok(most > 1, 'workers were added');
  const lastTask = rows.findLast((row) => row.tasks_remaining > 0)?.time ?? 0;
  const rises = rows.filter((row, i) => i > 0 && row.hpa_desired > (rows[i - 1]?.hpa_desired ?? 0));
  const late = rises.filter(({ time }) => time > lastTask + 30_000);
  assert.deepEqual(late, [], 'no worker is asked for after the work is over');
  assert.equal(rows.at(-1)?.running, 1, 'back to the minimum');
  say(`workers: 1, then ${most}, then 1; last rise ${Math.round(((rises.at(-1)?.time ?? 0) - lastTask) / 1000)} s after the last task`);
}

async function chaos(): Promise<void> {
  let over = false;
  const finished = deployRun('chaos', 100_000).finally(() => {
    over = true;
  });
  const waitForWork = async () => {
    for (let i = 0; i < 120 && !over; i++) {
      await sleep(1000);
      if (kubectl('get', 'jobs', '-o', 'name').includes('producer-chaos')) return;
    }
  };
  await waitForWork();
  await sleep(15_000);
  const blows: [string, () => void][] = [
    ['a worker is deleted', () => deleteOne('worker')],
    ['the collector is deleted', () => deleteOne('collector')],
    ['a worker is deleted without grace', () => deleteOne('worker', '--grace-period=0', '--force')],
    ['the broker is deleted', () => deleteOne('rabbitmq')],
    ['the workers are scaled down to one', () => void kubectl('scale', 'deployment/worker', '--replicas=1')],
    ['the page is deleted', () => deleteOne('web')],
  ];
  for (const [what, strike] of blows) {
    if (over) break;
    say(what);
    strike();
    await sleep(8000);
  }
  await finished;
  assertSameHistograms('chaos', 'reference-slow');
  assert.equal(remainingTasks('chaos'), 0);
}

function deleteOne(service: string, ...flags: string[]): void {
  const names = kubectl('get', 'pods', '-l', `app.kubernetes.io/name=${service}`, '-o', 'name').trim().split('\n');
  const name = names[Math.floor(Math.random() * names.length)] ?? '';
  kubectl('delete', name, '--wait=false', ...flags);
}

function security(): void {
  const can = (account: string, ...what: string[]) => {
    try {
      return run('kubectl', 'auth', 'can-i', ...what, '-n', NAMESPACE, `--as=system:serviceaccount:${NAMESPACE}:${account}`).trim();
    } catch (error) {
      return String((error as { stdout?: string }).stdout).trim();
    }
  };
  for (const account of ['worker', 'collector', 'web', 'rabbitmq', 'producer']) assert.equal(can(account, 'list', 'pods'), 'no');
  assert.equal(can('scaler', 'list', 'pods'), 'yes');
  assert.equal(can('scaler', 'get', 'secrets'), 'no');
  assert.equal(can('scaler', 'delete', 'pods'), 'no');
  const look = 'id -u; (touch /app/x 2>&1 || true); ls -d /var/run/secrets/kubernetes.io 2>&1 || true; env';
  for (const service of ['collector', 'web', 'worker']) {
    const seen = kubectl('exec', `deploy/${service}`, '--', 'sh', '-c', look);
    assert.match(seen, /^[1-9]\d*\n/, 'not root');
    assert.match(seen, /Read-only file system/);
    assert.match(seen, /kubernetes\.io.*No such file/);
    assert.doesNotMatch(seen, /PASSWORD=|SECRET=/);
  }
  say('no root, read-only, no token where none is needed, no secret in an environment');
}

/** What a service looks for where it starts, in the image that was built. */
function compiledCode(): void {
  const look = "const folder = require('node:module').getCompileCacheDir(); console.log(require('node:fs').readdirSync(folder).length)";
  for (const service of ['collector', 'web', 'worker']) {
    const files = Number(kubectl('exec', `deploy/${service}`, '--', 'node', '-e', look));
    assert.ok(files > 100, `${service} finds ${files} files of compiled code`);
  }
  say('services find their code compiled');
}

function takeDown(): void {
  deploy('--down');
  const left = run('kubectl', 'get', 'namespaces,pv', '-o', 'name').split('\n');
  assert.deepEqual(
    left.filter((name) => name.includes(NAMESPACE)),
    [],
  );
  assert.ok(readdirSync(out).length >= 4, 'the plots stay');
  say('nothing is left but the plots');
}

try {
  await prepare();
  await freshCluster();
  security();
  compiledCode();
  dryRun();
  await scaling();
  await chaos();
  takeDown();
  say(`all good; the plots are in ${out}`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.stderr.write(`The namespace ${NAMESPACE} and ${work} are left as they are. bash deploy.sh --down --namespace ${NAMESPACE}\n`);
  process.exitCode = 1;
}
if (process.exitCode === undefined && process.env['KEEP'] === undefined) rmSync(data, { recursive: true, force: true });
