/** Branches of leaves (TBranch) that are not numbers one behind the other -> the nodes of an entry. */
import type { ElementType } from '../column-type.ts';
import { list, number, object, text } from '../members.ts';
import type { RootObject } from '../object-reader.ts';
import { CPP_NAMES, LEAF_ELEMENTS } from '../type-codes.ts';
import type { Member, Node, NumberNode } from './nodes.ts';
import type { PackedType } from './packed-float.ts';
import { packedNode, Unplanned } from './plan-types.ts';

/** TLeafD32 and TLeafF16: packed as the type in their title says, `x/d[0,10,8]`. */
const PACKED_LEAVES: Readonly<Record<string, PackedType>> = { TLeafD32: 'Double32_t', TLeafF16: 'Float16_t' };

/** What an entry of the branch holds: the value of its leaf, or a member for each leaf of its list. */
export function planLeaves({ members }: RootObject): { readonly cppType: string; readonly root: Node } {
  const leaves = list(members, 'fLeaves').filter((leaf) => leaf !== undefined);
  const [only] = leaves;
  if (only === undefined) throw new Unplanned('it has no leaf');
  if (leaves.length > 1) return { cppType: `struct {${text(members, 'fTitle')}}`, root: leafList(leaves) };
  if (only.className === 'TLeafC') return { cppType: 'char*', root: { kind: 'text', length: 'short', absentIfEmpty: true } };
  const { cppType, node } = leafMember(only);
  if (object(only.members, 'fLeafCount') === undefined) return { cppType, root: node };
  return { cppType: `${cppOf(only)}[]${sizeText(only)}`, root: { kind: 'rest', item: node } };
}

/** Leaves one behind the other. Those of them that are counted are counted by others before them. */
function leafList(leaves: readonly RootObject[]): Node {
  const counters = new Map<RootObject, NumberNode>();
  const members = leaves.map((leaf): Member => {
    const member = leafMember(leaf);
    const counterLeaf = object(leaf.members, 'fLeafCount');
    if (member.node.kind === 'number') counters.set(leaf, member.node);
    if (counterLeaf === undefined) return member;
    const counter = counters.get(counterLeaf);
    if (counter === undefined) throw new Unplanned(`leaf ${member.name} is counted by a leaf of another branch`);
    const node: Node = { kind: 'counted', counter, bare: true, item: member.node };
    return { ...member, cppType: `${cppOf(leaf)}[]${sizeText(leaf)}`, node };
  });
  return { kind: 'members', members };
}

/** A leaf as if nothing counted it. */
function leafMember(leaf: RootObject): Member {
  const name = text(leaf.members, 'fName');
  if (leaf.className === 'TLeafC') return { name, cppType: 'char*', node: { kind: 'text', length: 'short' } };
  const size = number(leaf.members, 'fLen');
  if (size < 1) throw new Unplanned(`leaf ${name} has length ${size}`);
  const item = leafNumber(leaf);
  return { name, cppType: `${cppOf(leaf)}${sizeText(leaf)}`, node: size === 1 ? item : { kind: 'array', size, item } };
}

function leafNumber(leaf: RootObject): Node {
  const packed = PACKED_LEAVES[leaf.className];
  return packed === undefined ? { kind: 'number', element: elementOf(leaf) } : packedNode(packed, text(leaf.members, 'fTitle'));
}

function elementOf(leaf: RootObject): ElementType {
  const element = LEAF_ELEMENTS[leaf.className]?.[number(leaf.members, 'fIsUnsigned') === 0 ? 0 : 1];
  if (element === undefined) throw new Unplanned(`leaves of class ${leaf.className} are not read`);
  return element;
}

function cppOf(leaf: RootObject): string {
  return PACKED_LEAVES[leaf.className] ?? CPP_NAMES[elementOf(leaf)];
}

function sizeText({ members }: RootObject): string {
  const size = number(members, 'fLen');
  return size === 1 ? '' : `[${size}]`;
}
