import { didYouMean } from '../did-you-mean.ts';
import { ConfigError, RootFormatError, UnsupportedError } from '../errors.ts';
import type { EmbeddedBasket } from './basket.ts';
import type { BranchLayout } from './branch-type.ts';
import type { ColumnType } from './column-type.ts';
import { describeBranches } from './describe-branches.ts';
import { type KeyEntry, type RootFile, unsupportedObject } from './file.ts';
import { type Friend, friendBranch, openFriends } from './friends.ts';
import { list, number, text } from './members.ts';
import { RNTUPLE_CLASS } from './rntuple/anchor.ts';
import type { Rntuple } from './rntuple/rntuple.ts';

/** A run of entries of one branch, stored together: on disk, or inside the tree's record. */
export interface BasketRef {
  readonly firstEntry: number;
  /** One behind its last entry. */
  readonly endEntry: number;
  readonly seek: number;
  /** Bytes on disk, key included; 0 for an embedded basket. */
  readonly bytes: number;
  readonly embedded: EmbeddedBasket | undefined;
}

/** One branch of a tree. Branches of split objects have `children` and no data of their own. */
export interface Branch {
  /** Names from the top branch on, joined by '/'. */
  readonly path: string;
  readonly name: string;
  readonly title: string;
  readonly cppType: string;
  /** What `readBatches` makes of it; undefined where it is not read. */
  readonly columnType: ColumnType | undefined;
  readonly layout: BranchLayout | undefined;
  /** Why it is not read. */
  readonly unsupported: string | undefined;
  readonly entries: number;
  readonly baskets: readonly BasketRef[];
  /** Path of the branch that holds the lengths of this one's lists. */
  readonly counter: string | undefined;
  /** Bytes of all baskets, as stored and as decompressed. */
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly children: readonly Branch[];
  /** A friend's branch: the file that it stands in. */
  readonly file?: RootFile;
}

/** What is said of a tree as a whole. */
interface TreeContents {
  readonly title: string;
  readonly entries: number;
  readonly branches: readonly Branch[];
  readonly rntuple?: Rntuple;
  readonly hasIndex?: boolean;
  readonly friends?: readonly Friend[];
}

/** The description of a TTree or an RNTuple: what it holds and where. */
export class Tree {
  readonly file: RootFile;
  readonly path: string;
  readonly title: string;
  readonly entries: number;
  readonly branches: readonly Branch[];
  /** Set where it is an RNTuple: its branches are fields, whose `baskets` stand for clusters. */
  readonly rntuple: Rntuple | undefined;
  /** True where its entries have numbers of their own, by which it joins as a friend. */
  readonly hasIndex: boolean;
  /** Trees whose branches are `name.branch` here. */
  readonly friends: readonly Friend[];
  readonly #friendBranches = new Map<string, Branch>();
  readonly #top = new Map<string, Branch>();
  #index: BranchIndex | undefined;

  constructor(file: RootFile, path: string, { title, entries, branches, rntuple, hasIndex, friends }: TreeContents) {
    this.file = file;
    this.path = path;
    this.title = title;
    this.entries = entries;
    this.branches = branches;
    this.rntuple = rntuple;
    this.hasIndex = hasIndex ?? false;
    this.friends = friends ?? [];
    // Of two branches of one name ROOT reads the first.
    for (const branch of [...branches].reverse()) this.#top.set(branch.path, branch);
  }

  /** All branches, parents before their children. */
  *all(branches: readonly Branch[] = this.branches): Generator<Branch> {
    for (const branch of branches) {
      yield branch;
      yield* this.all(branch.children);
    }
  }

  /**
   * A branch by path, or by its name where that is said once only; a friend's as `friend.branch`.
   * @throws ConfigError where there is none or more than one, with near misses; for a friend's, what kept it from being opened
   */
  branch(name: string): Branch {
    const top = this.#top.get(name);
    if (top !== undefined) return top;
    // To find others, all branches have to be read.
    this.#index ??= this.file.withinNow(this.path, () => indexBranches(this.all()));
    const { byPath, byName } = this.#index;
    const exact = byPath.get(name) ?? this.#friendBranch(name);
    if (exact !== undefined) return exact;
    const named = byName.get(name) ?? [];
    if (named.length === 1 && named[0] !== undefined) return named[0];
    const place = { file: this.file.source.name, object: this.path };
    if (named.length > 1) {
      throw new ConfigError(`branch '${name}' stands in ${named.length} places`, {
        ...place,
        hint: `Say which: ${named.map((b) => b.path).join(', ')}.`,
      });
    }
    throw new ConfigError(`there is no branch '${name}' in this tree`, { ...place, hint: didYouMean(name, byPath.keys()) });
  }

  #friendBranch(name: string): Branch | undefined {
    const friend = this.friends.find((one) => name.startsWith(`${one.name}.`));
    if (friend === undefined) return undefined;
    if (friend.tree === undefined) throw friend.error?.at({ file: this.file.source.name, object: `${this.path}, friend ${friend.name}` });
    const branch = friend.tree.branch(name.slice(friend.name.length + 1));
    const path = `${friend.name}.${branch.path}`;
    const known = this.#friendBranches.get(path) ?? friendBranch(friend.name, friend.tree, branch);
    this.#friendBranches.set(path, known);
    return known;
  }
}

interface BranchIndex {
  readonly byPath: ReadonlyMap<string, Branch>;
  readonly byName: ReadonlyMap<string, readonly Branch[]>;
}

function indexBranches(branches: Iterable<Branch>): BranchIndex {
  const byPath = new Map<string, Branch>();
  const byName = new Map<string, Branch[]>();
  for (const branch of branches) {
    if (byPath.has(branch.path)) continue;
    byPath.set(branch.path, branch);
    const named = byName.get(branch.name);
    if (named === undefined) byName.set(branch.name, [branch]);
    else named.push(branch);
  }
  return { byPath, byName };
}

/**
 * Opens a TTree or RNTuple by its path, `name`, `dir/name` or with a cycle `name;2` (the newest is taken otherwise).
 * @throws ConfigError where there is none of the name; UnsupportedError where it is another class; RootFormatError for damage
 */
export async function openTree(file: RootFile, path: string): Promise<Tree> {
  return openOne(file, path, true);
}

/** Friends of friends are not followed: they might be friends with each other. */
async function openOne(file: RootFile, path: string, followFriends: boolean): Promise<Tree> {
  const entry = await findKey(file, path);
  const { className } = entry.key;
  if (className === RNTUPLE_CLASS) {
    // Most files have none: threads start sooner, and are smaller, without its code.
    const { openRntuple } = await import('./rntuple/rntuple.ts');
    const rntuple = await openRntuple(file, entry);
    return new Tree(file, entry.path, { title: rntuple.description, entries: rntuple.entries, branches: rntuple.branches, rntuple });
  }
  if (!TTREE_CLASSES.has(className)) throw unsupportedObject(file, entry, 'a TTree or RNTuple');
  const streamers = await file.streamers();
  const root = await file.object(entry);
  return file.within(entry.path, async () => {
    const branches = describeBranches(list(root.members, 'fBranches'), streamers, (path, work) =>
      file.withinNow(`${entry.path}/${path}`, work),
    );
    const entries = number(root.members, 'fEntries');
    if (!(entries >= 0 && Number.isSafeInteger(entries))) throw new RootFormatError(`a tree of ${entries} entries`);
    const friends = followFriends ? await openFriends(file, root.members, entries, (other, friend) => openOne(other, friend, false)) : [];
    const hasIndex = root.members['fTreeIndex'] !== undefined;
    return new Tree(file, entry.path, { title: text(root.members, 'fTitle'), entries, branches, hasIndex, friends });
  });
}

/** TTree and the classes made of it. */
const TTREE_CLASSES: ReadonlySet<string> = new Set(['TTree', 'TNtuple', 'TNtupleD']);

/** True for classes that `openTree` opens. */
export function isTreeClass(className: string): boolean {
  return className === RNTUPLE_CLASS || TTREE_CLASSES.has(className);
}

async function findKey(file: RootFile, path: string): Promise<KeyEntry> {
  const found = await file.find(path);
  if (found !== undefined) return found;
  const keys = await file.keys();
  const trees = [...new Set(keys.filter((entry) => isTreeClass(entry.key.className)).map((entry) => entry.path))];
  const hint = trees.length === 0 ? 'The file has no tree.' : `Its trees: ${trees.join(', ')}.`;
  throw new ConfigError(`there is no '${path}'`, { file: file.source.name, hint });
}

/** The layout of a branch that is to be read. @throws UnsupportedError with the reason */
export function layoutOf(tree: Tree, branch: Branch): BranchLayout {
  if (branch.layout !== undefined) return branch.layout;
  throw new UnsupportedError(`${branch.cppType}: ${branch.unsupported}`, {
    file: tree.file.source.name,
    object: `${tree.path}/${branch.path}`,
  });
}
