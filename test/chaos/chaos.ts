/**
 * Chaos: one run through all that may go wrong, until it ends by itself. `npm run test:chaos`; at most ten minutes.
 *
 * All the time workers are killed, and now and then the collector and the producer; the broker is restarted and killed,
 * connections are cut in mid-publish, tasks are published again in another order, and a worker is frozen past its delivery.
 * At the end every task must be committed once, and the histograms must be byte for byte those of a run in one process.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../cli/api.ts';
import { execute } from '../../cli/run/execute.ts';
import { Ledger } from '../../services/collector/ledger.ts';
import { buildSpec } from '../../services/producer/build-spec.ts';
import { openAmqpQueue } from '../../shared/queue/amqp.ts';
import { type Broker, startBroker } from '../broker.ts';
import { histogramFiles } from '../histogram-files.ts';
import { writeLeptonSamples } from '../lepton-samples.ts';
import { type ServiceProcess, Services } from '../services.ts';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts';

const RUN = 'chaos';
const TASKS = Number(process.env['CHAOS_TASKS'] ?? 8000);
const MOST_MS = Number(process.env['CHAOS_SECONDS'] ?? 600) * 1000;
const WORKERS = 4;
const ENTRIES_PER_TASK = 100;

const counts: Record<string, number> = {};
const start = performance.now();

function note(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${what}`);
}

interface Stage {
  readonly broker: Broker;
  readonly proxy: TcpProxy;
  readonly services: Services;
  readonly request: { readonly run: string; readonly analysis: string; readonly data: string[]; readonly chunkEntries: number };
  /** Aborts when the run is over. */
  readonly over: AbortSignal;
}

/** Repeats `act` until the run is over, with about so many milliseconds between two. */
async function every(ms: number, over: AbortSignal, act: () => Promise<void>): Promise<void> {
  for (;;) {
    await sleep(ms * (0.7 + 0.6 * Math.random()), undefined, { signal: over }).catch(() => {});
    if (over.aborted) return;
    await act();
  }
}

async function killWorkers({ services, over }: Stage): Promise<void> {
  const workers = Array.from({ length: WORKERS }, () => services.start('worker', { LOG_LEVEL: 'warn' }));
  let frozen: ServiceProcess | undefined;
  const freezing = every(15_000, over, async () => {
    frozen = workers[0];
    frozen?.child.kill('SIGSTOP');
    note('worker frozen');
    // Past the silence after which it counts as vanished.
    await sleep(7000, undefined, { signal: over }).catch(() => {});
    frozen?.child.kill('SIGCONT');
    frozen = undefined;
  });
  await every(1000, over, async () => {
    const index = Math.floor(Math.random() * workers.length);
    if (workers[index] === frozen) return;
    await workers[index]?.end('SIGKILL');
    note('worker killed');
    workers[index] = services.start('worker', { LOG_LEVEL: 'warn' });
  });
  await freezing;
}

async function killCollector({ services, over }: Stage): Promise<void> {
  let collector = services.start('collector', { LOG_LEVEL: 'warn' });
  await every(9000, over, async () => {
    await collector.end('SIGKILL');
    note('collector killed');
    collector = services.start('collector', { LOG_LEVEL: 'warn' });
  });
}

/** Killed in the first rounds; then it comes through, and later is started again although all is published. */
async function killProducer({ services, request, over }: Stage): Promise<void> {
  const file = join(services.folder, 'request.json');
  writeFileSync(file, JSON.stringify(request));
  for (let round = 0; ; round += 1) {
    const producer = services.start('producer', { LOG_LEVEL: 'info', RUN_SPEC_FILE: file });
    await producer.event('producer.planning').catch(() => {});
    if (round < 4) {
      await sleep(100 + 250 * round);
      if (producer.child.exitCode === null) note('producer killed');
      producer.child.kill('SIGKILL');
    }
    const code = await producer.ended;
    if (code === 0) {
      note('producer done');
      await sleep(12_000, undefined, { signal: over }).catch(() => {});
    }
    if (over.aborted || (code === 0 && round > 5)) return;
  }
}

async function hurtBroker({ broker, proxy, over }: Stage): Promise<void> {
  const cutting = every(6000, over, async () => {
    note('connections cut in mid-publish');
    proxy.cutAfter(2000);
    await sleep(300);
    proxy.cut();
  });
  let round = 0;
  await every(20_000, over, async () => {
    const kind = round++ % 2 === 0 ? 'stop' : 'kill';
    note(`broker ${kind === 'stop' ? 'restarted' : 'killed'}`);
    await broker[kind]();
    await broker.start();
  });
  await cutting;
}

/** Copies of open tasks, last ones first. */
async function duplicate({ services, over }: Stage): Promise<void> {
  const address = { url: services.env['AMQP_URL'] ?? '', prefix: services.env['QUEUE_PREFIX'] ?? '', pool: 'default' };
  const queue = await openAmqpQueue({ ...address, patienceMs: 60_000, log: { info: () => {}, warn: () => {} } });
  await every(8000, over, async () => {
    const tasks = await services.client.pending(RUN, -1, 200).catch(() => []);
    if (tasks.length === 0 || over.aborted) return;
    note('200 tasks published again, in reverse');
    await Promise.race([Promise.all(tasks.toReversed().map((task) => queue.tasks.publish(task))), sleep(30_000)]).catch(() => {});
  });
  await queue.close();
}

async function expectedFiles(request: Stage['request'], folder: string): Promise<Record<string, string | Uint8Array>> {
  const spec = await buildSpec({ ...request, chunkEntries: 1_000_000 }, { runId: () => 'one' });
  const ledger = new Ledger(join(folder, 'one.sqlite'));
  try {
    await using execution = await execute({ spec, ledger, threads: 1, batchBytes: 4e6, signal: AbortSignal.timeout(120_000) });
    return { ...histogramFiles((await execution.result).snapshot) };
  } finally {
    ledger.close();
  }
}

/** What the ledger itself says. */
function ledgerCounts(path: string): { tasks: number; committed: number; failures: number } {
  const db = new DatabaseSync(path);
  const count = (sql: string) => Number(db.prepare(sql).get()?.['n']);
  const tasks = count('SELECT count(*) AS n FROM tasks');
  const committed = count(`SELECT count(*) AS n FROM tasks WHERE state = 'committed'`);
  const failures = count('SELECT count(*) AS n FROM failures');
  db.close();
  return { tasks, committed, failures };
}

async function untilOver(services: Services): Promise<string> {
  const higgsflow = connect({ collector: services.collectorUrl });
  const tooLong = AbortSignal.timeout(MOST_MS);
  let shown = Number.NEGATIVE_INFINITY;
  while (!tooLong.aborted) {
    try {
      for await (const { state, totals } of higgsflow.watch(RUN, { signal: tooLong })) {
        if (performance.now() - shown > 5000) {
          console.log(`${' '.repeat(10)}${state}: ${totals.tasksCommitted} of ${totals.tasks} tasks, ${totals.tasksFailed} failed`);
          shown = performance.now();
        }
        if (state !== 'running') return state;
      }
    } catch {
      // The run is not there yet, or its collector is dead at the moment.
      await sleep(500);
    }
  }
  return `still going on after ${MOST_MS / 1000} s`;
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const broker = await startBroker();
  if (broker === undefined) return 1;
  const proxy = await startTcpProxy(broker.port);
  const url = new URL(broker.url);
  url.port = `${proxy.port}`;
  const services = await Services.open(folder, url.href);
  const over = new AbortController();
  const samples = { data_A: 0.2, Zee: 0.3, llll: 0.3, ggH125_ZZ4lep: 0.2 };
  const entries = Object.entries(samples).map(([name, part]) => [name, Math.round(part * TASKS) * ENTRIES_PER_TASK] as const);
  writeLeptonSamples(join(folder, 'samples'), Object.fromEntries(entries), ENTRIES_PER_TASK);
  const request = { run: RUN, analysis: 'atlas-hzz-2020', data: [join(folder, 'samples')], chunkEntries: ENTRIES_PER_TASK };
  const stage: Stage = { broker, proxy, services, request, over: over.signal };
  try {
    const expected = await expectedFiles(request, folder);
    const agents = [killWorkers, killCollector, killProducer, duplicate, ...(broker.canStop ? [hurtBroker] : [])].map((agent) =>
      agent(stage),
    );
    const state = await untilOver(services);
    note(`run ${state}`);
    const tookMs = performance.now() - start;
    over.abort();
    await Promise.all(agents);
    const out = join(folder, 'results');
    await connect({ collector: services.collectorUrl }).results(RUN, out);
    await services.close();
    const same = Object.entries(expected).map(([name, bytes]) => [name, readFileSync(join(out, name)).equals(Buffer.from(bytes))] as const);
    const ledger = ledgerCounts(join(folder, 'ledger.sqlite'));
    console.log(
      JSON.stringify(
        { state, seconds: Math.round(tookMs / 1000), ...ledger, sameBytes: Object.fromEntries(same), chaos: counts },
        undefined,
        2,
      ),
    );
    const good = state === 'complete' && same.every(([, equal]) => equal) && ledger.committed === ledger.tasks && ledger.failures === 0;
    console.log(good && ledger.tasks >= 0.9 * TASKS ? 'chaos: passed' : 'chaos: FAILED');
    return good ? 0 : 1;
  } finally {
    over.abort();
    await services.close();
    await proxy.close();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exit(await main());
