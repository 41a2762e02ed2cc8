import { lstat, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../errors.ts';
import { systemCode, systemMessage } from '../system-message.ts';
import { patternStart } from './folder.ts';
import { isRemotePattern, type ListOptions, listRemote } from './list.ts';
import { filesMatching, rootFilesBelow } from './local-files.ts';
import { QUOTE_PATTERNS } from './quote-patterns.ts';
import { urlScheme } from './schemes.ts';

/**
 * The files that a user's words name: files, folders (every *.root below), globs and URLs,
 * where folders and globs of buckets, XRootD and WebDAV servers are listed. Absolute paths and URLs, sorted,
 * each once, so that the same words give the same list wherever and whenever they are expanded.
 * @throws ConfigError naming the word that nothing matches, or the folder that cannot be listed.
 */
export async function expandInputs(patterns: readonly string[], options: ListOptions = {}): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    for (const location of await expandOne(pattern, options)) found.add(location);
  }
  const locations = [...found].sort();
  // One word has each of its files once already.
  return patterns.length > 1 ? eachFileOnce(locations) : locations;
}

/** A local file that several names lead to is taken by its own name where that is among them, else by the first. */
async function eachFileOnce(locations: readonly string[]): Promise<string[]> {
  const names = new Map<string, string>();
  for (const location of locations) {
    const file = urlScheme(location) === undefined ? await realpath(location).catch(() => location) : location;
    if (!names.has(file) || file === location) names.set(file, location);
  }
  return [...names.values()].sort();
}

async function expandOne(pattern: string, options: ListOptions): Promise<string[]> {
  const scheme = urlScheme(pattern);
  if (isRemotePattern(pattern)) return (await listRemote(pattern, options)).map(({ location }) => location);
  if (scheme !== undefined && scheme !== 'file') return [pattern];
  const path = resolve(scheme === 'file' ? fileURLToPath(pattern) : pattern);
  const isPattern = scheme === undefined && patternStart(pattern) >= 0;
  // A file whose name looks like a glob is that file.
  // A link that leads nowhere is a file that cannot be read, which the run tells.
  const stats = await stat(path)
    .catch(() => lstat(path))
    .catch((cause: unknown) => {
      if (!isPattern && !['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '')) throw unreachable(pattern, cause);
    });
  if (stats?.isDirectory()) return nonEmptyFolder(path, pattern);
  if (stats !== undefined) return [path];
  const matches = isPattern ? await filesMatching(pattern) : [];
  if (matches.length === 0) throw nothingFound(pattern, isPattern);
  return matches;
}

async function nonEmptyFolder(folder: string, pattern: string): Promise<string[]> {
  const files = await rootFilesBelow(folder);
  if (files.length === 0)
    throw new ConfigError('no *.root file in this folder, nor in any folder below (results of runs do not count)', { file: pattern });
  return files;
}

function nothingFound(pattern: string, isPattern: boolean): ConfigError {
  if (!isPattern) return new ConfigError('no such file or folder', { file: pattern, hint: 'Is the name right?' });
  return new ConfigError('no file matches this pattern', { file: pattern, hint: QUOTE_PATTERNS });
}

function unreachable(pattern: string, cause: unknown): ConfigError {
  return new ConfigError(`cannot be reached (${systemMessage(cause)})`, {
    file: pattern,
    hint: 'May you enter every folder on the way to it?',
    cause,
  });
}
