/** Lists of files on disk: those that patterns choose, or that are named. */
import { glob, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type FileList, isListPath, listDataset, parseFileList } from '#shared/datasets/file-list.ts';
import { choose, isPattern } from '#shared/datasets/pattern.ts';
import { ConfigError } from '#shared/errors.ts';

/** Where lists are looked for when nothing is said. */
export const LIST_FOLDER = 'datasets_s3';

export interface ListQuery {
  /** All lists in it are meant, or those of them that the patterns choose. Not said: LIST_FOLDER, if it is there. */
  readonly folder?: string | undefined;
  /** Over names of lists, of their datasets, and paths. Words that a shell has expanded are paths. */
  readonly patterns: readonly string[];
  /** Other names of a list's dataset. */
  readonly namesOf?: (dataset: string) => readonly string[];
}

/** Lists in the order of their paths, and the patterns that choose none of them. */
export interface FoundLists {
  readonly lists: readonly FileList[];
  readonly idle: readonly string[];
  /** Datasets of all lists that could have been chosen. */
  readonly names: readonly string[];
}

/**
 * Reads the lists that a query means.
 * @throws ConfigError if the folder has no list, if a word is a file that is none, or if a list is wrong
 */
export async function findLists({ folder, patterns, namesOf = () => [] }: ListQuery): Promise<FoundLists> {
  const paths = new Map<string, string>();
  const add = (found: readonly string[]) => {
    for (const path of found) paths.set(resolve(path), path);
  };
  if (folder !== undefined) add(await listsIn(folder));
  else if (patterns.length > 0 && (await isFolder(LIST_FOLDER))) add(await listsIn(LIST_FOLDER));
  for (const pattern of patterns) add(await listsNamed(pattern));
  const named = [...paths.values()].sort().map((path) => ({ path, dataset: listDataset(path) }));
  const names = [...new Set(named.map(({ dataset }) => dataset))];
  if (patterns.length === 0) return { lists: await readLists(named.map(({ path }) => path)), idle: [], names };
  const { chosen, idle } = choose(named, ({ path, dataset }) => ({ names: [dataset, ...namesOf(dataset)], path }), patterns);
  return { lists: await readLists(chosen.map(({ path }) => path)), idle, names };
}

/** Reads lists; paths in them are relative to the list. @throws ConfigError naming the line that is wrong */
export async function readLists(paths: readonly string[]): Promise<FileList[]> {
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8').catch((cause: unknown) => {
        throw new ConfigError(`the list cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file: path, cause });
      });
      const { files, facts } = parseFileList(text, path);
      const here = (file: string) => (file.includes('://') ? file : resolve(dirname(path), file));
      const told = Object.entries(facts).map(([file, each]) => [here(file), each] as const);
      return { name: listDataset(path), path, files: files.map(here), ...(told.length === 0 ? {} : { facts: Object.fromEntries(told) }) };
    }),
  );
}

async function listsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new ConfigError(`the folder of lists cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file: folder, cause });
  });
  const lists = names.filter((name) => isListPath(name));
  if (lists.length > 0) return lists.map((name) => join(folder, name));
  throw new ConfigError('no list of files in this folder', { file: folder, hint: 'Lists are called *_file_index.txt, *.txt or *.list.' });
}

/** Lists that a word names by itself: as a path, or as a pattern with folders. */
async function listsNamed(word: string): Promise<string[]> {
  const stats = await stat(word).catch(() => undefined);
  if (stats?.isFile() === true) {
    if (isListPath(word)) return [word];
    throw new ConfigError('it is no list of files', {
      file: word,
      hint: 'Lists are called *_file_index.txt, *.txt or *.list; files themselves are given by --data.',
    });
  }
  const found: string[] = [];
  if (word.includes('/') && isPattern(word) && !word.includes('://')) {
    for await (const path of glob(word)) if (isListPath(path)) found.push(path);
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
