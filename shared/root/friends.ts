/** Trees that a tree names as its friends: entry by entry they belong to its own, in the same file or another. */
import { isPipelineError, type PipelineError, UnsupportedError } from '../errors.ts';
import { openRootFile, type RootFile } from './file.ts';
import { list, type Members, text } from './members.ts';
import type { Branch, Tree } from './tree.ts';

/** A friend: a tree, or why its branches cannot be read. */
export interface Friend {
  /** What its branches are called by: `name.branch`. */
  readonly name: string;
  /** Path of the tree in its file. */
  readonly treePath: string;
  /** The file as the tree names it; empty where it is the tree's own. */
  readonly fileName: string;
  readonly tree: Tree | undefined;
  readonly error: PipelineError | undefined;
}

/** Opens a tree of a file that may be another, without the friends that it may have. */
type OpenFriend = (file: RootFile, path: string) => Promise<Tree>;

/** The friends that a tree's members name. They are opened; what is in the way of one is said by its `error`. */
export async function openFriends(file: RootFile, members: Members, entries: number, open: OpenFriend): Promise<Friend[]> {
  if (members['fFriends'] === undefined) return [];
  const friends: Friend[] = [];
  for (const item of list(members, 'fFriends')) {
    if (item === undefined) continue;
    const [name, fileName, treePath] = [text(item.members, 'fName'), text(item.members, 'fTitle'), text(item.members, 'fTreeName')];
    const known = { name, fileName, treePath: treePath === '' ? name : treePath };
    try {
      if (item.unreadable !== undefined) throw new UnsupportedError(item.unreadable, { file: file.source.name, object: name });
      friends.push({ ...known, tree: await openFriend(file, known, entries, open), error: undefined });
    } catch (error) {
      if (!isPipelineError(error)) throw error;
      friends.push({ ...known, tree: undefined, error });
    }
  }
  return friends;
}

async function openFriend(
  file: RootFile,
  { name, fileName, treePath }: Pick<Friend, 'name' | 'fileName' | 'treePath'>,
  entries: number,
  open: OpenFriend,
): Promise<Tree> {
  const place = { file: file.source.name, object: `friend ${name}` };
  if (fileName !== '' && file.source.beside === undefined)
    throw new UnsupportedError(`its file '${fileName}' cannot be opened from here`, place);
  const other = fileName === '' ? undefined : await file.source.beside?.(fileName);
  const tree = await open(other === undefined || other.name === file.source.name ? file : await openRootFile(other), treePath);
  if (tree.hasIndex) throw new UnsupportedError('it is joined by an index (BuildIndex), not entry by entry', place);
  if (tree.entries === entries) return tree;
  throw new UnsupportedError(`it has ${tree.entries} entries, not ${entries}: it is not joined entry by entry`, place);
}

/** A friend's branch as one of the tree's: its path and its counter's start with the friend's name. */
export function friendBranch(name: string, tree: Tree, branch: Branch): Branch {
  const own = (path: string) => `${name}.${path}`;
  return {
    ...branch,
    path: own(branch.path),
    counter: branch.counter === undefined ? undefined : own(branch.counter),
    children: branch.children.map((child) => friendBranch(name, tree, child)),
    file: tree.file,
  };
}
