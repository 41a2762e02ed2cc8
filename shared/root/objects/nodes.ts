/**
 * How an entry of strings, collections and objects stands in its bytes: a tree of nodes. Each node reads a number of items,
 * one behind the other, because ROOT stores collections of objects member by member: first that of all of them, then the next.
 */
import { type ElementType, elementBytes } from '../column-type.ts';
import type { PackedFloat } from './packed-float.ts';

/** A number, big-endian; `as` where it becomes another type (a float that the class calls Double32_t). */
export interface NumberNode {
  readonly kind: 'number';
  readonly element: ElementType;
  readonly as?: ElementType;
  /** TObject's bits: where they say that others refer to the object, the number of a process follows, in two bytes. */
  readonly bits?: true;
}

/** A Double32_t or Float16_t with a range or a number of bits. */
export interface PackedNode {
  readonly kind: 'packed';
  readonly packing: PackedFloat;
}

/** A text behind its length: one byte, or 255 and four; or always four. */
export interface TextNode {
  readonly kind: 'text';
  readonly length: 'short' | 'long';
  /** A TLeafC: where the text is empty, not even its length is stored. */
  readonly absentIfEmpty?: true;
}

export type LeafNode = NumberNode | PackedNode | TextNode;

/** `size` items of `item`, always. */
export interface ArrayNode {
  readonly kind: 'array';
  readonly size: number;
  readonly item: Node;
}

/** A list: its length in four bytes, and its items. With `size`, the length must be that, and it is an array (std::bitset). */
export interface ListNode {
  readonly kind: 'list';
  readonly item: Node;
  readonly size?: number;
  /** The list whose other form this is: both lead to the same values. */
  readonly as?: ListNode;
}

/**
 * As many items as there is room for in the entry: members of a split collection, and lists that another branch counts. A
 * leading block header counts once.
 */
export interface RestNode {
  readonly kind: 'rest';
  /** An array on the heap: one byte says whether it is there. */
  readonly flagged?: true;
  readonly item: Node;
}

/** An array on the heap: one byte that says whether it is there, then as many items as the member `counter` said. */
export interface CountedNode {
  readonly kind: 'counted';
  readonly counter: NumberNode;
  /** A leaf of a leaf list: without the byte. */
  readonly bare?: true;
  readonly item: Node;
}

/**
 * Items behind one header for all of them: byte count and version. Where the version says that they are stored
 * member by member, they are `memberwise`; `object` is the class that these are members of.
 */
export interface BlockNode {
  readonly kind: 'block';
  readonly name: string;
  readonly item: Node;
  readonly memberwise?: Node | undefined;
  readonly object?: ClassVersion | undefined;
}

/** What an object's header must say: its version, or 0 and the checksum; undefined where nothing is known to compare with. */
export interface ClassVersion {
  readonly version: number | undefined;
  readonly checksum: number | undefined;
}

/** An object with a header of its own. */
export interface ObjectNode {
  readonly kind: 'object';
  readonly name: string;
  readonly is: ClassVersion;
  readonly item: Node;
}

export interface Member {
  /** Undefined for a base, whose members count as those of the class; and for what has no name of its own. */
  readonly name: string | undefined;
  readonly cppType: string;
  readonly node: Node;
}

/** Members one behind the other: the first of all items, then the second of all. With `apart`, all of one item, then of the next. */
export interface MembersNode {
  readonly kind: 'members';
  readonly members: readonly Member[];
  readonly apart?: boolean;
}

/** TObject: version, unique id, bits, and the number of a process where others refer to it. */
export interface TObjectNode {
  readonly kind: 'tobject';
  readonly uniqueId: NumberNode;
  readonly bits: NumberNode;
  /** TRef: the process that the unique id belongs to. */
  readonly process?: NumberNode;
}

/** A pointer: nothing, or one object, which may be one that another pointer of the entry brought. */
export interface PointerNode {
  readonly kind: 'pointer';
  readonly name: string;
  readonly item: Node;
}

/** An object behind its class' name (TBranchObject). */
export interface NamedNode {
  readonly kind: 'named';
  readonly name: string;
  readonly item: Node;
}

/** Something that is not read, with a header that says how long it is. */
export interface SkipNode {
  readonly kind: 'skip';
  readonly reason: string;
}

export type Node =
  | LeafNode
  | ArrayNode
  | ListNode
  | RestNode
  | CountedNode
  | BlockNode
  | ObjectNode
  | MembersNode
  | TObjectNode
  | PointerNode
  | NamedNode
  | SkipNode;

/** The nodes that a node is made of; of a collection in its usual form. */
export function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'members':
      return node.members.map((member) => member.node);
    case 'tobject':
      return [node.uniqueId, node.bits, ...(node.process === undefined ? [] : [node.process])];
    default:
      return 'item' in node ? [node.item] : [];
  }
}

/** Fewest bytes of one item: what a length is checked against before anything is done about it. */
export function leastBytes(node: Node): number {
  switch (node.kind) {
    case 'number':
      return elementBytes(node.element);
    case 'packed':
      return node.packing.bytes;
    case 'text':
      return node.length === 'short' ? 1 : 4;
    case 'array':
      return node.size * leastBytes(node.item);
    case 'list':
      return 4 + (node.size ?? 0);
    case 'members':
      return node.members.reduce((sum, member) => sum + leastBytes(member.node), 0);
    case 'tobject':
      return node.process === undefined ? 10 : 12;
    case 'object':
      return 2 + leastBytes(node.item);
    case 'named':
      return 2 + leastBytes(node.item);
    case 'pointer':
    case 'skip':
      return 4;
    case 'counted':
      return node.bare === true ? 0 : 1;
    case 'rest':
    case 'block': // one header for all
      return 0;
  }
}
