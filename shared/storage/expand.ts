import { glob, readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../errors.ts';
import { isRemotePattern, type ListOptions, listRemote } from './list.ts';
import { urlScheme } from './schemes.ts';

/**
 * The files that a user's words name: files, folders (every *.root below), globs and URLs,
 * where folders and globs of buckets, XRootD and WebDAV servers are listed. Absolute paths and URLs, sorted,
 * each once, so that the same words give the same list wherever and whenever they are expanded.
 * @throws ConfigError naming the word that nothing matches.
 */
export async function expandInputs(patterns: readonly string[], options: ListOptions = {}): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    for (const location of await expandOne(pattern, options)) found.add(location);
  }
  return [...found].sort();
}

async function expandOne(pattern: string, options: ListOptions): Promise<string[]> {
  const scheme = urlScheme(pattern);
  if (isRemotePattern(pattern)) return (await listRemote(pattern, options)).map(({ location }) => location);
  if (scheme !== undefined && scheme !== 'file') return [pattern];
  const path = resolve(scheme === 'file' ? fileURLToPath(pattern) : pattern);
  // A file whose name looks like a glob is that file.
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return rootFilesBelow(path, pattern);
  if (stats !== undefined) return [path];
  const matches = scheme === undefined && /[*?[{]/.test(pattern) ? await filesMatching(pattern) : [];
  if (matches.length === 0) throw nothingFound(pattern);
  return matches;
}

async function rootFilesBelow(folder: string, pattern: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.root')) continue;
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() || (await isFile(path))) files.push(path);
  }
  if (files.length === 0) throw new ConfigError('no *.root file in this folder, nor in any folder below', { file: pattern });
  return files;
}

async function filesMatching(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const match of glob(pattern)) {
    const path = isAbsolute(match) ? match : resolve(match);
    if (await isFile(path)) files.push(path);
  }
  return files;
}

/** Follows links. */
async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}

function nothingFound(pattern: string): ConfigError {
  return new ConfigError('no such file or folder, and no file matches it as a pattern', {
    file: pattern,
    hint: 'Quote patterns, so that the shell does not expand them: --data "samples/*.root".',
  });
}
