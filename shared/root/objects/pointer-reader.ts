/**
 * Pointers to objects. An object is stored where the first pointer to it is, with its class' name where that is the first
 * of its class; others refer to the places of both in the basket, which are read again where they are.
 */
import { UnsupportedError } from '../../errors.ts';
import { byteCountOf, CLASS_MASK, NEW_CLASS_TAG } from '../object-header.ts';
import type { EntryCursor } from './entry-cursor.ts';
import type { OffsetSink } from './sinks.ts';
import { parseTypeName } from './type-name.ts';

const MOST_NAME_BYTES = 1024;

export class PointerReader {
  readonly #cursor: EntryCursor;
  readonly #name: string;
  readonly #readObject: ((count: number) => void) | undefined;
  readonly #offsets: OffsetSink | undefined;

  /** `readObject` is undefined where the objects are not asked for. */
  constructor(cursor: EntryCursor, name: string, readObject: ((count: number) => void) | undefined, offsets: OffsetSink | undefined) {
    this.#cursor = cursor;
    this.#name = name;
    this.#readObject = readObject;
    this.#offsets = offsets;
  }

  read(count: number): void {
    for (let i = 0; i < count; i++) this.#readOne();
  }

  #readOne(): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    const first = cursor.u32();
    const bytes = byteCountOf(first);
    if (bytes === undefined) {
      this.#readTagged(first, start, start, undefined);
      return;
    }
    const end = start + 4 + bytes;
    if (end > cursor.end) cursor.fail(`an object ends ${end - cursor.end} bytes behind its entry`);
    if (this.#readObject === undefined) cursor.at = end;
    else this.#readTagged(cursor.u32(), start, start + 4, end);
  }

  #readTagged(tag: number, start: number, tagAt: number, end: number | undefined): void {
    const cursor = this.#cursor;
    if (tag === 0) this.#offsets?.add(0);
    else if (tag < CLASS_MASK) this.#follow(tag, start);
    else {
      const name = tag === NEW_CLASS_TAG ? this.#className() : this.#classNameAt(tag - CLASS_MASK, tagAt);
      if (this.#readObject === undefined) throw new UnsupportedError(`a pointer to a ${name} without a byte count is not read`);
      if ((parseTypeName(name)?.text ?? name) !== this.#name)
        throw new UnsupportedError(`a pointer to an object of class ${name}, where the type is ${this.#name}, is not read`);
      const read = this.#readObject;
      if (end === undefined) read(1);
      else cursor.within(name, end, () => read(1));
      this.#offsets?.add(1);
      return;
    }
    if (end !== undefined && cursor.at !== end) cursor.fail('a pointer with bytes behind it');
  }

  /** Reads the object that another pointer of this entry brought. */
  #follow(tag: number, start: number): void {
    const cursor = this.#cursor;
    const { at, end } = cursor;
    const place = tag - cursor.bias;
    if (this.#readObject === undefined) return;
    if (!(place >= cursor.start && place < start)) cursor.fail(`a pointer to something outside of its entry (${tag})`);
    if (cursor.again < 0) throw new UnsupportedError('an entry with more pointers to the same objects than are followed');
    cursor.at = place;
    this.#readOne();
    cursor.again -= cursor.at - place;
    cursor.at = at;
    cursor.end = end;
  }

  #classNameAt(tag: number, tagAt: number): string {
    const cursor = this.#cursor;
    const { at } = cursor;
    const place = tag - cursor.bias;
    if (!(place >= cursor.start && place < tagAt)) cursor.fail('a pointer to a class that was not named before');
    cursor.at = place;
    if (cursor.u32() !== NEW_CLASS_TAG) cursor.fail('a pointer to a class that was not named before');
    const name = this.#className();
    cursor.at = at;
    return name;
  }

  #className(): string {
    const cursor = this.#cursor;
    const stop = cursor.bytes.subarray(0, Math.min(cursor.end, cursor.at + MOST_NAME_BYTES)).indexOf(0, cursor.at);
    if (stop < 0) return cursor.fail('the name of a class without an end');
    const at = cursor.take(stop + 1 - cursor.at);
    return String.fromCharCode(...cursor.bytes.subarray(at, stop));
  }
}
