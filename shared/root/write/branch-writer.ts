import { ConfigError } from '../../errors.ts';
import { type Column, type ElementType, elementBytes, parseColumnType } from '../column-type.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Compressor } from './compress.ts';
import { PUT_ELEMENTS, type PutElements } from './encode-elements.ts';
import { keyLength } from './key.ts';

/** A branch to be written: `f32` becomes a leaf, `f32[]` a `vector<float>`. */
export interface BranchSpec {
  readonly name: string;
  readonly type: ElementType | `${ElementType}[]`;
}

/** What a column must bring to be written; what the reader hands out will do. */
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
const VECTOR_HEADER_BYTES = 10;
const VECTOR_VERSION = 9;
const BYTE_COUNT_MASK = 0x4000_0000;
/** After the first cluster a basket holds a cluster of that size and some more. */
const GROWTH = 1.2;
const SIZE_STEP = 512;

/** Fills the baskets of one branch. */
export class BranchWriter {
  readonly spec: BranchSpec;
  readonly index: number;
  readonly element: ElementType;
  readonly isVector: boolean;
  /** Bytes of a basket's key. */
  readonly keyBytes: number;
  basketSize: number;
  readonly #compressor: Compressor;
  readonly #put: PutElements;
  readonly #size: number;
  readonly #out = new ByteWriter(1 << 12);
  /** Where each entry of the open basket starts; vectors only. */
  readonly #offsets: number[] = [];
  #entries = 0;
  #firstEntry = 0;
  /** Of all baskets until `grow`: the first cluster. */
  #clusterBytes = 0;
  #clusterEntries = 0;

  constructor(spec: BranchSpec, index: number, tree: string, basketSize: number, compressor: Compressor) {
    const { element, shape } = parseColumnType(spec.type);
    if (shape === 'fixed') throw new ConfigError('branches of fixed-size arrays cannot be written', { object: spec.name });
    this.spec = spec;
    this.index = index;
    this.element = element;
    this.isVector = shape === 'jagged';
    this.keyBytes = keyLength({ className: 'TBasket', name: spec.name, title: tree }) + BASKET_EXTRA_BYTES;
    this.basketSize = basketSize;
    this.#compressor = compressor;
    this.#put = PUT_ELEMENTS[element];
    this.#size = elementBytes(element);
  }

  /** Takes the column's entries from..to (`from` is entry `firstEntry` of the tree) and calls back for each basket that is full. */
  append(column: WritableColumn, from: number, to: number, firstEntry: number, finished: (basket: FinishedBasket) => void): void {
    for (let entry = from; entry < to; ) {
      entry = this.isVector ? this.#appendLists(column, entry, to) : this.#appendScalars(column, entry, to);
      if (this.#isFull(column, entry)) finished(this.#finish(firstEntry + entry - from, false));
    }
  }

  /** Ends the open basket, if there is one, because the cluster ends. */
  flush(endEntry: number): FinishedBasket | undefined {
    return this.#entries === 0 ? undefined : this.#finish(endEntry, true);
  }

  /** Sizes baskets so that the next cluster fits into one, as ROOT does after the first. */
  grow(): void {
    const offsetBytes = this.isVector ? 4 * this.#clusterEntries : 0;
    const wanted = this.keyBytes + (this.#clusterBytes + offsetBytes) * GROWTH + 2 * VECTOR_HEADER_BYTES;
    this.basketSize = Math.ceil(wanted / SIZE_STEP) * SIZE_STEP;
  }

  /** ROOT's rule: full when two more entries like the last would not fit, counting four bytes an entry for the offsets. */
  #isFull(column: WritableColumn, entry: number): boolean {
    const last = this.isVector ? this.#listBytes(column.offsets!, entry - 1) : this.#size;
    return this.keyBytes + this.#out.length + this.#reserve(last) >= this.basketSize;
  }

  #reserve(entryBytes: number): number {
    return 2 * entryBytes + (this.isVector ? 4 * this.#entries : 0);
  }

  #listBytes(offsets: Int32Array, entry: number): number {
    return VECTOR_HEADER_BYTES + (offsets[entry + 1]! - offsets[entry]!) * this.#size;
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
      const bytes = (end - start) * this.#size;
      const at = out.reserve(VECTOR_HEADER_BYTES + bytes);
      const view = out.view;
      view.setInt32(at, BYTE_COUNT_MASK | (bytes + 6));
      view.setInt16(at + 4, VECTOR_VERSION);
      view.setInt32(at + 6, end - start);
      this.#put(view, at + VECTOR_HEADER_BYTES, values, start, end);
      this.#offsets.push(at + this.keyBytes);
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
    extra.i32(this.isVector ? Math.max(INITIAL_OFFSETS, this.#entries + 1) : this.#size);
    extra.i32(this.#entries);
    extra.i32(this.keyBytes + out.length);
    extra.u8(0);
    this.#clusterBytes += out.length;
    this.#clusterEntries += this.#entries;
    if (this.isVector) this.#writeOffsets();
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
