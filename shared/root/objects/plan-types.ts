/** C++ types and classes -> nodes, by their names and the file's class descriptions. */
import type { StreamerCatalogue, StreamerElement, StreamerInfo } from '../streamer-info.ts';
import { BASIC_CODES, CODE, COUNTED_ARRAY, COUNTER, CPP_ELEMENTS, FIXED_ARRAY, PACKED_CODES } from '../type-codes.ts';
import {
  type ClassVersion,
  type ListNode,
  leastBytes,
  type Member,
  type MembersNode,
  type Node,
  type NumberNode,
  type SkipNode,
} from './nodes.ts';
import { type PackedType, packingOf } from './packed-float.ts';
import { baseName, streamedByHand } from './root-classes.ts';
import { parseTypeName, type TypeName } from './type-name.ts';

/** A type that is not read, in a place that cannot be passed over. */
export class Unplanned extends Error {}

const LISTS = new Set([
  'vector',
  'list',
  'deque',
  'forward_list',
  'set',
  'multiset',
  'unordered_set',
  'unordered_multiset',
  'RVec',
  'VecOps::RVec',
  'ROOT::VecOps::RVec',
  'ROOT::RVec',
]);
const MAPS = new Set(['map', 'multimap', 'unordered_map', 'unordered_multimap']);
const TEXTS = new Set(['string', 'TString', 'basic_string<char>']);
/** Classes in each other, and nodes of one branch and of all: more are a crafted file. */
const MOST_DEPTH = 12;
const MOST_NODES = 10_000;
const MOST_NODES_IN_ALL = 1_000_000;

/** Plans types of one file. */
export class TypePlanner {
  readonly #streamers: StreamerCatalogue;
  /** Classes that are being planned: one that holds itself has no end. */
  readonly #open: string[] = [];
  /** Classes that are not read, and why. */
  readonly #refused = new Map<string, SkipNode>();
  #nodes = 0;
  #allNodes = 0;

  constructor(streamers: StreamerCatalogue) {
    this.#streamers = streamers;
  }

  /** To be called for each branch: what it may take begins anew. */
  restart(): void {
    this.#nodes = 0;
  }

  /** A value as a member of a class, or as a whole entry: collections and std::string have a header. */
  member(type: TypeName, size?: number): Node {
    return this.#wrap(type, size === undefined ? this.value(type) : { kind: 'array', size, item: this.value(type) });
  }

  /** A value inside of a collection. */
  value(type: TypeName): Node {
    const { name, pointers, text } = type;
    if (this.#open.length > MOST_DEPTH || ++this.#nodes > MOST_NODES || ++this.#allNodes > MOST_NODES_IN_ALL)
      throw new Unplanned(`${text} stands in too many others`);
    if (pointers > 1) throw new Unplanned(`${text}: pointers to pointers are not read`);
    if (pointers === 1) return { kind: 'pointer', name: parseTypeName(text.slice(0, -1))?.text ?? text, item: this.#pointee(type) };
    const element = CPP_ELEMENTS[text];
    if (element !== undefined) return { kind: 'number', element };
    if (text === 'Double32_t' || text === 'Float16_t') return packedNode(text, '');
    if (TEXTS.has(text)) return { kind: 'text', length: 'short' };
    if (name === 'bitset') return { kind: 'list', size: sizeOf(type, 0), item: { kind: 'number', element: 'bool' } };
    if (LISTS.has(name)) return this.#list(this.value(argument(type, 0)));
    if (MAPS.has(name)) return this.#list({ ...this.#pair(argument(type, 0), argument(type, 1), 'value'), apart: true });
    return this.classObject(text);
  }

  #list(item: Node): ListNode {
    if (leastBytes(item) === 0) throw new Unplanned('lists of objects without members are not read');
    return { kind: 'list', item };
  }

  /** Behind one header, where a collection or a string is a member. */
  #wrap(type: TypeName, item: Node): Node {
    const { name, text, pointers } = type;
    if (pointers > 0) return item;
    const collection = LISTS.has(name) || MAPS.has(name);
    if (!collection && name !== 'bitset' && text !== 'string' && !(text === 'TString' && item.kind === 'array')) return item;
    const block = { kind: 'block', name: text, item } as const;
    return collection ? { ...block, ...this.#memberwise(type, item) } : block;
  }

  /** The other form of a collection of objects: member by member. */
  #memberwise(type: TypeName, item: Node): { memberwise?: Node; object?: ClassVersion | undefined } {
    if (item.kind === 'array') {
      const { memberwise, object } = this.#memberwise(type, item.item);
      return memberwise === undefined ? {} : { memberwise: { ...item, item: memberwise }, object };
    }
    const list = item as ListNode;
    if (MAPS.has(type.name)) {
      const [first, second] = (list.item as MembersNode).members as [Member, Member];
      const members = [
        { ...first, node: this.#wrap(argument(type, 0), first.node) },
        { ...second, node: this.#wrap(argument(type, 1), second.node) },
      ];
      return {
        memberwise: { kind: 'list', as: list, item: { kind: 'members', members } },
        object: { version: undefined, checksum: undefined },
      };
    }
    if (list.item.kind !== 'object' || list.item.item.kind !== 'members') return {};
    return { memberwise: { kind: 'list', as: list, item: unrolled(list.item.item) }, object: list.item.is };
  }

  #pointee(type: TypeName): Node {
    const target = parseTypeName(type.text.slice(0, -1));
    if (target === undefined) throw new Unplanned(`${type.text} is not read`);
    return this.value(target);
  }

  /** An object with its header. One that is not read is passed over. */
  classObject(text: string): Node {
    const byHand = streamedByHand(text);
    if (byHand !== undefined) return byHand;
    const known = this.#refused.get(text);
    if (known !== undefined) return known;
    try {
      return this.#described(text);
    } catch (error) {
      if (!(error instanceof Unplanned)) throw error;
      const skip: SkipNode = { kind: 'skip', reason: error.message };
      // Inside of other classes, these may be the reason.
      if (this.#open.length === 0 && this.#nodes <= MOST_NODES) this.#refused.set(text, skip);
      return skip;
    }
  }

  #described(text: string): Node {
    const type = parseTypeName(text);
    const info = this.#streamers.latest(text);
    const is = { version: info?.version, checksum: info?.checksum };
    if (type?.name === 'pair' && type.args.length === 2)
      return { kind: 'object', name: text, is, item: this.#pair(argument(type, 0), argument(type, 1), 'member') };
    if (type?.name === 'array') {
      const members = [{ name: undefined, cppType: text, node: this.member(argument(type, 0), sizeOf(type, 1)) }];
      return { kind: 'object', name: text, is, item: { kind: 'members', members } };
    }
    if (info === undefined) throw new Unplanned(`the file does not describe class ${text}`);
    return { kind: 'object', name: text, is, item: this.members(info) };
  }

  #pair(first: TypeName, second: TypeName, form: 'member' | 'value'): MembersNode {
    return {
      kind: 'members',
      members: [
        { name: 'first', cppType: first.text, node: this[form](first) },
        { name: 'second', cppType: second.text, node: this[form](second) },
      ],
    };
  }

  /** All members of a class. */
  members({ className, elements }: StreamerInfo): MembersNode {
    if (this.#open.includes(className)) throw new Unplanned(`class ${className} holds objects of itself`);
    this.#open.push(className);
    try {
      const numbers = new Map<string, NumberNode>();
      const members: Member[] = [];
      for (const element of elements) {
        if (element.type < 0) continue; // not stored
        const base = element.kind === 'TStreamerBase';
        const node = base ? this.classObject(element.name) : this.#elementOrGap(element, numbers);
        if (node.kind === 'number') numbers.set(element.name, node);
        if (base) collectNumbers(node, numbers);
        members.push({ name: base ? baseName(element.name, node) : element.name, cppType: base ? element.name : element.typeName, node });
      }
      return { kind: 'members', members };
    } finally {
      this.#open.pop();
    }
  }

  /** Collections and arrays of objects have a header: one that is not read is passed over. */
  #elementOrGap(element: StreamerElement, numbers: ReadonlyMap<string, NumberNode>): Node {
    try {
      return this.element(element, numbers);
    } catch (error) {
      if (!(error instanceof Unplanned) || !(element.kind === 'TStreamerSTL' || element.kind === 'TStreamerLoop')) throw error;
      return { kind: 'block', name: element.typeName, item: { kind: 'skip', reason: error.message } };
    }
  }

  /** An array of numbers that a member counts which is a branch of its own; undefined where it is none. */
  countedElsewhere({ type: code, typeName, title, arrayLength }: StreamerElement): Node | undefined {
    if (code <= COUNTED_ARRAY || code >= 60 || arrayLength > 0) return undefined;
    const item = basicNode(code - COUNTED_ARRAY, typeName.replace(/\*$/, ''), title);
    return item === undefined ? undefined : { kind: 'rest', flagged: true, item };
  }

  /** A member by its description. `numbers` are the members before it, which may count. */
  element(element: StreamerElement, numbers: ReadonlyMap<string, NumberNode> = new Map()): Node {
    const { type: code, typeName, arrayLength, title } = element;
    const base =
      code > FIXED_ARRAY && code < COUNTED_ARRAY ? code - FIXED_ARRAY : code > COUNTED_ARRAY && code < 60 ? code - COUNTED_ARRAY : code;
    const number = basicNode(base, typeName, title);
    if (number !== undefined && code > COUNTED_ARRAY && code < 60) {
      const counter = numbers.get(element.countName);
      if (counter === undefined || arrayLength > 0)
        throw new Unplanned(`${element.name}: an array that ${element.countName} counts is not read`);
      return { kind: 'counted', counter, item: number };
    }
    if (number !== undefined) return arrayLength > 0 ? { kind: 'array', size: arrayLength, item: number } : number;
    if (code === CODE.charStar) return { kind: 'text', length: 'long' };
    return this.#objectElement(element);
  }

  #objectElement({ kind, name, type: code, typeName, arrayLength }: StreamerElement): Node {
    const type = parseTypeName(typeName);
    const size = arrayLength > 0 ? arrayLength : undefined;
    if (type === undefined) throw new Unplanned(`${name} of type ${typeName} is not read`);
    const bare = type.pointers === 0 ? type : parseTypeName(type.text.replace(/\*+$/, ''));
    if (bare === undefined || type.pointers > 1) throw new Unplanned(`${name} of type ${typeName} is not read`);
    // Collections behind pointers are stored as if they were members, objects "->" likewise.
    if (kind === 'TStreamerSTL' || kind === 'TStreamerSTLstring') return this.member(bare, size);
    const own = code > 80 ? code - FIXED_ARRAY : code;
    if (own === CODE.objectPointerSet || own === CODE.anyPointerSet) return this.#array(this.value(bare), size);
    if (own === CODE.objectPointer || own === CODE.anyPointer)
      return this.#array({ kind: 'pointer', name: bare.text, item: this.value(bare) }, size);
    if (own === CODE.object || own === CODE.any || own === CODE.tObject || own === CODE.tString || own === CODE.tNamed)
      return this.member(bare, size);
    throw new Unplanned(`${name} of type ${typeName} (code ${code}) is not read`);
  }

  #array(item: Node, size: number | undefined): Node {
    return size === undefined ? item : { kind: 'array', size, item };
  }
}

function argument({ text, args }: TypeName, place: number): TypeName {
  const found = args[place];
  if (found === undefined) throw new Unplanned(`${text} is not read`);
  return found;
}

function sizeOf(type: TypeName, place: number): number {
  const size = Number(/^(\d+)[uUlL]*$/.exec(argument(type, place).text)?.[1]);
  if (size >= 1 && size <= 0x7fffffff) return size;
  throw new Unplanned(`${type.text} is not read`);
}

function basicNode(code: number, typeName: string, title: string): Node | undefined {
  const packed = PACKED_CODES[code];
  if (packed !== undefined) return packedNode(packed, title);
  if (code === COUNTER) return { kind: 'number', element: CPP_ELEMENTS[typeName] ?? 'i32' };
  if (code === 15) return { kind: 'number', element: 'u32', bits: true };
  const element = BASIC_CODES[code];
  return element === undefined ? undefined : { kind: 'number', element };
}

/** A number that is packed as `comment` says. @throws Unplanned where that is not understood */
export function packedNode(kind: PackedType, comment: string): Node {
  const packing = packingOf(kind, comment);
  if (packing === undefined) throw new Unplanned(`${kind} with '${comment}' is not read`);
  return packing === 'float' ? { kind: 'number', element: 'f32', as: 'f64' } : { kind: 'packed', packing };
}

/** The members of an object, with those of its bases as its own: so they are stored member by member. */
function unrolled({ members }: MembersNode): MembersNode {
  const flat = members.flatMap((member) =>
    member.name === undefined && member.node.kind === 'object' && member.node.item.kind === 'members'
      ? unrolled(member.node.item).members
      : [member],
  );
  return { kind: 'members', members: flat };
}

function collectNumbers(node: Node, numbers: Map<string, NumberNode>): void {
  if (node.kind !== 'object' || node.item.kind !== 'members') return;
  for (const { name, node: member } of node.item.members) {
    if (name === undefined) collectNumbers(member, numbers);
    else if (member.kind === 'number') numbers.set(name, member);
  }
}
