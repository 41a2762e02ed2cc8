/** `higgsflow start`: chooses the data, then it is a run like any other. */
import { join } from 'node:path';
import { loadBuiltInCatalogue } from '#shared/datasets/built-in.ts';
import { fileUrl } from '#shared/datasets/catalogue.ts';
import { readEnvironment } from '#shared/runtime/config.ts';
import { runCommand } from './run-command.ts';
import { DEFAULT_BATCH_MB, DEFAULT_PORT } from './run-options.ts';
import { ensureToySamples } from './toy-samples.ts';

export interface StartOptions {
  readonly toy: boolean;
  readonly threads: number;
  readonly out: string | undefined;
  readonly port: number | undefined;
  /** Replaces the run in `out`. */
  readonly force: boolean;
}

const ANALYSIS = 'atlas-hzz-2020';
const RELEASE = 'atlas-2020';
/** Small, so that the plot grows before one's eyes. */
const CHUNK_ENTRIES = 25_000;
const REACH_MS = 3000;

/** Returns the exit code. */
export async function startCommand({ toy, threads, out, port, force }: StartOptions): Promise<number> {
  return runCommand({
    analysis: ANALYSIS,
    data: toy ? await toyData('as asked') : await realOrToyData(),
    set: {},
    chunkEntries: CHUNK_ENTRIES,
    threads,
    batchMb: DEFAULT_BATCH_MB,
    verify: 'full',
    out,
    port: port ?? DEFAULT_PORT,
    portIsFixed: port !== undefined,
    resume: false,
    force,
    json: false,
    stay: process.stdout.isTTY === true,
  });
}

/** No words for the data: the files that the catalogue lists. */
async function realOrToyData(): Promise<string[]> {
  const catalogue = await loadBuiltInCatalogue(RELEASE);
  const first = catalogue.datasets.flatMap(({ files }) => files)[0];
  const url = first === undefined ? '' : fileUrl(catalogue, first);
  if (!(await isReachable(url))) return toyData(`${new URL(url).host} does not answer within ${REACH_MS / 1000} s`);
  process.stderr.write(`Data: ATLAS Open Data, from ${catalogue.baseUrl}\n`);
  return [];
}

async function toyData(reason: string): Promise<string[]> {
  const folder = join(readEnvironment().cacheFolder, 'toy', RELEASE);
  const made = await ensureToySamples(RELEASE, folder);
  process.stderr.write(`Data: TOY SAMPLES, generated, not measured (${reason}), ${made ? 'written to' : 'from'} ${folder}\n`);
  return [folder];
}

async function isReachable(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(REACH_MS) })).ok;
  } catch {
    return false;
  }
}
