/** The columns that a tree of nodes offers. */
import { type ColumnType, type ElementType, formatColumnType } from '../column-type.ts';
import type { LeafNode, Node } from './nodes.ts';

/** A column of a tree of nodes. */
export interface NodeColumn {
  /** Names of the members on the way, joined by '.'; '' where there are none. */
  readonly path: string;
  readonly cppType: string;
  readonly type: ColumnType;
  readonly leaf: LeafNode;
}

/** What of a tree of nodes is not read, and why. */
export interface NodeGap {
  readonly path: string;
  readonly cppType: string;
  readonly reason: string;
}

/** Where a node stands. */
interface Place {
  readonly path: string;
  readonly cppType: string;
  readonly levels: readonly ('list' | number)[];
}

/** All columns of a tree of nodes, in order, and what is no column. */
export function columnsOf(root: Node, cppType: string): { readonly columns: readonly NodeColumn[]; readonly gaps: readonly NodeGap[] } {
  const columns: NodeColumn[] = [];
  const gaps: NodeGap[] = [];
  const visit = (node: Node, { path, cppType, levels }: Place): void => {
    if (node.kind === 'number' || node.kind === 'packed' || node.kind === 'text')
      columns.push({ path, cppType, type: formatColumnType(valueType(node), levels), leaf: node });
    else if (node.kind === 'skip') gaps.push({ path, cppType, reason: node.reason });
    else for (const [part, place] of partsOf(node, { path, cppType, levels })) visit(part, place);
  };
  visit(root, { path: '', cppType, levels: [] });
  return { columns: unique(columns), gaps };
}

function partsOf(node: Exclude<Node, LeafNode | { kind: 'skip' }>, place: Place): (readonly [Node, Place])[] {
  const { path, levels } = place;
  const below = (level: 'list' | number): Place => ({ ...place, levels: [...levels, level] });
  switch (node.kind) {
    case 'array':
      return [[node.item, below(node.size)]];
    case 'list':
      return [[node.item, below(node.size ?? 'list')]];
    case 'rest':
    case 'counted':
    case 'pointer':
      return [[node.item, below('list')]];
    case 'block':
    case 'object':
    case 'named':
      return [[node.item, place]];
    case 'members':
      return node.members.map((member) => [member.node, { path: join(path, member.name), cppType: member.cppType, levels }]);
    case 'tobject': {
      const ids = { fUniqueID: node.uniqueId, fBits: node.bits, ...(node.process && { fPID: node.process }) };
      return Object.entries(ids).map(([name, part]) => [part, { path: join(path, name), cppType: 'unsigned int', levels }]);
    }
  }
}

function valueType(leaf: LeafNode): ElementType | 'text' {
  if (leaf.kind === 'text') return 'text';
  return leaf.kind === 'packed' ? leaf.packing.element : (leaf.as ?? leaf.element);
}

function join(path: string, name: string | undefined): string {
  return name === undefined ? path : path === '' ? name : `${path}.${name}`;
}

/** Of several members of one name (of a class and its bases), the last is meant, as in C++: it hides the others. */
function unique(columns: readonly NodeColumn[]): NodeColumn[] {
  const last = new Map(columns.map((column) => [column.path, column]));
  return columns.filter((column) => last.get(column.path) === column);
}
