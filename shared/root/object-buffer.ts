/**
 * ROOT's object streaming: version headers, and pointers to objects, where each object is stored once, with the class
 * named at its first occurrence, and referred to by its place in the buffer afterwards (TBufferFile::ReadObjectAny).
 */
import type { Cursor } from './cursor.ts';
import { BYTE_COUNT_MASK, byteCountOf, CLASS_MASK, MAP_OFFSET, NEW_CLASS_TAG } from './object-header.ts';

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
    const bytes = byteCountOf(cursor.u32());
    if (bytes !== undefined) {
      const end = start + 4 + bytes;
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

/** A part of a buffer that is read when somebody asks for it. */
interface PostponedPart {
  readonly start: number;
  readonly end: number;
  /** How deep the objects nest that it is a part of. */
  readonly depth: number;
  /** Parts of it that are postponed again, in order; known once it is read. */
  readonly inner: PostponedPart[];
  /** It is read, or somebody is just reading it. */
  isBegun: boolean;
  readonly read: () => unknown;
}

/** A buffer in which objects point at each other. */
export class ObjectBuffer {
  readonly cursor: Cursor;
  readonly #base: number;
  readonly #objects = new Map<number, unknown>();
  readonly #classes = new Map<number, string>();
  /** Where parts are postponed now: those of the buffer, or of the part that is being read. */
  #parts: PostponedPart[] = [];
  readonly #allParts = this.#parts;
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
      return this.#known(this.#objects, tag);
    }
    const className =
      tag === NEW_CLASS_TAG ? this.#nameClass(end === undefined ? start : start + 4) : this.#known(this.#classes, tag & ~CLASS_MASK);
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

  /**
   * Goes on behind `end`, and reads what is in between, by `read`, when the answer is first called, or a pointer leads to something
   * in there. Of a tree with a thousand branches few are ever asked for.
   */
  postpone<T>(end: number, read: () => T): () => T {
    let result: { readonly value: T } | { readonly error: unknown } | undefined;
    const readOnce = (): T => {
      result ??= this.#attempt(part, read);
      if ('error' in result) throw result.error;
      return result.value;
    };
    const start = this.cursor.offset;
    const part: PostponedPart = { start, end, depth: this.#depth, inner: [], isBegun: false, read: readOnce };
    this.cursor.seek(end);
    this.#parts.push(part);
    return readOnce;
  }

  #attempt<T>(part: PostponedPart, read: () => T): { readonly value: T } | { readonly error: unknown } {
    const { cursor } = this;
    const before = { offset: cursor.offset, depth: this.#depth, parts: this.#parts };
    part.isBegun = true;
    cursor.offset = part.start;
    this.#depth = part.depth;
    this.#parts = part.inner;
    try {
      return { value: read() };
    } catch (error) {
      return { error };
    } finally {
      cursor.offset = before.offset;
      this.#depth = before.depth;
      this.#parts = before.parts;
    }
  }

  /** What stands at a place in front of here; parts that it may stand in are read first. */
  #known<T>(all: ReadonlyMap<number, T>, place: number): T | undefined {
    const offset = place - this.#base - MAP_OFFSET;
    let parts: readonly PostponedPart[] = offset < this.cursor.offset ? this.#allParts : [];
    while (!all.has(place)) {
      const part = parts[lastUpTo(parts, offset)];
      if (part === undefined || part.end <= offset) return undefined;
      if (!part.isBegun) part.read();
      parts = part.inner;
    }
    return all.get(place);
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

/** Index of the last part that starts at or in front of `offset`; -1 if there is none. */
function lastUpTo(parts: readonly PostponedPart[], offset: number): number {
  let low = -1;
  let high = parts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    // In range: low < middle < high.
    if ((parts[middle] as PostponedPart).start <= offset) low = middle;
    else high = middle;
  }
  return low;
}
