import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { didYouMean } from '#shared/did-you-mean.ts';
import { ConfigError } from '#shared/errors.ts';
import { makeFolder } from '#shared/make-folder.ts';
import { CODEC_NAMES } from '#shared/root/write/compress.ts';
import { listenForShutdown } from '#shared/runtime/shutdown.ts';
import { count } from '#shared/schema.ts';
import { generateToySamples, type ToyFile } from '#shared/toy/generate.ts';
import { TOY_RELEASES } from '#shared/toy/samples.ts';

/** What the command line says; names are not checked yet. */
export interface GenerateOptions {
  readonly release: string;
  readonly folder: string;
  readonly seed?: number | undefined;
  readonly scale?: number | undefined;
  readonly codec?: string | undefined;
  /** Empty: all. */
  readonly samples: readonly string[];
}

/** Writes toy samples, with progress on a terminal. @throws ConfigError for unknown names; the signal's reason at Ctrl-C */
export async function generate({ release, folder, seed, scale, codec, samples }: GenerateOptions): Promise<ToyFile[]> {
  const shutdown = listenForShutdown(process);
  const { isTTY } = process.stderr;
  try {
    return await generateToySamples({
      release: oneOf('release', TOY_RELEASES, release),
      folder,
      ...(seed === undefined ? {} : { seed }),
      ...(scale === undefined ? {} : { scale }),
      ...(codec === undefined ? {} : { codec: oneOf('codec', CODEC_NAMES, codec) }),
      ...(samples.length === 0 ? {} : { samples }),
      onProgress: ({ sample, entries, entriesTotal }) => {
        if (isTTY) process.stderr.write(`\r\x1b[Kgenerating ${sample}: ${Math.floor((100 * entries) / entriesTotal)} %`);
      },
      signal: shutdown.signal,
    });
  } finally {
    if (isTTY) process.stderr.write('\r\x1b[K');
    shutdown.close();
  }
}

function oneOf<T extends string>(what: string, names: readonly T[], text: string): T {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw new ConfigError(`there is no ${what} \`${text}\``, { hint: didYouMean(text, names) });
}

/** Written last: a folder without it was left half way. */
const STAMP = 'complete.json';
const stampSchema = v.array(v.object({ dataset: v.string(), path: v.string(), byteLength: count }));
type Stamp = v.InferOutput<typeof stampSchema>;

/** Makes the toy samples of a release in `folder`: those that are missing or not whole. Returns true if there were any. */
export async function ensureToySamples(release: string, folder: string): Promise<boolean> {
  const stamp = await readStamp(folder);
  const whole = stamp === undefined ? [] : await wholeFiles(folder, stamp);
  if (stamp !== undefined && whole.length === stamp.length) return false;
  const missing = stamp?.filter((file) => !whole.includes(file)).map(({ dataset }) => dataset) ?? [];
  await makeFolder(folder, { hint: 'Name a folder of yours by HIGGSFLOW_CACHE.' });
  await rm(join(folder, STAMP), { force: true });
  const made = await generate({ release, folder, samples: missing });
  const files = made.map(({ dataset, path, byteLength }) => ({ dataset, path: relative(folder, path), byteLength }));
  await writeFile(join(folder, STAMP), JSON.stringify([...whole, ...files]));
  return true;
}

/** Undefined where it is missing, cut short or not ours: then all is made again. */
async function readStamp(folder: string): Promise<Stamp | undefined> {
  const text = await readFile(join(folder, STAMP), 'utf8').catch(() => '');
  try {
    const stamp = v.parse(stampSchema, JSON.parse(text));
    return stamp.length === 0 ? undefined : stamp;
  } catch {
    return undefined;
  }
}

async function wholeFiles(folder: string, stamp: Stamp): Promise<Stamp> {
  const sizes = await Promise.all(stamp.map(({ path }) => stat(join(folder, path)).catch(() => undefined)));
  return stamp.filter(({ byteLength }, i) => sizes[i]?.size === byteLength);
}
