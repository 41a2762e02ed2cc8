/** What a file holds, for people and for programs: keys, trees, branches, and why something is not read. */
import { isPipelineError } from '../errors.ts';
import { binEdges } from '../histogram/axis.ts';
import { CODEC_TAGS } from './codecs/registry.ts';
import { parseBlockHeader } from './compression.ts';
import { Cursor } from './cursor.ts';
import type { KeyEntry, RootFile } from './file.ts';
import { formatVersion } from './file-header.ts';
import { friendBranch } from './friends.ts';
import { parseKey } from './key.ts';
import { isGraphClass, isHistogramClass, readGraph, readHistogram } from './read-histogram.ts';
import { type Branch, isTreeClass, openTree, type Tree } from './tree.ts';

export interface FileDescription {
  readonly file: string;
  readonly bytes: number;
  /** Version of ROOT that wrote it, "6.34/04". */
  readonly rootVersion: string;
  /** True where the file was not closed: its keys are those that were found by searching. */
  readonly recovered: boolean;
  readonly keys: readonly {
    readonly path: string;
    readonly cycle: number;
    readonly className: string;
    readonly title: string;
    readonly bytes: number;
  }[];
  readonly trees: readonly TreeDescription[];
  /** The first MAX_OBJECTS histograms and graphs of the file. */
  readonly histograms: readonly HistogramDescription[];
  readonly graphs: readonly GraphDescription[];
}

/** A histogram or profile. Where it cannot be read, `error` says why, and it has no axes here. */
export interface HistogramDescription {
  readonly path: string;
  readonly cycle: number;
  readonly className: string;
  readonly title: string;
  readonly entries: number;
  readonly axes: readonly { readonly title: string; readonly bins: number; readonly lo: number; readonly hi: number }[];
  readonly error?: string;
}

export interface GraphDescription {
  readonly path: string;
  readonly cycle: number;
  readonly className: string;
  readonly title: string;
  readonly points: number;
  readonly error?: string;
}

export interface TreeDescription {
  readonly path: string;
  readonly cycle: number;
  readonly title: string;
  readonly entries: number;
  /** Why the tree cannot be read at all; it then has no branches here. */
  readonly error?: string;
  readonly branches: readonly BranchDescription[];
  readonly friends: readonly FriendDescription[];
}

/** A friend of a tree: its branches are `name.branch` there, or `error` says why they are not. */
export interface FriendDescription {
  readonly name: string;
  readonly treePath: string;
  /** Empty where it is the tree's own file. */
  readonly fileName: string;
  readonly error?: string;
  readonly branches: readonly BranchDescription[];
}

export interface BranchDescription {
  readonly path: string;
  readonly cppType: string;
  /** Our type; undefined where it is not read, and `reason` says why. */
  readonly columnType?: string | undefined;
  readonly reason?: string | undefined;
  readonly entries: number;
  readonly baskets: number;
  /** Codec of its first basket or page by the block's own mark: ZL, L4, ZS, XZ, CS; "none" uncompressed. */
  readonly codec?: string | undefined;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

/** Enough of a basket for its key, its fields and the mark of its first block. */
const PROBE_BYTES = 512;

/** Each takes a read of its own: a file of thousands of histograms would take long. */
const MAX_OBJECTS = 500;

/** Describes a file; what cannot be read is described by its error. */
export async function describeFile(file: RootFile): Promise<FileDescription> {
  const entries = await file.keys();
  const trees: TreeDescription[] = [];
  for (const { path, key } of entries) {
    if (isTreeClass(key.className)) trees.push(await describeTree(file, path, key.cycle));
  }
  const keys = entries.map(({ path, key }) => ({ path, cycle: key.cycle, className: key.className, title: key.title, bytes: key.nbytes }));
  return {
    file: file.source.name,
    bytes: file.source.size,
    rootVersion: formatVersion(file.header.version),
    recovered: file.recovered !== undefined,
    keys,
    trees,
    ...(await describeObjects(file)),
  };
}

async function describeObjects(file: RootFile): Promise<Pick<FileDescription, 'histograms' | 'graphs'>> {
  const histograms: HistogramDescription[] = [];
  const graphs: GraphDescription[] = [];
  for (const entry of await file.keys()) {
    if (histograms.length + graphs.length === MAX_OBJECTS) break;
    const { className } = entry.key;
    if (isHistogramClass(className)) histograms.push(await describeHistogram(file, entry));
    else if (isGraphClass(className)) graphs.push(await describeGraph(file, entry));
  }
  return { histograms, graphs };
}

async function describeHistogram(file: RootFile, entry: KeyEntry): Promise<HistogramDescription> {
  const { cycle, className, title } = entry.key;
  const known = { path: entry.path, cycle, className };
  try {
    const { entries, contents } = await readHistogram(file, entry);
    const axes = contents.axes.map((axis) => {
      const edges = binEdges(axis);
      return { title: axis.label, bins: edges.length - 1, lo: edges[0] ?? 0, hi: edges.at(-1) ?? 0 };
    });
    return { ...known, title, entries, axes };
  } catch (error) {
    return { ...known, title, entries: 0, axes: [], error: reasonOf(error) };
  }
}

async function describeGraph(file: RootFile, entry: KeyEntry): Promise<GraphDescription> {
  const { cycle, className, title } = entry.key;
  const known = { path: entry.path, cycle, className, title };
  try {
    return { ...known, points: (await readGraph(file, entry)).x.length };
  } catch (error) {
    return { ...known, points: 0, error: reasonOf(error) };
  }
}

/** What keeps an object from being read; what keeps the file from being read is thrown on. */
function reasonOf(error: unknown): string {
  if (!isPipelineError(error) || error.code === 'StorageError') throw error;
  return error.message;
}

async function describeTree(file: RootFile, path: string, cycle: number): Promise<TreeDescription> {
  try {
    const tree = await openTree(file, `${path};${cycle}`);
    const codecs = await findCodecs(tree);
    const branches = [...tree.all()].map((branch) => describeBranch(branch, codecs.get(branch)));
    return { path, cycle, title: tree.title, entries: tree.entries, branches, friends: await describeFriends(tree) };
  } catch (error) {
    return { path, cycle, title: '', entries: 0, branches: [], friends: [], error: reasonOf(error) };
  }
}

async function describeFriends(tree: Tree): Promise<FriendDescription[]> {
  const described = tree.friends.map(async ({ name, treePath, fileName, tree: friend, error }) => {
    const known = { name, treePath, fileName };
    if (friend === undefined) return { ...known, error: error?.message ?? '', branches: [] };
    const codecs = await findCodecs(friend);
    const branches = [...friend.all()].map((branch) => describeBranch(friendBranch(name, friend, branch), codecs.get(branch)));
    return { ...known, branches };
  });
  return Promise.all(described);
}

function describeBranch(branch: Branch, codec: string | undefined): BranchDescription {
  const { path, cppType, columnType, unsupported, entries, baskets, compressedBytes, uncompressedBytes } = branch;
  return { path, cppType, columnType, reason: unsupported, entries, baskets: baskets.length, codec, compressedBytes, uncompressedBytes };
}

/** The codec of each branch's first basket. */
async function findCodecs(tree: Tree): Promise<Map<Branch, string>> {
  const { source } = tree.file;
  const probes = [...tree.all()].flatMap((branch) => {
    const first = branch.baskets.find((basket) => basket.embedded === undefined);
    return first === undefined || first.seek === 0 || first.seek >= source.size
      ? []
      : [{ branch, offset: first.seek, length: Math.min(PROBE_BYTES, source.size - first.seek) }];
  });
  const blocks = probes.length === 0 ? [] : await source.readMany(probes);
  const codecs = new Map<Branch, string>();
  probes.forEach(({ branch, offset }, i) => {
    const bytes = blocks[i] ?? new Uint8Array(0);
    const codec = tree.rntuple === undefined ? codecOfBasket(bytes, offset) : codecOfPage(bytes);
    if (codec !== undefined) codecs.set(branch, codec);
  });
  return codecs;
}

function codecOfBasket(bytes: Uint8Array, offset: number): string | undefined {
  try {
    const key = parseKey(new Cursor(bytes, offset));
    if (key.nbytes - key.keyLength === key.objectLength) return 'none';
    return parseBlockHeader(bytes, key.keyLength).tag;
  } catch {
    return undefined; // a damaged basket: reading it says so
  }
}

/** A page has no header: one that does not start as a compressed block does is not compressed. */
function codecOfPage(bytes: Uint8Array): string {
  try {
    const { tag } = parseBlockHeader(bytes, 0);
    return CODEC_TAGS.includes(tag) ? tag : 'none';
  } catch {
    return 'none';
  }
}
