/**
 * From "some Node >= 20" to a running command: the right Node (fetched once into a cache folder), the packages of
 * package-lock.json (installed once), then the command: in this process if its Node is right, else in a child.
 *
 * Plain JavaScript without packages: it runs before there are any.
 */
import { spawn } from 'node:child_process';
import module from 'node:module'; // as a whole: older versions do not have all of it
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildKernels } from './kernels.mjs';
import { findNode } from './node-runtime.mjs';
import { installPackages } from './packages.mjs';
import { cacheFolder, LaunchError } from './tools.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Node keeps compiled code here, without types: a process or thread that finds its code starts sooner, in 20 MB less. */
const COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(cacheFolder(), 'compiled');

/** Runs `script` (relative to the project) with `args`. Its exit code becomes ours. */
export async function launch(script, args) {
  try {
    const node = await findNode();
    await installPackages(ROOT, node);
    buildKernels(ROOT, node);
    const path = resolve(ROOT, script);
    endWithNpm();
    if (node === process.execPath) await runHere(path, args);
    else await runChild(node, path, args);
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    process.stderr.write(`higgsflow: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** npm ends only the shell between itself and us: without this, `npm start` that is told to stop would leave us running. */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}

async function runHere(path, args) {
  process.argv = [process.execPath, path, ...args];
  process.env.NODE_COMPILE_CACHE = COMPILE_CACHE; // for threads
  module.enableCompileCache(COMPILE_CACHE);
  await import(pathToFileURL(path).href);
}

/** Signals go to the child and its end becomes ours: whoever started us sees no difference. */
export async function runChild(node, path, args) {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, [path, ...args], { stdio: 'inherit', env });
  const listeners = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => {
    // A terminal sends Ctrl-C to the child as well; what is left for us is to outlive it.
    const listener = () => (name === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(name));
    process.on(name, listener);
    return [name, listener];
  });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...end) => resolve(end));
  });
  for (const [name, listener] of listeners) process.removeListener(name, listener);
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  if (signal !== null) process.kill(process.pid, signal);
}
