import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { ConfigError } from '../errors.ts';
import { systemCode, systemMessage } from '../system-message.ts';
import { fits, leadsOn, patternStart } from './folder.ts';

/** Which paths below a folder, relative to it, are looked for, and which folders can have some. */
interface Search {
  readonly wants: (path: string) => boolean;
  readonly leadsOn: (path: string) => boolean;
  /** Results of runs are meant too: they are asked for by name. */
  readonly results?: boolean;
}

const RESULT = 'histograms.root';
/** Beside a run's own histograms lies what it has done, or its report. */
const SIGNS_OF_A_RUN = ['ledger.sqlite', 'report.json'];

/**
 * All `*.root` below a folder, but for the results of runs.
 * @throws ConfigError where a folder cannot be listed
 */
export function rootFilesBelow(folder: string): Promise<string[]> {
  return findBelow(folder, { wants: (path) => path.endsWith('.root'), leadsOn: () => true });
}

/**
 * The files that fit a pattern; results of runs only where it ends with their name.
 * @throws ConfigError where a folder that can have some cannot be listed
 */
export function filesMatching(pattern: string): Promise<string[]> {
  const path = pattern.split(sep).join('/');
  const start = path.lastIndexOf('/', patternStart(path)) + 1;
  const rest = path.slice(start);
  const segments = rest.split('/');
  return findBelow(resolve(path.slice(0, start)), {
    wants: (file) => fits(file, rest),
    leadsOn: (folder) => leadsOn(folder, segments),
    results: segments.at(-1) === RESULT,
  });
}

/** Links are followed. A file that several names lead to is taken once, by its own name where that is below the folder. */
async function findBelow(folder: string, search: Search): Promise<string[]> {
  const top = await realpath(folder).catch((cause: unknown) => refuseUnlisted(folder, cause));
  if (top === undefined) return [];
  const names = new Map<string, string>();
  for (const path of await walk(folder, top, search)) {
    const file = join(folder, path);
    // A link that leads nowhere is a file of its own: reading it tells what is wrong.
    const real = await realpath(file).catch(() => file);
    if (!names.has(real) || real === join(top, path)) names.set(real, file);
  }
  return [...names.values()];
}

async function walk(top: string, realTop: string, search: Search): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string, above: readonly string[]): Promise<void> => {
    const folder = join(top, path);
    const all = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => refuseUnlisted(folder, cause));
    const entries = search.results === true ? (all ?? []) : withoutResults(all ?? []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`;
      const wanted = search.wants(inner);
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(join(top, inner), wanted)));
      if (!isFolder && wanted) found.push(inner);
      if (!isFolder || !search.leadsOn(inner)) continue;
      const real = entry.isDirectory() ? join(above.at(-1) ?? realTop, entry.name) : await realpath(join(top, inner));
      // A link to a folder that it is in would go on for ever.
      if (!above.includes(real)) await visit(inner, [...above, real]);
    }
  };
  await visit('', [realTop]);
  return found;
}

/** What a run wrote into the folder is no data of the next one. */
function withoutResults(entries: Dirent[]): Dirent[] {
  const isOfRun = entries.some(({ name }) => SIGNS_OF_A_RUN.includes(name));
  return isOfRun ? entries.filter(({ name }) => name !== RESULT) : entries;
}

async function leadsToFolder(link: string, wanted: boolean): Promise<boolean> {
  const stats = await stat(link).catch((cause: unknown) => (wanted ? undefined : refuseUnlisted(link, cause)));
  return stats?.isDirectory() ?? false;
}

/** What is not there has no files; what cannot be looked into may have some. */
function refuseUnlisted(folder: string, cause: unknown): undefined {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(cause) ?? '')) return undefined;
  throw new ConfigError(`cannot be listed (${systemMessage(cause)})`, {
    file: folder,
    hint: 'Files in it would be missed: make it readable, or name the files and folders beside it.',
    cause,
  });
}
