/** One measurement: a process of its own, on one pinned core or on several, that prints one JSON line. */
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '#shared/runtime/config.ts';
import { buildLimit, limitArguments } from './c-limit.ts';
import { CODEC_CASES } from './cases.ts';

/** What each program prints; the same for ours and for peers. */
export interface Measured {
  readonly peer: string;
  readonly threads: number;
  readonly events: number;
  readonly wall_s: number;
  readonly cpu_s: number;
  readonly rss_mb: number;
  /** Content of the histogram, the same for all. */
  readonly sum: number;
}

export interface Job {
  readonly name: string;
  readonly peer: string;
  readonly file: string;
  readonly threads: number;
}

/** The programs of others: a Python and a script that takes CASE PEER FILE THREADS. */
export interface PeerPrograms {
  readonly python: string;
  readonly script: string;
}

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** Ours, with everything verified. */
export const HIGGSFLOW = 'higgsflow';
/** The same with `--verify data`. */
const UNVERIFIED = 'higgsflow-data';
/** Programs that come with this folder. */
export const OWN_PEERS: readonly string[] = [UNVERIFIED, 'jsroot', 'c-limit'];
/** Programs that use one thread only. */
export const SINGLE_THREADED: readonly string[] = ['jsroot', 'c-limit'];
/** As the launcher does it: without, Node's own TypeScript compiler would count as our memory. */
const COMPILE_CACHE = join(tmpdir(), 'higgsflow-bench', 'compiled');

const hasTaskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** True where processes can be bound to cores. */
export const isPinned = hasTaskset;

/** Runs a job on its first `threads` cores. @throws Error with the program's own words where it fails */
export async function measure(job: Job, programs: PeerPrograms | undefined): Promise<Measured> {
  const { name, peer, file, threads } = job;
  const [command, args] = await commandOf(job, programs);
  const pinned = hasTaskset ? ['taskset', '-c', Array.from({ length: threads }, (_, core) => core).join(',')] : [];
  const [program = '', ...rest] = [...pinned, command, ...args];
  const { code, output, errors } = await run(program, rest);
  const line = output.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !line.startsWith('{'))
    throw new Error(`${peer} on ${name}, ${file}: ${errors.trim().split('\n').at(-1) || `exit code ${code}`}`);
  return JSON.parse(line) as Measured;
}

async function commandOf({ name, peer, file, threads }: Job, programs: PeerPrograms | undefined): Promise<[string, string[]]> {
  if (peer === 'c-limit') return [buildLimit(), await limitArguments(name, file)];
  if (peer === 'jsroot') return [process.execPath, [script('../test/jsroot-bench.ts'), name, file]];
  if (peer !== HIGGSFLOW && peer !== UNVERIFIED)
    return [programs?.python ?? '', [programs?.script ?? '', name, peer, file, String(threads)]];
  if (Object.hasOwn(CODEC_CASES, name)) return [process.execPath, [script('./codec.ts'), name, file]];
  return [process.execPath, [script('./ours.ts'), name, file, String(threads), peer === UNVERIFIED ? 'data' : 'full']];
}

/** Shares of our time. @throws Error as `measure` */
export async function measureShares(name: string, file: string): Promise<Readonly<Record<string, number>>> {
  const { code, output, errors } = await run(process.execPath, [script('./profile.ts'), name, file]);
  if (code !== 0) throw new Error(`profile of ${name}, ${file}: ${errors.trim().split('\n').at(-1)}`);
  return (JSON.parse(output.trim().split('\n').at(-1) ?? '') as { shares: Record<string, number> }).shares;
}

function run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...processEnvironment(), NODE_COMPILE_CACHE: COMPILE_CACHE },
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output, errors }));
  });
}
