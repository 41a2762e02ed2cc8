/** One measurement: a process of its own, on one pinned core or on several, that prints one JSON line. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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

const OURS = fileURLToPath(new URL('./ours.ts', import.meta.url));
export const HIGGSFLOW = 'higgsflow';

const hasTaskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** True where processes can be bound to cores. */
export const isPinned = hasTaskset;

/** Runs a job on its first `threads` cores. @throws Error with the program's own words where it fails */
export async function measure({ name, peer, file, threads }: Job, programs: PeerPrograms | undefined): Promise<Measured> {
  const [command, args] =
    peer === HIGGSFLOW
      ? [process.execPath, [OURS, name, file, String(threads)]]
      : [programs?.python ?? '', [programs?.script ?? '', name, peer, file, String(threads)]];
  const pinned = hasTaskset ? ['taskset', '-c', Array.from({ length: threads }, (_, core) => core).join(',')] : [];
  const [program = '', ...rest] = [...pinned, command, ...args];
  const { code, output, errors } = await run(program, rest);
  const line = output.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !line.startsWith('{'))
    throw new Error(`${peer} on ${name}, ${file}: ${errors.trim().split('\n').at(-1) || `exit code ${code}`}`);
  return JSON.parse(line) as Measured;
}

function run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
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
