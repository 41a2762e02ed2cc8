/** Where decoded values go: typed arrays that grow. */
import { createElements, type ElementArray, type ElementType } from '../column-type.ts';

const FIRST_LENGTH = 64;

/** Numbers of a column. */
export class NumberSink {
  readonly element: ElementType;
  #values: ElementArray;
  length = 0;

  constructor(element: ElementType) {
    this.element = element;
    this.#values = createElements(element, FIRST_LENGTH);
  }

  /** The array with room for `count` more values, which are to be put from the old `length` on. */
  extend(count: number): ElementArray {
    this.length += count;
    if (this.length > this.#values.length) {
      const grown = createElements(this.element, Math.max(this.length, 2 * this.#values.length));
      (grown as Float64Array).set(this.#values as Float64Array);
      this.#values = grown;
    }
    return this.#values;
  }

  /** What there is, in memory of its own; the sink is empty then. */
  take(): ElementArray {
    const values = this.#values.slice(0, this.length) as ElementArray;
    this.length = 0;
    return values;
  }
}

/** Bytes of texts, or anything else that is copied as it stands. */
export class ByteSink {
  #bytes = new Uint8Array(FIRST_LENGTH);
  length = 0;

  add(from: Uint8Array, start: number, end: number): void {
    const at = this.length;
    this.length += end - start;
    if (this.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (end - start > 32) this.#bytes.set(from.subarray(start, end), at);
    else for (let i = start; i < end; i++) this.#bytes[at + i - start] = from[i] as number;
  }

  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.length);
    this.length = 0;
    return bytes;
  }
}

/** Offsets of lists, from 0 on. */
export class OffsetSink {
  #offsets = new Int32Array(FIRST_LENGTH);
  #lists = 0;
  #last = 0;

  /** One more list, of `count` items. */
  add(count: number): void {
    if (++this.#lists === this.#offsets.length) {
      const grown = new Int32Array(2 * this.#offsets.length);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#last += count;
    this.#offsets[this.#lists] = this.#last;
  }

  take(): Int32Array {
    const offsets = this.#offsets.slice(0, this.#lists + 1);
    this.#lists = 0;
    this.#last = 0;
    return offsets;
  }
}
