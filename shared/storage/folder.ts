import { posix } from 'node:path';

/** One thing in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly size: number;
  readonly isFolder: boolean;
}

/** A file that a pattern matches. `path` is relative to where the search began. */
export interface FoundFile {
  readonly path: string;
  readonly size: number;
}

/** The name that a path has in its folder; undefined for the folder itself and for what is not directly in it. */
export function nameInFolder(folder: string, path: string): string | undefined {
  const [from, to] = [folder, path].map((text) => safeDecode(text).replace(/\/+/g, '/').replace(/\/$/, ''));
  if (from === undefined || to === undefined || !to.startsWith(`${from}/`)) return undefined;
  const name = to.slice(from.length + 1);
  return name === '' || name.includes('/') ? undefined : name;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Where a pattern begins to be one: what comes before the first `*`, `?`, `[` or `{`. */
export function patternStart(pattern: string): number {
  return pattern.search(/[*?[{]/);
}

/** Whether a path fits a pattern: `*` within a name, `**` over folders, `?`, `[ab]`, `{a,b}`. */
export function fits(path: string, pattern: string): boolean {
  return posix.matchesGlob(path, pattern);
}

/** Folders deeper than this are a circle. */
const MAX_DEPTH = 32;

/**
 * Files below a folder that fit a pattern of path segments, folder by folder; only folders that the pattern can lead into are
 * listed.
 */
export async function findInFolders(pattern: string, list: (folder: string) => Promise<readonly FolderEntry[]>): Promise<FoundFile[]> {
  const segments = pattern.split('/');
  const found: FoundFile[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const { name, size, isFolder } of await list(folder)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (!isFolder && fits(path, pattern)) found.push({ path, size });
      if (isFolder && depth < MAX_DEPTH && leadsOn(path, segments)) await walk(path, depth + 1);
    }
  };
  await walk('', 0);
  return found;
}

/** Whether files in this folder, or below, could fit a pattern of these segments. */
export function leadsOn(folder: string, segments: readonly string[]): boolean {
  const names = folder.split('/');
  for (const [index, name] of names.entries()) {
    const segment = segments[index];
    // Braces around a slash, `{a/b,c}`, are cut in two: any folder may lead on.
    if (segment === '**' || (segment !== undefined && /\{[^}]*$/.test(segment))) return true;
    if (segment === undefined || !fits(name, segment)) return false;
  }
  return names.length < segments.length;
}
