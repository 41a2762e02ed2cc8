import { ConfigError } from '../../errors.ts';
import { type Column, type ElementType, elementBytes, parseColumnType } from '../column-type.ts';
import { BYTE_COUNT_MASK, VECTOR_HEADER_BYTES } from '../object-header.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Compressor } from './compress.ts';
import { PUT_ELEMENTS, type PutElements } from './encode-elements.ts';
import { keyLength } from './key.ts';

/** A branch to be written: `f32` becomes a leaf, `f32[]` a `vector<float>`, `text` a string (a TLeafC). */
export interface BranchSpec {
  readonly name: string;
  readonly type: ElementType | `${ElementType}[]` | 'text';
  /** Of a list: the branch before it that holds the lengths. The list is a counted leaf then, `pt[n]/F`, and no vector. */
  readonly counter?: string;
}

/** How an entry stands in its basket: one number, a vector with its header, numbers that another branch counts, or a text. */
export type EntryForm = 'number' | 'vector' | 'counted' | 'text';

/** What a column must bring to be written; what the reader hands out will do. Texts are UTF-8 bytes and where each begins. */
export type WritableColumn = Pick<Column, 'values' | 'offsets'>;

/** A basket that is ready, but not yet in the file. */
export interface FinishedBasket {
  readonly branch: BranchWriter;
  /** Entries of the tree when it was ready, and whether the cluster's end was the reason: gives the order in the file. */
  readonly endEntry: number;
  readonly flushed: boolean;
  readonly firstEntry: number;
  /** TBasket's numbers, which extend the key. */
  readonly extra: Uint8Array;
  readonly stored: Uint8Array;
  readonly objectLength: number;
}

const BASKET_VERSION = 3;
const BASKET_EXTRA_BYTES = 19;
const INITIAL_OFFSETS = 1000;
const VECTOR_VERSION = 9;
/** Texts of so many bytes and more have their length in four more bytes. */
const LONG_TEXT = 255;
/** After the first cluster a basket holds a cluster of that size and some more. */
const GROWTH = 1.2;
const SIZE_STEP = 512;

/** Fills the baskets of one branch. */
export class BranchWriter {
  readonly spec: BranchSpec;
  readonly index: number;
  readonly element: ElementType;
  readonly form: EntryForm;
  /** Numbers of the longest list, bytes of the longest text. */
  longest = 0;
  /** Bytes of a basket's key. */
  readonly keyBytes: number;
  basketSize: number;
  readonly #compressor: Compressor;
  readonly #put: PutElements;
  readonly #size: number;
  readonly #out = new ByteWriter(1 << 12);
  /** Where each entry of the open basket starts; not of numbers. */
  readonly #offsets: number[] = [];
  #entries = 0;
  #firstEntry = 0;
  /** Of all baskets until `grow`: the first cluster. */
  #clusterBytes = 0;
  #clusterEntries = 0;

  /** @throws ConfigError for a type that cannot be written */
  constructor(spec: BranchSpec, index: number, tree: string, basketSize: number, compressor: Compressor) {
    const { element, form } = entryForm(spec);
    this.spec = spec;
    this.index = index;
    this.element = element;
    this.form = form;
    this.keyBytes = keyLength({ className: 'TBasket', name: spec.name, title: tree }) + BASKET_EXTRA_BYTES;
    this.basketSize = basketSize;
    this.#compressor = compressor;
    this.#put = PUT_ELEMENTS[element];
    this.#size = elementBytes(element);
  }

  /** Takes the column's entries from..to (`from` is entry `firstEntry` of the tree) and calls back for each basket that is full. */
  append(column: WritableColumn, from: number, to: number, firstEntry: number, finished: (basket: FinishedBasket) => void): void {
    for (let entry = from; entry < to; ) {
      entry = this.form === 'number' ? this.#appendScalars(column, entry, to) : this.#appendLists(column, entry, to);
      if (this.#isFull(column, entry)) finished(this.#finish(firstEntry + entry - from, false));
    }
  }

  /** Ends the open basket, if there is one, because the cluster ends. */
  flush(endEntry: number): FinishedBasket | undefined {
    return this.#entries === 0 ? undefined : this.#finish(endEntry, true);
  }

  /** Sizes baskets so that the next cluster fits into one, as ROOT does after the first. */
  grow(): void {
    const offsetBytes = this.form === 'number' ? 0 : 4 * this.#clusterEntries;
    const wanted = this.keyBytes + (this.#clusterBytes + offsetBytes) * GROWTH + 2 * VECTOR_HEADER_BYTES;
    this.basketSize = Math.ceil(wanted / SIZE_STEP) * SIZE_STEP;
  }

  /** ROOT's rule: full when two more entries like the last would not fit, counting four bytes an entry for the offsets. */
  #isFull(column: WritableColumn, entry: number): boolean {
    const last = this.form === 'number' ? this.#size : this.#listBytes(column.offsets!, entry - 1);
    return this.keyBytes + this.#out.length + this.#reserve(last) >= this.basketSize;
  }

  #reserve(entryBytes: number): number {
    return 2 * entryBytes + (this.form === 'number' ? 0 : 4 * this.#entries);
  }

  #listBytes(offsets: Int32Array, entry: number): number {
    const count = offsets[entry + 1]! - offsets[entry]!;
    return this.#headerBytes(count) + count * this.#size;
  }

  /** In front of a list of `count` numbers, or of a text of `count` bytes. */
  #headerBytes(count: number): number {
    if (this.form === 'vector') return VECTOR_HEADER_BYTES;
    return this.form === 'counted' ? 0 : count < LONG_TEXT ? 1 : 5;
  }

  #putHeader(view: DataView, at: number, count: number): void {
    if (this.form === 'vector') {
      view.setInt32(at, BYTE_COUNT_MASK | (count * this.#size + 6));
      view.setInt16(at + 4, VECTOR_VERSION);
      view.setInt32(at + 6, count);
    } else if (this.form === 'text') {
      view.setUint8(at, Math.min(count, LONG_TEXT));
      if (count >= LONG_TEXT) view.setInt32(at + 1, count);
    }
  }

  #appendScalars({ values }: WritableColumn, from: number, to: number): number {
    const room = Math.ceil((this.basketSize - this.keyBytes - this.#out.length) / this.#size) - 2;
    const end = Math.min(to, from + Math.max(room, 1));
    const at = this.#out.reserve((end - from) * this.#size);
    this.#put(this.#out.view, at, values, from, end);
    this.#entries += end - from;
    return end;
  }

  #appendLists(column: WritableColumn, from: number, to: number): number {
    const out = this.#out;
    const { values } = column;
    const offsets = column.offsets!;
    for (let entry = from; entry < to; entry++) {
      // In range: the tree writer has checked that there are entries + 1 offsets.
      const start = offsets[entry]!;
      const end = offsets[entry + 1]!;
      const header = this.#headerBytes(end - start);
      const at = out.reserve(header + (end - start) * this.#size);
      this.#putHeader(out.view, at, end - start);
      this.#put(out.view, at + header, values, start, end);
      this.#offsets.push(at + this.keyBytes);
      this.longest = Math.max(this.longest, end - start);
      this.#entries++;
      if (this.#isFull(column, entry + 1)) return entry + 1;
    }
    return to;
  }

  #finish(endEntry: number, flushed: boolean): FinishedBasket {
    const out = this.#out;
    const extra = new ByteWriter(BASKET_EXTRA_BYTES);
    extra.i16(BASKET_VERSION);
    extra.i32(this.basketSize);
    extra.i32(this.form === 'number' ? this.#size : Math.max(INITIAL_OFFSETS, this.#entries + 1));
    extra.i32(this.#entries);
    extra.i32(this.keyBytes + out.length);
    extra.u8(0);
    this.#clusterBytes += out.length;
    this.#clusterEntries += this.#entries;
    if (this.form !== 'number') this.#writeOffsets();
    const raw = out.written;
    const stored = this.#compressor.compress(raw) ?? raw.slice();
    const basket = {
      branch: this,
      endEntry,
      flushed,
      firstEntry: this.#firstEntry,
      extra: extra.written,
      stored,
      objectLength: raw.length,
    };
    this.#firstEntry = endEntry;
    this.#entries = 0;
    this.#offsets.length = 0;
    out.clear();
    return basket;
  }

  /** The entries' places, one more than there are entries (the last is 0), with their number in front. */
  #writeOffsets(): void {
    const out = this.#out;
    const offsets = this.#offsets;
    const at = out.reserve(4 * (offsets.length + 2));
    out.view.setInt32(at, offsets.length + 1);
    for (let i = 0; i < offsets.length; i++) out.view.setInt32(at + 4 + 4 * i, offsets[i]!);
    out.view.setInt32(at + 4 + 4 * offsets.length, 0);
  }
}

function entryForm({ name, type, counter }: BranchSpec): { readonly element: ElementType; readonly form: EntryForm } {
  if (type === 'text') return { element: 'u8', form: 'text' };
  const { element, shape } = parseColumnType(type);
  if (shape === 'fixed') throw new ConfigError('branches of fixed-size arrays cannot be written', { object: name });
  if (shape === 'scalar') return { element, form: 'number' };
  return { element, form: counter === undefined ? 'vector' : 'counted' };
}
