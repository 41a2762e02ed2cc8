/** The program in c-limit/: compiled once into the cache folder, and again when its source changes. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CaseName, CODEC_CASES, CODEC_TURNS, type CodecCaseName } from './cases.ts';
import { writePlan } from './write-plan.ts';

const SOURCE = fileURLToPath(new URL('./c-limit/job.c', import.meta.url));
const FOLDER = join(tmpdir(), 'higgsflow-bench');
const LIBRARIES = ['-ldeflate', '-llz4', '-lzstd', '-llzma', '-lm'];

/** The compiled program. @throws Error with the compiler's words, and what to install */
export function buildLimit(): string {
  const digest = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 12);
  const program = join(FOLDER, `c-limit-${digest}`);
  if (existsSync(program)) return program;
  mkdirSync(FOLDER, { recursive: true });
  const { status, stderr, error } = spawnSync('cc', ['-O3', '-o', program, SOURCE, ...LIBRARIES], { encoding: 'utf8' });
  if (status === 0) return program;
  const reason = error?.message ?? stderr.split('\n').find((line) => line.includes('error')) ?? '';
  throw new Error(`c-limit is not built: ${reason}. It needs a C compiler and libdeflate, lz4, zstd, liblzma, xxhash (Debian: lib*-dev).`);
}

/** What the program is started with: a plan for the file, and how often a codec alone has to run. */
export async function limitArguments(name: string, file: string): Promise<string[]> {
  const codec = Object.hasOwn(CODEC_CASES, name) ? CODEC_CASES[name as CodecCaseName] : undefined;
  const planned = codec?.blocksOf ?? (name as CaseName);
  const plan = join(FOLDER, `${planned}-${basename(file)}.plan`);
  writeFileSync(plan, `${await writePlan(planned, file)}\n`);
  return codec === undefined ? [plan] : [plan, 'codec', String(CODEC_TURNS)];
}
