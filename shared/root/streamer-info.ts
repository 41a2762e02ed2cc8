/**
 * TStreamerInfo: a file's own description of how its classes are stored. Everything but the description itself and
 * ROOT's collections is read by it, so that class versions newer than this code are read as well.
 */
import { Cursor } from './cursor.ts';
import { ObjectBuffer, readVersion, skipTObject } from './object-buffer.ts';
import { parseTypeName } from './objects/type-name.ts';

/** One member (or base) of a class. */
export interface StreamerElement {
  /** TStreamerBase, TStreamerBasicType, TStreamerSTL ... */
  readonly kind: string;
  readonly name: string;
  readonly title: string;
  /** ROOT's type code, see type-codes.ts. */
  readonly type: number;
  readonly arrayLength: number;
  readonly dimensions: readonly number[];
  readonly typeName: string;
  /** Name of the member that counts a variable-length array; TStreamerBasicPointer and TStreamerLoop only. */
  readonly countName: string;
}

export interface StreamerInfo {
  readonly className: string;
  readonly version: number;
  readonly checksum: number;
  readonly elements: readonly StreamerElement[];
}

/** The classes a file describes. */
export class StreamerCatalogue {
  readonly #byClass = new Map<string, StreamerInfo[]>();
  #byPlainName: Map<string, StreamerInfo[]> | undefined;

  constructor(infos: readonly StreamerInfo[]) {
    for (const info of infos) {
      const versions = this.#byClass.get(info.className);
      if (versions === undefined) this.#byClass.set(info.className, [info]);
      else versions.push(info);
    }
  }

  /** The description of a class at a version, or undefined. */
  find(className: string, version: number): StreamerInfo | undefined {
    return this.#byClass.get(className)?.find((info) => info.version === version);
  }

  /** The description of a class' last version, however its name is written. */
  latest(className: string): StreamerInfo | undefined {
    this.#byPlainName ??= new Map([...this.#byClass].map(([name, versions]) => [plainName(name), versions]));
    const infos = this.#byClass.get(className) ?? this.#byPlainName.get(plainName(className));
    return infos?.reduce((last, info) => (info.version > last.version ? info : last));
  }

  /** The description with this checksum: classes without a version of their own are stored with that. */
  findByChecksum(className: string, checksum: number): StreamerInfo | undefined {
    return this.#byClass.get(className)?.find((info) => info.checksum === checksum);
  }
}

function plainName(className: string): string {
  return parseTypeName(className)?.text ?? className;
}

/**
 * Reads the list of TStreamerInfo objects that ends a file; the elements of each are read when they are asked for. `payload` starts
 * `keyLength` bytes behind its key.
 */
export function parseStreamerInfos(payload: Uint8Array, keyLength: number, origin: number): StreamerInfo[] {
  const buffer = new ObjectBuffer(new Cursor(payload, origin), keyLength);
  const infos: StreamerInfo[] = [];
  for (const item of readInfoList(buffer)) if (item !== undefined) infos.push(item);
  return infos;
}

function readInfoList(buffer: ObjectBuffer): (StreamerInfo | undefined)[] {
  const { cursor } = buffer;
  readVersion(cursor);
  skipTObject(cursor);
  cursor.string();
  const count = cursor.i32();
  if (count < 0 || count > cursor.remaining) cursor.fail(`list of ${count} classes`);
  const infos: (StreamerInfo | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    const info = buffer.readAny((className) => (className === 'TStreamerInfo' ? parseStreamerInfo(buffer) : undefined));
    if (info !== undefined && !has(info, 'elements')) cursor.fail('something else in the list of classes');
    infos.push(info as StreamerInfo | undefined);
    cursor.take(cursor.u8()); // the option that TList keeps with each item
  }
  return infos;
}

function parseStreamerInfo(buffer: ObjectBuffer): StreamerInfo {
  const { cursor } = buffer;
  readVersion(cursor);
  const { name } = readNamed(cursor);
  const checksum = cursor.u32();
  const version = cursor.i32();
  const list = buffer.readAny((className) => {
    if (className !== 'TObjArray') cursor.fail(`${className} where a TObjArray of elements belongs`);
    const { end } = readVersion(cursor);
    if (end === undefined) return cursor.fail('a TObjArray of elements without a byte count');
    return { readElements: buffer.postpone(end, () => readElementList(buffer)) } satisfies ElementList;
  });
  if (list !== undefined && !has(list, 'readElements')) cursor.fail('something else where a TObjArray of elements belongs');
  return {
    className: name,
    version,
    checksum,
    get elements() {
      return (list as ElementList | undefined)?.readElements() ?? [];
    },
  };
}

interface ElementList {
  readonly readElements: () => readonly StreamerElement[];
}

/** What a pointer leads to may be of any kind in a damaged file. */
function has(object: unknown, member: keyof StreamerInfo | keyof StreamerElement | keyof ElementList): boolean {
  return typeof object === 'object' && object !== null && member in object;
}

function readElementList(buffer: ObjectBuffer): StreamerElement[] {
  const { cursor } = buffer;
  skipTObject(cursor);
  cursor.string();
  const count = cursor.i32();
  cursor.i32(); // lower bound
  if (count < 0 || count > cursor.remaining) cursor.fail(`class with ${count} elements`);
  const elements: StreamerElement[] = [];
  for (let i = 0; i < count; i++) {
    const element = buffer.readAny((className) => parseElement(cursor, className));
    if (element !== undefined && !has(element, 'typeName')) cursor.fail('something else in the list of elements');
    if (element !== undefined) elements.push(element as StreamerElement);
  }
  return elements;
}

const COUNTED = new Set(['TStreamerBasicPointer', 'TStreamerLoop']);

function parseElement(cursor: Cursor, kind: string): StreamerElement {
  readVersion(cursor); // of the subclass; its end is known to the caller
  if (kind === 'TStreamerSTLstring') readVersion(cursor); // a subclass of a subclass
  const base = readVersion(cursor);
  const { name, title } = readNamed(cursor);
  const type = cursor.i32();
  cursor.i32(); // size in memory
  const arrayLength = cursor.i32();
  const dimensionCount = cursor.i32();
  const stored = base.version === 1 ? cursor.i32() : 5;
  if (stored < 0 || stored > 5) cursor.fail(`element ${name} with ${stored} dimensions`);
  const sizes = Array.from({ length: stored }, () => cursor.i32());
  const typeName = cursor.string();
  if (base.end !== undefined) cursor.seek(base.end);
  let countName = '';
  if (COUNTED.has(kind)) {
    cursor.i32(); // version of the class that counts
    countName = cursor.string();
  }
  return { kind, name, title, type, arrayLength, dimensions: sizes.slice(0, Math.max(dimensionCount, 0)), typeName, countName };
}

function readNamed(cursor: Cursor): { name: string; title: string } {
  const { end } = readVersion(cursor);
  skipTObject(cursor);
  const name = cursor.string();
  const title = cursor.string();
  if (end !== undefined) cursor.seek(end);
  return { name, title };
}
