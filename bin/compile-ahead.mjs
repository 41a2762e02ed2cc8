/**
 * Fills Node's folder of compiled code, for an image in which it is read-only: `NODE_COMPILE_CACHE=FOLDER node bin/compile-ahead.mjs`.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('..', import.meta.url);
const PROGRAMS = ['cli', ...readdirSync(new URL('services', ROOT), { withFileTypes: true }).flatMap(serviceOf)];
/** What services and their threads load only when it is needed. */
const LATER = [
  ...['shared/analysis', 'shared/root/codecs', 'shared/storage'].flatMap(modulesIn),
  ...['shared/root/rntuple/rntuple.ts', 'shared/root/rntuple/read-rntuple.ts'],
  ...['services/web/png.ts', 'services/web/write-results.ts', 'services/web/upload-results.ts'],
];

for (const program of PROGRAMS) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${program}/main.ts`, ROOT)), '--help'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${program}/main.ts --help ended with ${status}`);
}
for (const module of LATER) await import(new URL(module, ROOT).href);
// Outside of a thread its entry ends with an error; by then all of it is compiled.
await import(new URL('services/worker/compute-thread.ts', ROOT).href).catch(() => {});

function serviceOf(entry) {
  return entry.isDirectory() ? [`services/${entry.name}`] : [];
}

function modulesIn(folder) {
  const isModule = (name) => name.endsWith('.ts') && !/test|conformance/.test(name);
  return readdirSync(new URL(folder, ROOT))
    .filter(isModule)
    .map((name) => `${folder}/${name}`);
}
