/**
 * ROOT's object streaming: version headers, and pointers to objects, where each object is stored once, with the class
 * named at its first occurrence, and referred to by its place in the buffer afterwards (TBufferFile::ReadObjectAny).
 */
import type { Cursor } from './cursor.ts';

const BYTE_COUNT_MASK = 0x40000000;
const NEW_CLASS_TAG = 0xffffffff;
const CLASS_MASK = 0x80000000;
/** Places in the reference map are shifted by this much. */
const MAP_OFFSET = 2;
/** Pointers may nest this deep: more is a crafted file. */
const MAX_DEPTH = 100;

export interface VersionHeader {
  readonly version: number;
  /** Where the object ends; undefined where it was written without a byte count. */
  readonly end: number | undefined;
}

/** Reads an object's version, with its byte count where there is one. */
export function readVersion(cursor: Cursor): VersionHeader {
  const start = cursor.offset;
  if (cursor.remaining >= 6) {
    const count = cursor.u32();
    if ((count & BYTE_COUNT_MASK) !== 0 && count < CLASS_MASK) {
      const end = start + 4 + (count & ~BYTE_COUNT_MASK);
      if (end > cursor.end) cursor.fail(`object ends ${end - cursor.end} bytes behind its buffer`);
      return { version: cursor.i16(), end };
    }
    cursor.offset = start;
  }
  return { version: cursor.i16(), end: undefined };
}

/** Passes over a TObject base (version, unique id, bits, and the process id that a referenced object carries); gives its unique id. */
export function skipTObject(cursor: Cursor): number {
  const version = readVersion(cursor);
  const uniqueId = cursor.u32();
  if (version.end !== undefined) {
    cursor.seek(version.end);
    return uniqueId;
  }
  const bits = cursor.u32();
  if ((bits & 0x10) !== 0) cursor.u16();
  return uniqueId;
}

/** Reads an object of a class; `start` is where its pointer began, see {@link ObjectBuffer.register}. */
export type ReadObject = (className: string, start: number) => unknown;

/** A buffer in which objects point at each other. */
export class ObjectBuffer {
  readonly cursor: Cursor;
  readonly #base: number;
  readonly #objects = new Map<number, unknown>();
  readonly #classes = new Map<number, string>();
  #depth = 0;

  /** `keyLength`: bytes of the key in front of the buffer; places in the reference map count them. */
  constructor(cursor: Cursor, keyLength: number) {
    this.cursor = cursor;
    this.#base = keyLength - cursor.offset;
  }

  /**
   * Reads a pointer. `read` is called for an object stored here, with its class; null pointers give undefined, and
   * references the object seen before. What `read` leaves unread of a counted object is passed over.
   */
  readAny(read: ReadObject): unknown {
    const { cursor } = this;
    const start = cursor.offset;
    const count = cursor.u32();
    if ((count & BYTE_COUNT_MASK) === 0 || count === NEW_CLASS_TAG) {
      return this.#readTagged(count, undefined, start, read);
    }
    const end = start + 4 + (count & ~BYTE_COUNT_MASK & ~CLASS_MASK);
    if (end > cursor.end) cursor.fail(`object ends ${end - cursor.end} bytes behind its buffer`);
    return this.#readTagged(cursor.u32(), end, start, read);
  }

  #readTagged(tag: number, end: number | undefined, start: number, read: ReadObject): unknown {
    const { cursor } = this;
    if (tag === 0) return undefined;
    if ((tag & CLASS_MASK) === 0) {
      if (end !== undefined) cursor.seek(end);
      return this.#objects.get(tag);
    }
    const className = tag === NEW_CLASS_TAG ? this.#nameClass(end === undefined ? start : start + 4) : this.#classes.get(tag & ~CLASS_MASK);
    if (className === undefined) return cursor.fail('pointer to a class that was not named before');
    if (++this.#depth > MAX_DEPTH) cursor.fail(`objects nest deeper than ${MAX_DEPTH}`);
    const object = read(className, start);
    this.#depth--;
    this.#objects.set(this.#place(start), object);
    if (end !== undefined) cursor.seek(end);
    return object;
  }

  /** Registers an object before its members are read, so that they can point back at it. */
  register(start: number, object: unknown): void {
    this.#objects.set(this.#place(start), object);
  }

  #nameClass(tagStart: number): string {
    const className = this.cursor.cString();
    this.#classes.set(this.#place(tagStart), className);
    return className;
  }

  #place(offset: number): number {
    return offset + this.#base + MAP_OFFSET;
  }
}
