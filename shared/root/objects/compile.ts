/** Nodes -> functions that read them: what is asked for goes into sinks, the rest is passed over. */
import { UnsupportedError } from '../../errors.ts';
import { elementBytes } from '../column-type.ts';
import { COPY_NUMBERS } from './element-loops.ts';
import type { EntryCursor } from './entry-cursor.ts';
import {
  type BlockNode,
  type ClassVersion,
  type CountedNode,
  type LeafNode,
  type ListNode,
  leastBytes,
  type MembersNode,
  type Node,
  type NumberNode,
  type ObjectNode,
  type PackedNode,
  partsOf,
  type RestNode,
  type TextNode,
  type TObjectNode,
} from './nodes.ts';
import { unpackFloat } from './packed-float.ts';
import { PointerReader } from './pointer-reader.ts';
import { ByteSink, NumberSink, OffsetSink } from './sinks.ts';

/** Reads `count` items that stand one behind the other. */
export type Read = (count: number) => void;

/** One step from an entry to the values: offsets that grow, or a size. */
export type LevelSink = OffsetSink | number;

/** Where the values of a leaf go. */
export interface LeafSink {
  readonly values: NumberSink | ByteSink;
  readonly levels: readonly LevelSink[];
}

/** A reader of something: `live` where there is anything in it that was asked for. */
interface Compiled {
  readonly read: Read;
  readonly live: boolean;
}

/** Version from which on collections that are stored member by member say of which class version. */
const MEMBERWISE_WITH_VERSION = 8;
const IS_REFERENCED = 0x10;
const HAS_UUID = 0x20;

/** Compiles nodes for one cursor; the sinks are those of the leaves that are wanted. */
export class Compiler {
  readonly sinks = new Map<LeafNode, LeafSink>();
  readonly #cursor: EntryCursor;
  readonly #wanted: ReadonlySet<LeafNode>;
  readonly #lists = new Map<Node, OffsetSink>();
  readonly #memberwiseReaders = new Map<Node, Compiled>();
  readonly #holding = new Map<Node, boolean>();
  /** Where the numbers stand that were read last of a member that counts. */
  readonly #counters = new Map<NumberNode, { at: number }>();

  constructor(cursor: EntryCursor, wanted: ReadonlySet<LeafNode>) {
    this.#cursor = cursor;
    this.#wanted = wanted;
  }

  compile(node: Node, levels: readonly LevelSink[] = []): Compiled {
    const cursor = this.#cursor;
    switch (node.kind) {
      case 'number':
        return this.#number(node, levels);
      case 'packed':
        return this.#packed(node, levels);
      case 'text':
        return this.#text(node, levels);
      case 'array': {
        const { read, live } = this.compile(node.item, [...levels, node.size]);
        return { live, read: (count) => read(count * node.size) };
      }
      case 'list':
        return this.#list(node, levels);
      case 'rest':
        return this.#rest(node, levels);
      case 'counted':
        return this.#counted(node, levels);
      case 'block':
        return this.#block(node, levels);
      case 'object':
        return this.#object(node, levels);
      case 'members':
        return this.#members(node, levels);
      case 'tobject':
        return this.#tobject(node, levels);
      case 'pointer': {
        const offsets = this.#offsets(node);
        const live = this.#holdsWanted(node);
        const read = live ? this.compile(node.item, [...levels, offsets]).read : undefined;
        const pointers = new PointerReader(cursor, node.name, read, live ? offsets : undefined);
        return { live, read: (count) => pointers.read(count) };
      }
      case 'named': {
        const { read, live } = this.compile(node.item, levels);
        const check = () => {
          const name = String.fromCharCode(...this.#bytes(cursor.u8()));
          if (cursor.u8() !== 0 || name !== node.name)
            throw new UnsupportedError(`an object of class ${JSON.stringify(name)} where ${node.name} belongs`);
          read(1);
        };
        return { live, read: (count) => repeat(count, check) };
      }
      case 'skip':
        return { live: false, read: (count) => repeat(count, () => this.#skip(node.reason)) };
    }
  }

  #bytes(length: number): Uint8Array {
    const at = this.#cursor.take(length);
    return this.#cursor.bytes.subarray(at, at + length);
  }

  #skip(reason: string): void {
    const { end } = this.#cursor.header();
    if (end === undefined) throw new UnsupportedError(reason);
    this.#cursor.at = end;
  }

  #sink<S extends NumberSink | ByteSink>(leaf: LeafNode, levels: readonly LevelSink[], create: () => S): S | undefined {
    if (!this.#wanted.has(leaf)) return undefined;
    const known = this.sinks.get(leaf);
    if (known !== undefined) return known.values as S;
    const values = create();
    this.sinks.set(leaf, { values, levels });
    return values;
  }

  #offsets(list: Node): OffsetSink {
    const known = this.#lists.get(list);
    if (known !== undefined) return known;
    const offsets = new OffsetSink();
    this.#lists.set(list, offsets);
    return offsets;
  }

  #number(node: NumberNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const width = elementBytes(node.element);
    const sink = this.#sink(node, levels, () => new NumberSink(node.as ?? node.element));
    const place = { at: 0 };
    this.#counters.set(node, place);
    const pass = (count: number) => {
      place.at = cursor.take(count * width);
    };
    if (node.bits === true) return { live: sink !== undefined, read: (count) => repeat(count, () => this.#objectBits(sink)) };
    if (sink === undefined) return { live: false, read: pass };
    const copy = COPY_NUMBERS[node.element];
    return {
      live: true,
      read: (count) => {
        const at = cursor.take(count * width);
        place.at = at;
        const values = sink.extend(count);
        copy(cursor.view, at, values, sink.length - count, count);
      },
    };
  }

  #objectBits(sink: NumberSink | undefined): void {
    const bits = this.#cursor.u32();
    if ((bits & IS_REFERENCED) !== 0) this.#cursor.take(2);
    if (sink !== undefined) sink.extend(1)[sink.length - 1] = bits;
  }

  #packed(node: PackedNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const { packing } = node;
    const sink = this.#sink(node, levels, () => new NumberSink(packing.element));
    if (sink === undefined) return { live: false, read: (count) => void cursor.take(count * packing.bytes) };
    const read = (count: number) => {
      const at = cursor.take(count * packing.bytes);
      const values = sink.extend(count);
      for (let i = 0; i < count; i++) values[sink.length - count + i] = unpackFloat(cursor.view, at + i * packing.bytes, packing);
    };
    return { live: true, read };
  }

  #text(node: TextNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const offsets = this.#offsets(node);
    const sink = this.#sink(node, [...levels, offsets], () => new ByteSink());
    const one = () => {
      const absent = node.absentIfEmpty === true && cursor.start === cursor.end;
      const short = absent ? 0 : node.length === 'short' ? cursor.u8() : 255;
      const length = short === 255 ? cursor.u32() : short;
      const at = cursor.take(length);
      if (sink === undefined) return;
      sink.add(cursor.bytes, at, at + length);
      offsets.add(length);
    };
    return { live: sink !== undefined, read: (count) => repeat(count, one) };
  }

  #list(node: ListNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const { size } = node;
    const offsets = this.#offsets(node.as ?? node);
    const { read, live } = this.compile(node.item, [...levels, size ?? offsets]);
    const least = leastBytes(node.item);
    const one = () => {
      const count = cursor.count(least);
      if (size !== undefined && count !== size) cursor.fail(`${count} items where there are always ${size}`);
      if (live) offsets.add(count);
      if (count > 0) read(count);
    };
    return { live, read: (count) => repeat(count, one) };
  }

  #rest(node: RestNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const { item } = node;
    const offsets = this.#offsets(node);
    const inside = [...levels, offsets];
    const objectwise = this.compile(item.kind === 'block' ? item.item : item, inside);
    const start = () => {
      if (item.kind !== 'block') return objectwise;
      const { version, memberwise, end } = cursor.header();
      if (end !== cursor.end) cursor.fail(`${item.name} does not end where its entry ends`);
      return memberwise ? this.#memberwise(item, version, inside) : objectwise;
    };
    const read = () => {
      let count = 0;
      if (node.flagged === true && cursor.u8() === 0 && cursor.at < cursor.end) cursor.fail('an array that is not there has values');
      const reading = cursor.at < cursor.end ? start() : objectwise;
      for (; cursor.at < cursor.end; count++) {
        const { at } = cursor;
        reading.read(1);
        if (cursor.at === at) cursor.fail('an item without bytes');
      }
      offsets.add(count);
    };
    return { live: objectwise.live, read };
  }

  #counted(node: CountedNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const { counter, item, bare = false } = node;
    const offsets = this.#offsets(node);
    const place = this.#counters.get(counter) as { at: number }; // it stands before
    const { read, live } = this.compile(item, [...levels, offsets]);
    const width = elementBytes(counter.element);
    const copy = COPY_NUMBERS[counter.element];
    const sink = new NumberSink(counter.element);
    const one = (index: number) => {
      sink.length = 0;
      copy(cursor.view, place.at + index * width, sink.extend(1), 0, 1);
      const length = !bare && cursor.u8() === 0 ? 0 : Number(sink.extend(0)[0]);
      if (length < 0) cursor.fail(`an array of ${length} numbers`);
      read(length);
      if (live) offsets.add(length);
    };
    return { live, read: (count) => repeat(count, one) };
  }

  #block(node: BlockNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const objectwise = this.#holdsWanted(node) ? this.compile(node.item, levels) : undefined;
    const read = (count: number) => {
      const { version, memberwise, end } = cursor.header();
      if (end === undefined) return cursor.fail(`${node.name} without a byte count`);
      if (objectwise === undefined) {
        cursor.at = end;
        return;
      }
      cursor.within(node.name, end, () => {
        const reading = memberwise ? this.#memberwise(node, version, levels) : objectwise;
        reading.read(count);
      });
    };
    return { live: objectwise !== undefined, read };
  }

  /** Reads the version of the class whose members follow. Its reader is made when it is first met. */
  #memberwise(node: BlockNode, version: number, levels: readonly LevelSink[]): Compiled {
    const { name, memberwise, object } = node;
    if (memberwise === undefined || object === undefined || version < MEMBERWISE_WITH_VERSION)
      throw new UnsupportedError(`${name} (version ${version}) that is stored member by member is not read`);
    this.#checkClass(name, object, this.#cursor.u16(), this.#cursor.end);
    const known = this.#memberwiseReaders.get(node) ?? this.compile(memberwise, levels);
    this.#memberwiseReaders.set(node, known);
    return known;
  }

  /** Classes without a version of their own are version 0, with their checksum behind it. */
  #checkClass(name: string, is: ClassVersion, version: number, end: number | undefined): void {
    const cursor = this.#cursor;
    const { at } = cursor;
    const checksum = version === 0 && end !== undefined && end - at >= 4 ? cursor.u32() : undefined;
    if (is.version === undefined || (checksum !== undefined && checksum === is.checksum)) return;
    if (version === is.version) {
      cursor.at = at;
      return;
    }
    const found = checksum === undefined ? `version ${version}` : `checksum ${checksum}`;
    throw new UnsupportedError(`${name} with ${found} is not read: the file describes version ${is.version} with checksum ${is.checksum}`);
  }

  #object(node: ObjectNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    if (!this.#holdsWanted(node)) {
      const pass = () => this.#skip(`an object of class ${node.name} without a byte count is not read`);
      return { live: false, read: (count) => repeat(count, pass) };
    }
    const { read } = this.compile(node.item, levels);
    const inside = () => read(1);
    const one = () => {
      const { version, end } = cursor.header();
      this.#checkClass(node.name, node.is, version, end);
      if (end === undefined) read(1);
      else cursor.within(node.name, end, inside);
    };
    return { live: true, read: (count) => repeat(count, one) };
  }

  /** Whether anything in a node is asked for; where not, and it says how long it is, it is passed over as a whole. */
  #holdsWanted(node: Node): boolean {
    const known = this.#holding.get(node);
    if (known !== undefined) return known;
    const holds = this.#wanted.has(node as LeafNode) || partsOf(node).some((part) => this.#holdsWanted(part));
    this.#holding.set(node, holds);
    return holds;
  }

  #members({ members, apart = false }: MembersNode, levels: readonly LevelSink[]): Compiled {
    const parts = members.map(({ node }) => this.compile(node, levels));
    const live = parts.some((part) => part.live);
    const read = (count: number) => {
      for (const part of parts) part.read(count);
    };
    return { live, read: apart ? (count) => repeat(count, () => read(1)) : read };
  }

  #tobject({ uniqueId, bits, process }: TObjectNode, levels: readonly LevelSink[]): Compiled {
    const cursor = this.#cursor;
    const parts = [uniqueId, bits, ...(process === undefined ? [] : [process])].map((node) => this.compile(node, levels));
    const [readId, readBits, readProcess] = parts.map((part) => part.read) as [Read, Read, Read | undefined];
    const one = () => {
      cursor.header();
      readId(1);
      readBits(1);
      const flags = cursor.view.getUint32(cursor.at - 4);
      if ((flags & IS_REFERENCED) !== 0) cursor.take(2);
      if (readProcess === undefined) return;
      if ((flags & HAS_UUID) !== 0) throw new UnsupportedError('a TRef with a UUID is not read');
      readProcess(1);
    };
    return { live: parts.some((part) => part.live), read: (count) => repeat(count, one) };
  }
}

function repeat(count: number, one: (index: number) => void): void {
  for (let i = 0; i < count; i++) one(i);
}
