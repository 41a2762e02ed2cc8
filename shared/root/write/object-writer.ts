import { BYTE_COUNT_MASK, CLASS_MASK, MAP_OFFSET, NEW_CLASS_TAG } from '../object-header.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type ClassTable, classTable, type Member, type NumberType } from './class-tables.ts';

/** What a member can be. Members that are not given are written as zero, empty text, empty array or null pointer. */
export type Value = number | boolean | string | null | RootObject | ArrayLike<number>;

/**
 * An object to be written: its class and its members, those of base classes included, by ROOT's names. Collections have
 * `items` instead. One RootObject that is pointed to twice is written once.
 */
export interface RootObject {
  readonly className: string;
  readonly members: Readonly<Record<string, Value>>;
  readonly items?: readonly RootObject[];
}

/** Writes objects of one record: references between them are positions in it. */
export class ObjectWriter {
  readonly #out: ByteWriter;
  readonly #origin: number;
  readonly #classes: Set<string>;
  readonly #places = new Map<RootObject | string, number>();

  /** `keyLength`: bytes of the record's key, in front of what is written here; `classes` takes the names of what was written. */
  constructor(out: ByteWriter, keyLength: number, classes: Set<string>) {
    this.#out = out;
    this.#origin = keyLength + MAP_OFFSET - out.length;
    this.#classes = classes;
  }

  /** An object by value: no class name in front. */
  object({ className, members, items = [] }: RootObject): void {
    this.#body(className, members, items);
  }

  /** A pointer: null, a reference to an object written before, or the object with its class. */
  pointer(object: RootObject | null): void {
    const out = this.#out;
    const known = object === null ? 0 : this.#places.get(object);
    if (object === null || known !== undefined) {
      out.i32(known ?? 0);
      return;
    }
    const start = out.reserve(4);
    this.#classTag(object.className);
    this.#places.set(object, start + this.#origin);
    this.object(object);
    this.#closeCount(start);
  }

  #classTag(className: string): void {
    const out = this.#out;
    const known = this.#places.get(className);
    if (known !== undefined) {
      out.i32(CLASS_MASK | known);
      return;
    }
    this.#places.set(className, out.length + this.#origin);
    out.i32(NEW_CLASS_TAG);
    out.cString(className);
  }

  #closeCount(start: number): void {
    this.#out.setI32(start, (this.#out.length - start - 4) | BYTE_COUNT_MASK);
  }

  #body(className: string, members: RootObject['members'], items: readonly RootObject[]): void {
    const out = this.#out;
    const table = classTable(className);
    this.#classes.add(className);
    if (className === 'TObject') {
      out.i16(table.version);
      out.i32(Number(members['fUniqueID'] ?? 0));
      out.i32(Number(members['fBits'] ?? 0));
      return;
    }
    const start = out.reserve(4);
    if (className === 'THashList' || className === 'TList') this.#list(items);
    else if (className === 'TObjArray') this.#array(items);
    else this.#members(table, members);
    this.#closeCount(start);
  }

  #members(table: ClassTable, members: RootObject['members']): void {
    // A class without ClassDef has no version of its own: 0 and the checksum say which it is.
    if (table.name.startsWith('ROOT::')) {
      this.#out.i16(0);
      this.#out.i32(table.checksum);
    } else this.#out.i16(table.version);
    for (const member of table.members) this.#member(member, members);
  }

  #list(items: readonly RootObject[]): void {
    this.#collection('TList', items);
    for (const item of items) {
      this.pointer(item);
      this.#out.string('');
    }
  }

  #array(items: readonly RootObject[]): void {
    this.#collection('TObjArray', items);
    this.#out.i32(0);
    for (const item of items) this.pointer(item);
  }

  #collection(className: string, items: readonly RootObject[]): void {
    for (const base of ['TCollection', 'TSeqCollection', className]) this.#classes.add(base);
    this.#out.i16(classTable(className).version);
    this.#body('TObject', {}, []);
    this.#out.string('');
    this.#out.i32(items.length);
  }

  #member({ kind, name, number, className, counter }: Member, members: RootObject['members']): void {
    const value = members[name] ?? null;
    switch (kind) {
      case 'base':
        // An array as a base class (TH1D) is the only base whose value is not spread over `members`.
        if (className.startsWith('TArray')) this.#arrayObject(className, value as ArrayLike<number> | null);
        else this.#body(className, members, []);
        break;
      case 'number':
        this.#number(number, Number(value ?? 0));
        break;
      case 'array':
        this.#numbers(number, value as ArrayLike<number>);
        break;
      case 'counted':
        this.#out.u8(Number(members[counter] ?? 0) > 0 ? 1 : 0);
        this.#numbers(number, (value ?? []) as ArrayLike<number>);
        break;
      case 'string':
        this.#out.string(String(value ?? ''));
        break;
      case 'pointer':
        this.pointer(value as RootObject | null);
        break;
      default:
        if (className.startsWith('TArray')) this.#arrayObject(className, value as ArrayLike<number> | null);
        else this.object((value as RootObject | null) ?? { className, members: {} });
    }
  }

  #arrayObject(className: string, values: ArrayLike<number> | null): void {
    this.#out.i32(values?.length ?? 0);
    this.#numbers(className === 'TArrayD' ? 'double' : 'int', values ?? []);
  }

  #numbers(type: NumberType, values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.#number(type, values[i] ?? 0);
  }

  #number(type: NumberType, value: number): void {
    const out = this.#out;
    switch (type) {
      case 'char':
      case 'uchar':
      case 'bool':
        out.u8(value);
        break;
      case 'short':
      case 'ushort':
        out.i16(value);
        break;
      case 'float':
        out.f32(value);
        break;
      case 'double':
        out.f64(value);
        break;
      case 'long64':
        out.i64(value);
        break;
      default:
        out.i32(value);
        break;
    }
  }
}
