/** Keeps the compiled inner loops of the reader up to date with their sources. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './tools.mjs';

const FOLDER = join('shared', 'root', 'codecs', 'wasm');

/** Compiles them where that is needed, in some seconds, in a process of its own. Where it fails, reading is slower: no reason to stop. */
export function buildKernels(root, node) {
  const folder = join(root, FOLDER);
  if (!existsSync(folder) || isUpToDate(folder)) return;
  const { status, stderr, error } = spawnSync(node, [join(root, 'bin', 'build-kernels.mjs')], { encoding: 'utf8' });
  if (status !== 0)
    say(`the decoders could not be compiled, slower ones are used: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`);
}

/** True where the compiled file is newer than everything that it is made of. */
function isUpToDate(folder) {
  const times = readdirSync(folder).map((name) => ({ name, time: statSync(join(folder, name)).mtimeMs }));
  const compiled = times.find(({ name }) => name === 'kernels.wasm');
  return compiled !== undefined && times.every(({ name, time }) => name.endsWith('.wasm') || time <= compiled.time);
}
