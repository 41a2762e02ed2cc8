/**
 * Fills Node's folder of compiled code, for an image in which it is read-only: `NODE_COMPILE_CACHE=FOLDER node bin/compile-ahead.mjs`.
 * What a main thread and what a compute thread loads are kept apart there, because threads run with flags of their own.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { setThreadFlags } from '../services/worker/thread-flags.ts';

const ROOT = new URL('..', import.meta.url);
const PROGRAMS = ['cli', ...readdirSync(new URL('services', ROOT), { withFileTypes: true }).flatMap(serviceOf)];
/** What is loaded when it is needed. */
const LATER = [
  ...['shared/analysis', 'shared/root/codecs', 'shared/storage'].flatMap(modulesIn),
  ...['shared/root/rntuple/rntuple.ts', 'shared/root/rntuple/read-rntuple.ts'],
];
const IN_MAIN = [...LATER, 'services/web/png.ts', 'services/web/write-results.ts', 'services/web/upload-results.ts'];
const IN_THREADS = [...LATER, 'services/worker/compute-thread.ts'];

for (const program of PROGRAMS) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${program}/main.ts`, ROOT)), '--help'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${program}/main.ts --help ended with ${status}`);
}
for (const module of IN_MAIN) await import(new URL(module, ROOT).href);
setThreadFlags();
const thread = new Worker('Promise.all(process.argv.slice(2).map((module) => import(module))).then(() => process.exit());', {
  eval: true,
  argv: IN_THREADS.map((module) => new URL(module, ROOT).href),
  workerData: {}, // for the entry of a compute thread, which then waits for tasks
});
await once(thread, 'exit');

function serviceOf(entry) {
  return entry.isDirectory() ? [`services/${entry.name}`] : [];
}

function modulesIn(folder) {
  const isModule = (name) => name.endsWith('.ts') && !/test|conformance/.test(name);
  return readdirSync(new URL(folder, ROOT))
    .filter(isModule)
    .map((name) => `${folder}/${name}`);
}
