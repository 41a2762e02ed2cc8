/** Runs with every test file: it fails where servers, threads, child processes or files are still open at its end. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';

/** Kinds of Node's active resources that only a test of ours makes, and that a finished test has no use for. */
const KINDS = ['TCPServerWrap', 'ProcessWrap', 'FSEventWrap'];
/** Node shows neither its threads nor its files; Linux does. */
const LINUX = process.platform === 'linux';
const GRACE_MS = 2000;

/** Open things, each kind as often as it is open. */
export function openThings(): string[] {
  const resources = process.getActiveResourcesInfo().filter((kind) => KINDS.includes(kind));
  return LINUX ? [...resources, ...openThreads(), ...openFiles()] : resources;
}

function openThreads(): string[] {
  const names = readdirSync('/proc/self/task').map((id) => ifThere(() => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim()));
  return names.filter((name) => name === 'WorkerThread');
}

/** Data files and databases. */
function openFiles(): string[] {
  const targets = readdirSync('/proc/self/fd').map((fd) => ifThere(() => readlinkSync(`/proc/self/fd/${fd}`)));
  return targets.filter((target) => /\.(root|sqlite|db|json|csv)$/.test(target) && !target.includes('/node_modules/'));
}

/** Threads and files come and go while they are listed. */
function ifThere(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}

/** What `now` has more of than `before`. */
export function moreThan(before: readonly string[], now: readonly string[]): string[] {
  const left = [...before];
  return now.filter((thing) => {
    const index = left.indexOf(thing);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

let before: string[] = [];
beforeAll(() => {
  before = openThings();
});
afterAll(async () => {
  const deadline = performance.now() + GRACE_MS;
  let leaked = moreThan(before, openThings());
  while (leaked.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    leaked = moreThan(before, openThings());
  }
  if (leaked.length > 0) throw new Error(`left open by this file's tests: ${leaked.join(', ')}`);
});
