/** One column of a branch of strings, collections or objects, batch after batch. */
import { isPipelineError, RootFormatError, UnsupportedError } from '../../errors.ts';
import { type Column, type ColumnType, makeColumn } from '../column-type.ts';
import { MAP_OFFSET } from '../object-header.ts';
import { Compiler, type LeafSink, type Read } from './compile.ts';
import { EntryCursor } from './entry-cursor.ts';
import type { LeafNode, Node } from './nodes.ts';

/** What an entry holds, and which of its values make a column. */
export interface ObjectLayout {
  readonly kind: 'objects';
  readonly type: ColumnType;
  readonly root: Node;
  readonly leaf: LeafNode;
}

/** The entries of a basket: their bytes, and where each starts, if the basket says so. */
export interface EntryBytes {
  readonly bytes: Uint8Array;
  /** Entry `index` of the basket; undefined where the basket does not say. */
  readonly startOf: ((index: number) => number) | undefined;
  readonly entries: number;
  /** Entry of the tree that the basket starts with. */
  readonly firstEntry: number;
  /** Bytes of the key in front of it, which pointers count. */
  readonly keyLength: number;
}

export class ObjectColumn {
  readonly #cursor = new EntryCursor();
  readonly #type: ColumnType;
  readonly #sink: LeafSink;
  readonly #read: Read;
  /** The same without any values. */
  readonly #pass: Read;

  constructor({ root, leaf, type }: ObjectLayout) {
    const compiler = new Compiler(this.#cursor, new Set([leaf]));
    this.#type = type;
    this.#read = compiler.compile(root).read;
    this.#pass = new Compiler(this.#cursor, new Set()).compile(root).read;
    this.#sink = compiler.sinks.get(leaf) as LeafSink; // it is one of the root's
  }

  /**
   * Appends entries [from, to), counted from the basket's first.
   * @throws RootFormatError and UnsupportedError that name the entry
   */
  append(basket: EntryBytes, from: number, to: number): void {
    const { bytes, startOf, entries, keyLength } = basket;
    const cursor = this.#cursor;
    cursor.bytes = bytes;
    cursor.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    cursor.bias = keyLength + MAP_OFFSET;
    cursor.at = 0;
    for (let entry = startOf === undefined ? 0 : from; entry < (startOf === undefined && to === entries ? entries : to); entry++) {
      try {
        this.#appendEntry(basket, entry, entry < from ? this.#pass : this.#read);
      } catch (error) {
        throw inEntry(error, basket.firstEntry + entry);
      }
    }
    if (startOf === undefined && to === entries && cursor.at !== bytes.length)
      cursor.fail(`${entries} entries take ${cursor.at} bytes of a basket of ${bytes.length}`);
  }

  #appendEntry({ bytes, startOf, entries }: EntryBytes, entry: number, read: Read): void {
    const cursor = this.#cursor;
    const start = startOf?.(entry) ?? cursor.at;
    const end = startOf === undefined || entry + 1 === entries ? bytes.length : startOf(entry + 1);
    if (!(start >= 0 && start <= end && end <= bytes.length)) cursor.fail(`it stands at bytes ${start}..${end} of ${bytes.length}`);
    cursor.enter(start, end);
    read(1);
    if (startOf !== undefined && cursor.at !== end) cursor.fail(`it ends ${end - cursor.at} bytes before the next begins`);
  }

  /** All that was appended since the last time. */
  take(): Column {
    const { values, levels } = this.#sink;
    const steps = levels.map((level) => (typeof level === 'number' ? { size: level } : { offsets: level.take() }));
    return makeColumn(this.#type, values.take(), steps);
  }
}

function inEntry(error: unknown, entry: number): unknown {
  if (!isPipelineError(error)) return error;
  const reason = `entry ${entry}: ${error.reason}`;
  return error.code === 'UnsupportedError' ? new UnsupportedError(reason) : new RootFormatError(reason);
}
