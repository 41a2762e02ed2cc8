/** The branches of a TTree, as its record describes them. */
import { RootFormatError } from '../errors.ts';
import type { EmbeddedBasket } from './basket.ts';
import { type BranchPart, branchType, columnTypeOf, splitType } from './branch-type.ts';
import { list, number, numbers, object, text } from './members.ts';
import type { RootObject } from './object-reader.ts';
import { TypePlanner } from './objects/plan-types.ts';
import type { StreamerCatalogue } from './streamer-info.ts';
import type { BasketRef, Branch } from './tree.ts';

/** Branches or leaves in a list of ROOT's, which may have gaps. */
type Items = readonly (RootObject | undefined)[];

interface Context {
  readonly streamers: StreamerCatalogue;
  readonly planner: TypePlanner;
  readonly leafPaths: LeafPaths;
  /** Adds file and branch to what goes wrong. */
  readonly within: <T>(path: string, work: () => T) => T;
}

/** The top branches of a tree. Of each what costs something is read when it is asked for. `within` adds file and branch to what goes wrong. */
export function describeBranches(items: Items, streamers: StreamerCatalogue, within: Context['within']): Branch[] {
  return describeAll(items, '', { streamers, planner: new TypePlanner(streamers), leafPaths: new LeafPaths(items), within });
}

function nameOf(branch: RootObject): string {
  return branch.name ?? text(branch.members, 'fName');
}

function pathOf(branch: RootObject, prefix: string): string {
  // A parent that splits off members may lend them its name with a dot ("evt."), which says nothing more.
  return `${prefix}${nameOf(branch)}`;
}

/** Which branch a leaf stands in. */
class LeafPaths {
  readonly #items: Items;
  #byName: ReadonlyMap<string, RootObject> | undefined;
  #all: ReadonlyMap<RootObject, string> | undefined;

  constructor(items: Items) {
    this.#items = items;
  }

  /** Path of the branch. Mostly it has the name of its leaf; only where it has not, all branches are read. */
  of(leaf: RootObject): string | undefined {
    this.#byName ??= new Map(this.#items.flatMap((item) => (item === undefined ? [] : [[nameOf(item), item]])));
    const name = text(leaf.members, 'fName');
    const namesake = this.#byName.get(name);
    if (namesake?.members['fLeaves'] !== undefined && list(namesake.members, 'fLeaves').includes(leaf)) return name;
    this.#all ??= indexLeaves(this.#items, '', new Map());
    return this.#all.get(leaf);
  }
}

function indexLeaves(items: Items, prefix: string, paths: Map<RootObject, string>): Map<RootObject, string> {
  for (const branch of items) {
    if (branch?.members['fLeaves'] === undefined) continue;
    const path = pathOf(branch, prefix);
    for (const leaf of list(branch.members, 'fLeaves')) if (leaf !== undefined) paths.set(leaf, path);
    indexLeaves(list(branch.members, 'fBranches'), `${path}/`, paths);
  }
  return paths;
}

function describeAll(items: Items, prefix: string, context: Context): Branch[] {
  return items.flatMap((item) => (item === undefined ? [] : [describeBranch(item, prefix, context)]));
}

/** What is read of a branch when somebody asks for any of it: of a hundred branches few are. */
const DETAILS = [
  ...(['title', 'cppType', 'columnType', 'layout', 'unsupported', 'entries', 'baskets'] as const),
  ...(['counter', 'compressedBytes', 'uncompressedBytes', 'children'] as const),
];
type BranchDetails = Pick<Branch, (typeof DETAILS)[number]>;

function describeBranch(branch: RootObject, prefix: string, context: Context): Branch {
  const known = { path: pathOf(branch, prefix), name: nameOf(branch) };
  let details: BranchDetails | undefined;
  for (const key of DETAILS) {
    const get = () => {
      details ??= context.within(known.path, () => describeDetails(branch, known, context));
      return details[key];
    };
    Object.defineProperty(known, key, { enumerable: true, get });
  }
  return known as Branch;
}

function describeDetails(branch: RootObject, { path, name }: Pick<Branch, 'path' | 'name'>, context: Context): BranchDetails {
  const { members } = branch;
  if (members['fLeaves'] === undefined || members['fBranches'] === undefined) {
    const reason = branch.unreadable ?? `branches of class ${branch.className} are not read`;
    return { ...EMPTY, cppType: branch.className, unsupported: reason };
  }
  const children = describeAll(list(members, 'fBranches'), `${path}/`, context);
  const type = children.length > 0 ? splitType(branch) : branchType(branch, context.streamers, context.planner);
  const leaf = list(members, 'fLeaves')[0];
  const count = leaf === undefined ? undefined : object(leaf.members, 'fLeafCount');
  let baskets: readonly BasketRef[] | undefined;
  const details: BranchDetails = {
    title: text(members, 'fTitle'),
    cppType: type.cppType,
    layout: type.layout,
    columnType: type.layout === undefined ? undefined : columnTypeOf(type.layout),
    unsupported: type.unsupported,
    entries: number(members, 'fEntries'),
    get baskets() {
      baskets ??= context.within(path, () => listBaskets(branch));
      return baskets;
    },
    counter: count === undefined || branch.className !== 'TBranch' ? undefined : context.leafPaths.of(count),
    get compressedBytes() {
      return number(members, 'fZipBytes') + embeddedBytes(this.baskets);
    },
    get uncompressedBytes() {
      return number(members, 'fTotBytes') + embeddedBytes(this.baskets);
    },
    children,
  };
  return type.parts === undefined ? details : { ...details, children: describeParts(type.parts, { path, name, ...details }) };
}

/** The branch's own sums count only baskets in records of their own. */
function embeddedBytes(baskets: readonly BasketRef[]): number {
  return baskets.reduce(
    (sum, { embedded }) => sum + (embedded === undefined ? 0 : embedded.data.length + embedded.entryOffsets.byteLength),
    0,
  );
}

/** Members of a branch's objects: they stand in the branch's baskets, and are branches by themselves to whoever reads. */
function describeParts(parts: readonly BranchPart[], branch: Branch): Branch[] {
  const [pathPrefix, namePrefix] = [branch.path, branch.name].map((name) => `${name.replace(/\.$/, '')}.`) as [string, string];
  return parts.map(({ path, cppType, layout, unsupported }) => ({
    ...branch,
    path: pathPrefix + path,
    name: namePrefix + path,
    title: '',
    cppType,
    layout,
    columnType: layout?.type,
    unsupported,
    children: [],
  }));
}

const EMPTY = {
  title: '',
  columnType: undefined,
  layout: undefined,
  entries: 0,
  baskets: [],
  counter: undefined,
  compressedBytes: 0,
  uncompressedBytes: 0,
  children: [],
} as const;

/** The baskets of a branch that have entries: those in records of their own, and those inside the tree's. */
function listBaskets({ members }: RootObject): BasketRef[] {
  const seeks = numbers(members, 'fBasketSeek');
  // Where more are said to be written than have a place, their entries are missed when they are read.
  const written = Math.min(number(members, 'fWriteBasket'), seeks.length);
  const bytes = numbers(members, 'fBasketBytes');
  const firsts = numbers(members, 'fBasketEntry');
  const insides = list(members, 'fBaskets');
  const entries = number(members, 'fEntries');
  const baskets: BasketRef[] = [];
  for (let i = 0; i < Math.max(written, insides.length); i++) {
    const item = insides[i];
    const inside = item?.className === 'TBasket' ? (item.members['basket'] as EmbeddedBasket) : undefined;
    const seek = i < written ? (seeks[i] ?? 0) : 0;
    if (seek === 0 && inside === undefined) continue;
    const firstEntry = firsts[i];
    if (firstEntry === undefined) throw new RootFormatError(`basket ${i} of ${firsts.length}`);
    const basket =
      seek === 0 && inside !== undefined
        ? { firstEntry, endEntry: firstEntry + inside.header.entries, seek, bytes: 0, embedded: inside }
        : { firstEntry, endEntry: firsts[i + 1] ?? entries, seek, bytes: bytes[i] ?? 0, embedded: undefined };
    if (basket.endEntry < firstEntry) throw new RootFormatError(`basket ${i} ends before it starts`);
    if (basket.endEntry > firstEntry) baskets.push(basket);
  }
  return baskets;
}
