/** What both halves of the launcher need: finding npm, running it, saying what happens. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** A failure that the user can do something about: shown without a stack. */
export class LaunchError extends Error {}

/** Progress goes to stderr: stdout belongs to the command. */
export function say(text) {
  process.stderr.write(`higgsflow: ${text}\n`);
}

/** Same rules as shared/runtime/config.ts, which cannot be loaded before Node is right. */
export function cacheFolder(env = process.env, platform = process.platform, home = homedir()) {
  if (env.HIGGSFLOW_CACHE) return env.HIGGSFLOW_CACHE;
  const named = env.XDG_CACHE_HOME ?? (platform === 'win32' ? env.LOCALAPPDATA : undefined);
  return join(named !== undefined && isAbsolute(named) ? named : join(home, '.cache'), 'higgsflow');
}

/**
 * Runs npm and resolves to its exit code. Its output goes to stderr. It is run as a script by the given Node where npm's
 * own file can be found, else as the command `npm`.
 */
export async function runNpm(args, { cwd, node = process.execPath }) {
  const script = npmScript();
  const windows = process.platform === 'win32';
  // Node runs a .cmd file only through a shell; none of our arguments has anything in it that a shell would read.
  const [command, before, shell] = script === undefined ? [windows ? 'npm.cmd' : 'npm', [], windows] : [node, [script], false];
  const child = spawn(command, [...before, ...args], { cwd, shell, stdio: ['ignore', 2, 2] });
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** npm's command-line script: the one that runs us, or the one installed beside this Node. */
function npmScript() {
  const running = process.env.npm_execpath;
  const beside = dirname(process.execPath);
  const places = [
    ...(running !== undefined && basename(running) === 'npm-cli.js' ? [running] : []),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ];
  return places.find((place) => existsSync(place));
}
