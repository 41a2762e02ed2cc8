import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ConfigError, StorageError } from '#shared/errors.ts';
import type { CommandLine } from './providers.ts';

export interface ProgramOptions {
  /** Told each line that the program writes to its standard error, and with `showOutput` to its output. */
  readonly onLine: (line: string) => void;
  /** What to do where there is no such program. */
  readonly hint: string;
  readonly signal: AbortSignal;
}

/** Runs a program to its end; returns its output. @throws ConfigError if there is none, StorageError if it fails, with its last words */
export async function runProgram([program, ...args]: CommandLine, { onLine, hint, signal }: ProgramOptions): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGINT' });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  const last: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    const lines = (rest + part).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.trim() !== '')) {
      last.splice(0, Math.max(0, last.length - 2));
      last.push(line.trim());
      onLine(line.trim());
    }
  });
  let code: number | null;
  try {
    [code] = await closed;
  } catch (cause) {
    signal.throwIfAborted();
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (missing) throw new ConfigError(`there is no program ${program}`, { hint, cause });
    throw new StorageError(`${program} cannot be started: ${cause instanceof Error ? cause.message : cause}`, { retryable: false, cause });
  }
  if (rest.trim() !== '') last.push(rest.trim());
  if (code === 0) return output;
  throw new StorageError(`${program} ended with ${code}: ${last.join(' ') || 'it said nothing'}`, { retryable: false });
}
