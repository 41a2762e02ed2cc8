import type { AssignedFile } from '#shared/datasets/assign-files.ts';
import { ConfigError } from '#shared/errors.ts';
import { openRootFile, type RootFile } from '#shared/root/file.ts';
import { isTreeClass, openTree, type Tree } from '#shared/root/tree.ts';
import { openSource } from '#shared/storage/open.ts';
import type { CountedSource } from '#shared/storage/source.ts';

/** A file's size, and its entries where its tree was asked for. */
export interface OpenedFile {
  readonly bytes: number;
  readonly entries?: number | undefined;
}

/** A file that is open, and its tree. */
export interface OpenedTree {
  readonly source: CountedSource;
  readonly root: RootFile;
  readonly tree: Tree;
}

/** Asking, not reading: a file that does not answer is told, not waited for. */
const RETRY = { attempts: 2, baseMs: 200, maxMs: 200 } as const;

/** Opens a file at its first place that answers. @throws StorageError where none does; the signal's reason */
export async function withSource<T>(
  { path, file }: AssignedFile,
  signal: AbortSignal,
  use: (source: CountedSource) => Promise<T>,
): Promise<T> {
  const source = await openSource(path, { retry: RETRY, signal, replicas: file?.replicas });
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/**
 * Opens a file and its tree: that of this name, or its only one.
 * @throws ConfigError if the file has several trees and none is named
 */
export async function withTree<T>(
  file: AssignedFile,
  { tree, signal }: { readonly tree: string | undefined; readonly signal: AbortSignal },
  use: (opened: OpenedTree) => Promise<T>,
): Promise<T> {
  return withSource(file, signal, async (source) => {
    const root = await openRootFile(source);
    return use({ source, root, tree: await openTree(root, tree ?? (await onlyTree(root))) });
  });
}

async function onlyTree(root: RootFile): Promise<string> {
  const names = [...new Set((await root.keys()).filter(({ key }) => isTreeClass(key.className)).map(({ path }) => path))];
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  const what = names.length === 0 ? 'no tree' : `${names.length} trees: ${names.slice(0, 8).join(', ')}`;
  throw new ConfigError(`the file has ${what}`, {
    file: root.source.name,
    hint: names.length === 0 ? undefined : `Say which: --tree ${names[0]}.`,
  });
}
