/**
 * Reads objects (TTree, TBranch, TH1 ...) by the file's own class descriptions. The result is plain: members by their
 * C++ names, bases' members among them, arrays as arrays. Only what ROOT streams by hand is coded here.
 */
import { RootFormatError, UnsupportedError } from '../errors.ts';
import { parseEmbeddedBasket } from './basket.ts';
import { Cursor } from './cursor.ts';
import { ObjectBuffer, readVersion, skipTObject, type VersionHeader } from './object-buffer.ts';
import { type PackedType, packingOf, unpackFloat } from './objects/packed-float.ts';
import type { StreamerCatalogue, StreamerElement, StreamerInfo } from './streamer-info.ts';
import { CODE, COUNTED_ARRAY, FIXED_ARRAY, PACKED_CODES } from './type-codes.ts';

/** An object as read: its class and its members. */
export interface RootObject {
  readonly className: string;
  /** Of branches and of arrays of objects read when they are first asked for: damage in there shows only then. */
  readonly members: Record<string, unknown>;
  /** Of branches: what they are called, known without reading their members. */
  readonly name?: string;
  /** Set where the class could not be read: why. Its bytes were passed over. */
  readonly unreadable?: string;
}

/** Type code of a member that is not stored. */
const IN_MEMORY_ONLY = -1;

/** Classes whose members must come out whole: a difference in length is damage, not an unknown streamer. */
const STRICT =
  /^(TTree|TNtuple|TNtupleD|TBranch|TBranchElement|TBranchRef|TBranchObject|TLeaf\w*|ROOT::TIOFeatures|TH[123]\w|TAxis|TProfile\w*)$/;

/** Classes whose members are read when they are asked for. */
const POSTPONED: ReadonlySet<string> = new Set(['TBranch', 'TBranchElement']);

type BasicReader = (cursor: Cursor) => number | boolean;

/** Numbers that are not packed, by code. */
const BASIC: Readonly<Record<number, BasicReader>> = {
  1: (c) => c.i8(),
  2: (c) => c.i16(),
  3: (c) => c.i32(),
  4: (c) => c.i64(),
  5: (c) => c.f32(),
  6: (c) => c.i32(),
  8: (c) => c.f64(),
  10: (c) => c.i8(),
  11: (c) => c.u8(),
  12: (c) => c.u16(),
  13: (c) => c.u32(),
  14: (c) => c.u64(),
  15: (c) => c.u32(),
  16: (c) => c.i64(),
  17: (c) => c.u64(),
  18: (c) => c.u8() !== 0,
};

const BASIC_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 2,
  3: 4,
  4: 8,
  5: 4,
  6: 4,
  8: 8,
  10: 1,
  11: 1,
  12: 2,
  13: 4,
  14: 8,
  15: 4,
  16: 8,
  17: 8,
  18: 1,
};

/** Reads the object whose payload this is. `keyLength` and `origin` (file position) belong to its key. */
export function readObject(
  className: string,
  payload: Uint8Array,
  { keyLength, origin, streamers }: { keyLength: number; origin: number; streamers: StreamerCatalogue },
): RootObject {
  const reader = new ObjectReader(new ObjectBuffer(new Cursor(payload, origin), keyLength), streamers);
  const object = reader.read(className);
  if (object.unreadable !== undefined) throw new UnsupportedError(object.unreadable, { object: className });
  return object;
}

class ObjectReader {
  readonly #buffer: ObjectBuffer;
  readonly #cursor: Cursor;
  readonly #streamers: StreamerCatalogue;

  constructor(buffer: ObjectBuffer, streamers: StreamerCatalogue) {
    this.#buffer = buffer;
    this.#cursor = buffer.cursor;
    this.#streamers = streamers;
  }

  read(className: string, register: (object: unknown) => void = () => {}): RootObject {
    const byHand = this.#readByHand(className);
    if (byHand !== undefined) return byHand;
    const branch = POSTPONED.has(className) ? this.#postponeBranch(className) : undefined;
    if (branch !== undefined) {
      register(branch);
      return branch;
    }
    const object: { className: string; members: Record<string, unknown>; unreadable?: string } = { className, members: {} };
    register(object);
    const start = this.#cursor.offset;
    const header = readVersion(this.#cursor);
    try {
      this.#readMembers(className, header, object.members);
    } catch (error) {
      if (STRICT.test(className) || header.end === undefined || !(error instanceof RootFormatError || error instanceof UnsupportedError))
        throw error;
      object.unreadable = error.reason;
      this.#cursor.offset = header.end;
    }
    this.#checkEnd(className, header, start);
    return object;
  }

  /** A branch of which only the name is read; undefined, and nothing passed over, where it does not say where it ends or has no name. */
  #postponeBranch(className: string): RootObject | undefined {
    const start = this.#cursor.offset;
    const header = readVersion(this.#cursor);
    const { end } = header;
    const content = this.#cursor.offset;
    const name = end === undefined ? undefined : this.#leadingName(className, header);
    if (end === undefined || name === undefined) {
      this.#cursor.offset = start;
      return undefined;
    }
    this.#cursor.offset = content;
    const read = (): Record<string, unknown> => {
      const members = {};
      this.#readMembers(className, header, members);
      this.#checkEnd(className, header, start);
      return members;
    };
    return postponed(className, this.#buffer.postpone(end, read), name);
  }

  /** The name of an object whose first base, or the first base of that, is a TNamed: it stands in front of all else. */
  #leadingName(className: string, header: VersionHeader): string | undefined {
    const [first] = this.#infoOf(className, header).elements;
    if (first?.kind !== 'TStreamerBase') return undefined;
    const base = readVersion(this.#cursor);
    if (first.name !== 'TNamed') return this.#leadingName(first.name, base);
    skipTObject(this.#cursor);
    return this.#cursor.string();
  }

  #checkEnd(className: string, { end }: VersionHeader, start: number): void {
    if (end === undefined || this.#cursor.offset === end) return;
    if (STRICT.test(className)) {
      this.#cursor.fail(`${className} should be ${end - start} bytes long and its members take ${this.#cursor.offset - start}`);
    }
    this.#cursor.seek(end);
  }

  /** Members of a class (its bases' included) into `members`. */
  #readMembers(className: string, header: VersionHeader, members: Record<string, unknown>): void {
    for (const element of this.#infoOf(className, header).elements) this.#readElement(element, members);
  }

  #infoOf(className: string, header: VersionHeader): StreamerInfo {
    const info = this.#foreignInfo(className, header) ?? this.#streamers.find(className, header.version);
    if (info === undefined) throw new UnsupportedError(`the file does not describe class ${className} version ${header.version}`);
    return info;
  }

  /** Classes without a version of their own have their checksum in its place. A few of ROOT's classes (TH1L) are just version 0. */
  #foreignInfo(className: string, { version, end }: VersionHeader): StreamerInfo | undefined {
    const start = this.#cursor.offset;
    if (version !== 0 || end === undefined || end - start < 4) return undefined;
    const info = this.#streamers.findByChecksum(className, this.#cursor.u32());
    if (info === undefined) this.#cursor.offset = start;
    return info;
  }

  #readElement(element: StreamerElement, members: Record<string, unknown>): void {
    if (element.kind === 'TStreamerBase') this.#readBase(element.name, members);
    else if (element.type !== IN_MEMORY_ONLY) members[element.name] = this.#readValue(element, members);
  }

  #readBase(className: string, members: Record<string, unknown>): void {
    if (className === 'TObject') skipTObject(this.#cursor);
    else if (className.startsWith('TArray')) members['fArray'] = this.#readTArray(className);
    else this.#readDescribedBase(className, members);
  }

  #readDescribedBase(className: string, members: Record<string, unknown>): void {
    const start = this.#cursor.offset;
    const header = readVersion(this.#cursor);
    this.#readMembers(className, header, members);
    this.#checkEnd(className, header, start);
  }

  #readValue(element: StreamerElement, members: Record<string, unknown>): unknown {
    const { type } = element;
    const packed = PACKED_CODES[type];
    if (packed !== undefined) return this.#readPacked(packed, element);
    const basic = BASIC[type];
    if (basic !== undefined) return basic(this.#cursor);
    if (BASIC[type - FIXED_ARRAY] !== undefined) return this.#readBasics(type - FIXED_ARRAY, element.arrayLength);
    if (BASIC[type - COUNTED_ARRAY] !== undefined) return this.#readCounted(element, members);
    switch (type) {
      case CODE.charStar:
        return this.#cursor.text(this.#cursor.u32());
      case CODE.tString:
      case CODE.stlString:
        return this.#cursor.string();
      case CODE.tObject:
        return skipTObject(this.#cursor);
      case CODE.tNamed:
        return this.read('TNamed');
      case CODE.object:
      case CODE.any:
      case CODE.objectPointerSet:
      case CODE.anyPointerSet:
        return this.read(element.typeName.replace(/\*+$/, ''));
      case CODE.objectPointer:
      case CODE.anyPointer:
        return this.readPointer();
      case CODE.stl:
      case CODE.streamer:
        return this.#readStl(element);
      default:
        throw new UnsupportedError(`member ${element.name} of type ${element.typeName} (code ${type})`);
    }
  }

  #readPacked(kind: PackedType, { name, title }: StreamerElement): number {
    const packing = packingOf(kind, title);
    if (packing === undefined) throw new UnsupportedError(`member ${name} of type ${kind} with '${title}'`);
    if (packing === 'float') return this.#cursor.f32();
    const bytes = this.#cursor.slice(packing.bytes);
    return unpackFloat(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, packing);
  }

  readPointer(): unknown {
    return this.#buffer.readAny((className, start) => this.read(className, (object) => this.#buffer.register(start, object)));
  }

  #readBasics(code: number, count: number): unknown[] {
    const read = BASIC[code];
    const bytes = BASIC_BYTES[code];
    if (read === undefined || bytes === undefined) throw new UnsupportedError(`array of type code ${code}`);
    if (count < 0 || count * bytes > this.#cursor.remaining)
      this.#cursor.fail(`array of ${count} elements where ${this.#cursor.remaining} bytes are left`);
    const values = new Array<unknown>(count);
    for (let i = 0; i < count; i++) values[i] = read(this.#cursor);
    return values;
  }

  #readCounted(element: StreamerElement, members: Record<string, unknown>): unknown[] {
    const present = this.#cursor.u8();
    if (present === 0) return [];
    const count = members[element.countName];
    if (typeof count !== 'number') return this.#cursor.fail(`array ${element.name} without its count ${element.countName}`);
    return this.#readBasics(element.type - COUNTED_ARRAY, count);
  }

  #readStl(element: StreamerElement): unknown {
    const start = this.#cursor.offset;
    const header = readVersion(this.#cursor);
    const text = /^(?:std::)?string$/.test(element.typeName);
    const value = text ? this.#cursor.string() : undefined;
    if (header.end === undefined) this.#cursor.fail(`${element.typeName} without a byte count`);
    if (text) this.#checkEnd(element.typeName, header, start);
    else this.#cursor.seek(header.end ?? start);
    return value;
  }

  /** Collections and arrays, which ROOT streams by code and not by description. */
  #readByHand(className: string): RootObject | undefined {
    switch (className) {
      case 'TObjArray':
        return this.#readObjArray();
      case 'TList':
      case 'THashList':
        return { className, members: { items: this.#readList() } };
      case 'TString':
        return { className, members: { value: this.#cursor.string() } };
      case 'TObjString':
        return { className, members: this.#readObjString() };
      case 'TBasket':
        return { className, members: { basket: parseEmbeddedBasket(this.#cursor) } };
      case 'TDatime':
        return { className, members: { value: this.#cursor.u32() } };
      default:
        return className.startsWith('TArray') ? { className, members: { values: this.#readTArray(className) } } : undefined;
    }
  }

  #readObjArray(): RootObject {
    const className = 'TObjArray';
    const { version, end } = readVersion(this.#cursor);
    const read = () => {
      if (version > 2) skipTObject(this.#cursor);
      if (version > 1) this.#cursor.string();
      const count = this.#cursor.i32();
      this.#cursor.i32(); // lower bound
      return { items: this.#readItems(count, end, 4) };
    };
    return end === undefined ? { className, members: read() } : postponed(className, this.#buffer.postpone(end, read));
  }

  #readList(): unknown[] {
    const { version, end } = readVersion(this.#cursor);
    if (version <= 3) throw new UnsupportedError(`TList version ${version}`);
    skipTObject(this.#cursor);
    this.#cursor.string();
    const count = this.#cursor.i32();
    return this.#readItems(count, end, 5, () => this.#cursor.take(this.#cursor.u8()));
  }

  #readItems(count: number, end: number | undefined, itemBytes: number, after: () => void = () => {}): unknown[] {
    if (count < 0 || count * itemBytes > this.#cursor.remaining)
      this.#cursor.fail(`collection of ${count} objects where ${this.#cursor.remaining} bytes are left`);
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) {
      // A null pointer, as most in a list of baskets are.
      items.push(this.#cursor.passZero() ? undefined : this.readPointer());
      after();
    }
    if (end !== undefined) this.#cursor.seek(end);
    return items;
  }

  /** The unique id is the number of the bin, where the text is its label. */
  #readObjString(): { uniqueId: number; value: string } {
    const { end } = readVersion(this.#cursor);
    const uniqueId = skipTObject(this.#cursor);
    const value = this.#cursor.string();
    if (end !== undefined) this.#cursor.seek(end);
    return { uniqueId, value };
  }

  #readTArray(className: string): unknown[] {
    const code = { TArrayC: 1, TArrayS: 2, TArrayI: 3, TArrayL: 4, TArrayF: 5, TArrayD: 8, TArrayL64: 16 }[className];
    if (code === undefined) throw new UnsupportedError(`array class ${className}`);
    return this.#readBasics(code, this.#cursor.i32());
  }
}

function postponed(className: string, read: () => Record<string, unknown>, name?: string): RootObject {
  return {
    className,
    ...(name !== undefined && { name }),
    get members() {
      return read();
    },
  };
}
