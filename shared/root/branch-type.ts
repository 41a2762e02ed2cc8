/**
 * What a branch holds, from its class, its leaves and the file's class descriptions. Everything else builds on this
 * choice, so whatever is not known exactly is refused here with its reason.
 */
import type { ColumnType, ElementType } from './column-type.ts';
import { list, type Members, number, object, text } from './members.ts';
import { VECTOR_HEADER_BYTES } from './object-header.ts';
import type { RootObject } from './object-reader.ts';
import { columnsOf } from './objects/node-columns.ts';
import type { Node } from './objects/nodes.ts';
import type { ObjectLayout } from './objects/object-column.ts';
import { planBranch } from './objects/plan-branch.ts';
import type { TypePlanner } from './objects/plan-types.ts';
import type { StreamerCatalogue } from './streamer-info.ts';
import { BASIC_CODES, COUNTED_ARRAY, COUNTER, CPP_ELEMENTS, CPP_NAMES, FIXED_ARRAY, LEAF_ELEMENTS } from './type-codes.ts';

/** How the bytes of an entry become numbers. */
export interface Layout {
  readonly element: ElementType;
  /**
   * fixed: `size` numbers an entry. counted: numbers one after the other behind `headerBytes` bytes an entry.
   * vector: an std::vector with its 10-byte header (byte count, version, length).
   */
  readonly kind: 'fixed' | 'counted' | 'vector';
  readonly size: number;
  readonly headerBytes: number;
}

/** C++ type for people, and the layout or the reason why there is none. */
export interface BranchType {
  readonly cppType: string;
  readonly layout?: BranchLayout;
  readonly unsupported?: string;
  /** What the objects of a branch consist of, each a column of its own. */
  readonly parts?: readonly BranchPart[];
}

/** One member of a branch's objects, or a member of a member. */
export interface BranchPart {
  /** Names of the members on the way, joined by '.'. */
  readonly path: string;
  readonly cppType: string;
  readonly layout?: ObjectLayout;
  readonly unsupported?: string;
}

/** Numbers, or anything else. */
export type BranchLayout = Layout | ObjectLayout;

/** The column type of a layout. */
export function columnTypeOf(layout: BranchLayout): ColumnType {
  if (layout.kind === 'objects') return layout.type;
  const { kind, element, size } = layout;
  if (kind !== 'fixed') return `${element}[]`;
  return size === 1 ? element : `${element}[${size}]`;
}

/** Chooses the type of a branch that holds data (one without sub-branches). */
export function branchType(branch: RootObject, streamers: StreamerCatalogue, planner: TypePlanner): BranchType {
  const type = numberType(branch, streamers);
  if (type.layout !== undefined || branch.unreadable !== undefined) return type;
  const plan = planBranch(branch, streamers, planner);
  if ('unsupported' in plan) return plan;
  return objectType(plan.cppType, plan.root);
}

/** TClonesArray and std collections that are split: their branch has the number of their items. */
const SPLIT_COLLECTIONS: ReadonlySet<number> = new Set([3, 4]);

/** The type of a branch that is split into others. */
export function splitType({ className, members }: RootObject): BranchType {
  const cppType = text(members, 'fClassName') || className;
  const collection = className === 'TBranchElement' && SPLIT_COLLECTIONS.has(number(members, 'fType'));
  if (collection) return fixed('i32', 1, `length of ${cppType}`);
  return { cppType, unsupported: 'it is split into its members, which are branches of their own' };
}

/** Members that are named where somebody asks for the whole object. */
const SHOWN_PARTS = 6;

/** Columns of what is not just numbers. */
function objectType(cppType: string, root: Node): BranchType {
  const { columns, gaps } = columnsOf(root, cppType);
  const parts: BranchPart[] = [
    ...columns.map(({ path, cppType, type, leaf }) => ({ path, cppType, layout: { kind: 'objects' as const, type, root, leaf } })),
    ...gaps.map(({ path, cppType, reason }) => ({ path, cppType, unsupported: reason })),
  ];
  const [only] = parts;
  if (parts.length === 1 && only?.path === '') return { ...only, cppType };
  if (columns.length === 0) return { cppType, unsupported: gaps[0]?.reason ?? 'it has no members' };
  const names = columns.slice(0, SHOWN_PARTS).map(({ path }) => `.${path}`);
  const more = columns.length > SHOWN_PARTS ? ' ...' : '';
  return { cppType, parts, unsupported: `${branchNoun(root)}, which are columns: ${names.join(', ')}${more}` };
}

function branchNoun(root: Node): string {
  return root.kind === 'members' ? 'it holds several values' : 'it holds objects with members';
}

function numberType(branch: RootObject, streamers: StreamerCatalogue): BranchType {
  const { members } = branch;
  const leaves = list(members, 'fLeaves').filter((leaf) => leaf !== undefined);
  if (branch.unreadable !== undefined) return { cppType: branch.className, unsupported: branch.unreadable };
  if (branch.className === 'TBranch') return leafType(members, leaves);
  if (branch.className === 'TBranchElement') return elementType(members, leaves, streamers);
  return { cppType: text(members, 'fClassName') || branch.className, unsupported: `branches of class ${branch.className} are not read` };
}

function leafType(members: Members, leaves: readonly RootObject[]): BranchType {
  const [leaf] = leaves;
  if (leaf === undefined) return { cppType: 'void', unsupported: 'it has no leaf' };
  if (leaves.length > 1) return { cppType: `struct {${text(members, 'fTitle')}}`, unsupported: 'a leaf list is more than numbers' };
  const element = LEAF_ELEMENTS[leaf.className]?.[number(leaf.members, 'fIsUnsigned') === 0 ? 0 : 1];
  if (element === undefined)
    return {
      cppType: leaf.className === 'TLeafC' ? 'char*' : leaf.className,
      unsupported: `leaves of class ${leaf.className} are not read`,
    };
  const size = number(leaf.members, 'fLen');
  const cpp = CPP_NAMES[element];
  if (object(leaf.members, 'fLeafCount') === undefined) return fixed(element, size, `${cpp}${dimensions(leaf, size)}`);
  if (size !== 1) return { cppType: `${cpp}[]${dimensions(leaf, size)}`, unsupported: 'a list of arrays is more than numbers' };
  return { cppType: `${cpp}[]`, layout: { kind: 'counted', element, size: 1, headerBytes: 0 } };
}

/** `[3][4]` as the leaf's title has it, where that agrees with its length. */
function dimensions(leaf: RootObject, size: number): string {
  const brackets = text(leaf.members, 'fTitle').match(/\[\d+\]/g) ?? [];
  const product = brackets.reduce((all, bracket) => all * Number(bracket.slice(1, -1)), 1);
  if (product === size && brackets.length > 0) return brackets.join('');
  return size === 1 ? '' : `[${size}]`;
}

function fixed(element: ElementType, size: number, cppType: string): BranchType {
  if (size < 1) return { cppType, unsupported: `its leaf has length ${size}` };
  return { cppType, layout: { kind: 'fixed', element, size, headerBytes: 0 } };
}

function elementType(members: Members, leaves: readonly RootObject[], streamers: StreamerCatalogue): BranchType {
  const kind = number(members, 'fType');
  const code = number(members, 'fStreamerType');
  const size = leaves[0] === undefined ? 1 : number(leaves[0].members, 'fLen');
  const className = text(members, 'fClassName');
  const typeName = memberTypeName(members, className, streamers);
  const scalar = code === COUNTER ? CPP_ELEMENTS[typeName] : BASIC_CODES[code];
  if (kind === 31 || kind === 41) return collectionMember(scalar, `${className}::${text(members, 'fName')}`, size);
  if (kind !== 0) return { cppType: className, unsupported: `objects of class ${className} are not read` };
  if (scalar !== undefined) return fixed(scalar, size, CPP_NAMES[scalar]);
  const array = BASIC_CODES[code - FIXED_ARRAY];
  if (array !== undefined) return fixed(array, size, `${CPP_NAMES[array]}[${size}]`);
  const counted = BASIC_CODES[code - COUNTED_ARRAY];
  if (counted !== undefined)
    return { cppType: `${CPP_NAMES[counted]}[]`, layout: { kind: 'counted', element: counted, size: 1, headerBytes: 1 } };
  return size === 1 ? vectorType(typeName) : { cppType: typeName, unsupported: 'an array of objects is more than numbers' };
}

/** A number that every object of a split collection has: a list an entry. */
function collectionMember(element: ElementType | undefined, name: string, size: number): BranchType {
  if (element === undefined || size !== 1)
    return { cppType: `${name}[]`, unsupported: 'this kind of member of a split collection is not read' };
  return { cppType: `${CPP_NAMES[element]}[]`, layout: { kind: 'counted', element, size: 1, headerBytes: 0 } };
}

/** The class of a top-level object, or of the member of its parent that the branch holds. */
function memberTypeName(members: Members, className: string, streamers: StreamerCatalogue): string {
  const id = number(members, 'fID');
  if (id < 0) return className;
  const info = streamers.find(className, number(members, 'fClassVersion'));
  return info?.elements[id]?.typeName || className || 'an unknown class';
}

function vectorType(cppType: string): BranchType {
  const inner = /^(?:std::)?vector<\s*(.*?)\s*>$/.exec(cppType)?.[1];
  const element = inner === undefined ? undefined : CPP_ELEMENTS[inner];
  if (element === undefined) return { cppType, unsupported: `values of class ${cppType} are not read` };
  return { cppType: `std::vector<${CPP_NAMES[element]}>`, layout: { kind: 'vector', element, size: 1, headerBytes: VECTOR_HEADER_BYTES } };
}
