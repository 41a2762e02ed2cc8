/** TTree, its branches and leaves as objects to be written. */
import type { ElementType } from '../column-type.ts';
import type { BranchWriter } from './branch-writer.ts';
import type { RootObject } from './object-writer.ts';

/** What was written of a branch. */
export interface BranchTotals {
  readonly baskets: { readonly seek: number; readonly byteLength: number; readonly firstEntry: number }[];
  totBytes: number;
  zipBytes: number;
}

interface LeafFacts {
  readonly leaf: string;
  /** The letter of ROOT's leaf lists: `x/F`. */
  readonly letter: string;
  readonly bytes: number;
  readonly unsigned: boolean;
}

interface NumberFacts extends LeafFacts {
  readonly vector: string;
  /** ROOT's checksum of the vector class: readers compare it. */
  readonly checksum: number;
}

const TEXT: LeafFacts = { leaf: 'TLeafC', letter: 'C', bytes: 1, unsigned: false };

const LEAVES: Readonly<Record<ElementType, NumberFacts>> = {
  bool: { leaf: 'TLeafO', letter: 'O', bytes: 1, unsigned: false, vector: 'vector<bool>', checksum: 0x01c8b117 },
  i8: { leaf: 'TLeafB', letter: 'B', bytes: 1, unsigned: false, vector: 'vector<char>', checksum: 0x01c8b03f },
  u8: { leaf: 'TLeafB', letter: 'b', bytes: 1, unsigned: true, vector: 'vector<unsigned char>', checksum: 0x2b7230da },
  i16: { leaf: 'TLeafS', letter: 'S', bytes: 2, unsigned: false, vector: 'vector<short>', checksum: 0x055a2247 },
  u16: { leaf: 'TLeafS', letter: 's', bytes: 2, unsigned: true, vector: 'vector<unsigned short>', checksum: 0x8256a418 },
  i32: { leaf: 'TLeafI', letter: 'I', bytes: 4, unsigned: false, vector: 'vector<int>', checksum: 0x00983b88 },
  u32: { leaf: 'TLeafI', letter: 'i', bytes: 4, unsigned: true, vector: 'vector<unsigned int>', checksum: 0xb9261111 },
  i64: { leaf: 'TLeafL', letter: 'L', bytes: 8, unsigned: false, vector: 'vector<Long64_t>', checksum: 0x907dd4be },
  u64: { leaf: 'TLeafL', letter: 'l', bytes: 8, unsigned: true, vector: 'vector<ULong64_t>', checksum: 0xb178f86b },
  f32: { leaf: 'TLeafF', letter: 'F', bytes: 4, unsigned: false, vector: 'vector<float>', checksum: 0x055a169b },
  f64: { leaf: 'TLeafD', letter: 'D', bytes: 8, unsigned: false, vector: 'vector<double>', checksum: 0x100e4364 },
};

/** Version that ROOT gives to every STL class. */
const STL_VERSION = 6;
/** "No map of objects in the baskets": true of all that we write. */
const NO_BUFFER_MAP = 1 << 22;
const MIN_BASKET_SLOTS = 10;
const FILL_STYLE = 1001;
const EMPTY_LIST: RootObject = { className: 'TObjArray', members: {} };
const PLENTY = 1_000_000_000_000;

/** What of a branch its own writer does not know. */
export interface BranchFacts {
  readonly totals: BranchTotals;
  readonly entries: number;
  /** ROOT's setting of codec and level. */
  readonly compression: number;
  /** Of a counted leaf: the leaf that counts. */
  readonly counter?: RootObject | undefined;
  /** Of a leaf that counts: the longest list. ROOT sizes its buffers by it. */
  readonly longestCounted?: number | undefined;
}

/** A TBranch (one leaf) or TBranchElement (a vector) with the places of its baskets. */
export function branchObject(branch: BranchWriter, branchFacts: BranchFacts): RootObject {
  const { totals, entries, compression } = branchFacts;
  const { name } = branch.spec;
  const facts = branch.form === 'text' ? TEXT : LEAVES[branch.element];
  const { baskets } = totals;
  const slots = Math.max(MIN_BASKET_SLOTS, baskets.length + 1);
  const slot = (values: number[]): number[] => [...values, ...new Array<number>(slots - values.length).fill(0)];
  const members = {
    fBits: NO_BUFFER_MAP,
    fName: name,
    fTitle: branch.form === 'vector' ? name : `${leafTitle(branch)}/${facts.letter}`,
    fFillStyle: FILL_STYLE,
    fCompress: compression,
    fBasketSize: branch.basketSize,
    fEntryOffsetLen: branch.form === 'number' ? 0 : 1000,
    fWriteBasket: baskets.length,
    fEntryNumber: entries,
    fMaxBaskets: slots,
    fEntries: entries,
    fTotBytes: totals.totBytes,
    fZipBytes: totals.zipBytes,
    fLeaves: { ...EMPTY_LIST, items: [leafObject(branch, facts, branchFacts)] },
    fBasketBytes: slot(baskets.map((basket) => basket.byteLength)),
    fBasketEntry: slot([...baskets.map((basket) => basket.firstEntry), entries]),
    fBasketSeek: slot(baskets.map((basket) => basket.seek)),
  };
  if (branch.form !== 'vector') return { className: 'TBranch', members };
  const { vector: fClassName, checksum: fCheckSum } = LEAVES[branch.element];
  const vector = { fClassName, fCheckSum, fClassVersion: STL_VERSION, fID: -1, fStreamerType: -1 };
  return { className: 'TBranchElement', members: { ...members, ...vector } };
}

/** The leaf of a branch made by `branchObject`. */
export function leafOf(branch: RootObject): RootObject {
  return (branch.members['fLeaves'] as Required<RootObject>).items[0]!;
}

function leafTitle({ spec: { name, counter } }: BranchWriter): string {
  return counter === undefined ? name : `${name}[${counter}]`;
}

function leafObject(branch: BranchWriter, facts: LeafFacts, { counter, longestCounted }: BranchFacts): RootObject {
  const common = { fName: branch.spec.name, fTitle: leafTitle(branch), fLen: 1 };
  if (branch.form === 'vector') return { className: 'TLeafElement', members: { ...common, fID: -1, fType: -1 } };
  const members = { ...common, fLenType: facts.bytes, fIsUnsigned: facts.unsigned };
  // With the zero that ends a text in ROOT's memory.
  const room = branch.longest + 1;
  if (branch.form === 'text') return { className: facts.leaf, members: { ...members, fLen: room, fMaximum: room } };
  if (branch.form === 'counted') return { className: facts.leaf, members: { ...members, fLeafCount: counter ?? null } };
  if (longestCounted === undefined) return { className: facts.leaf, members };
  return { className: facts.leaf, members: { ...members, fIsRange: true, fMaximum: longestCounted } };
}

interface TreeFacts {
  readonly name: string;
  readonly title: string;
  readonly entries: number;
  readonly clusterEntries: number;
}

/** The TTree over branches made by `branchObject`; each leaf is in its branch and, by reference, in the tree. */
export function treeObject(tree: TreeFacts, branches: readonly RootObject[], totals: readonly BranchTotals[]): RootObject {
  const zipBytes = totals.reduce((sum, branch) => sum + branch.zipBytes, 0);
  const leaves = branches.map(leafOf);
  const members = {
    fName: tree.name,
    fTitle: tree.title,
    fLineColor: 602,
    fLineStyle: 1,
    fLineWidth: 1,
    fFillStyle: FILL_STYLE,
    fMarkerColor: 1,
    fMarkerStyle: 1,
    fMarkerSize: 1,
    fEntries: tree.entries,
    fTotBytes: totals.reduce((sum, branch) => sum + branch.totBytes, 0),
    fZipBytes: zipBytes,
    fSavedBytes: 0,
    fFlushedBytes: zipBytes,
    fWeight: 1,
    fScanField: 25,
    fDefaultEntryOffsetLen: 1000,
    fMaxEntries: PLENTY,
    fMaxEntryLoop: PLENTY,
    fAutoSave: -300_000_000,
    fAutoFlush: tree.clusterEntries,
    fEstimate: 1_000_000,
    fBranches: { ...EMPTY_LIST, items: branches },
    fLeaves: { ...EMPTY_LIST, items: leaves },
  };
  return { className: 'TTree', members };
}
