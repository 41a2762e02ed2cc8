import type { ReadMemory } from '../storage/source.ts';

/**
 * Room for what is fetched for one batch, used again for a later one: fresh memory for each read would cost as much as
 * reading. It belongs to one reader, who throws it away with himself where a read fails: others may still be under way.
 */
export class FetchMemory {
  #bytes = new Uint8Array(0);
  #used = 0;
  #asked: number;

  /** `expected`: bytes that a batch will ask for, so that there is room from the first one on. */
  constructor(expected = 0) {
    this.#asked = expected;
  }

  /** Takes everything back, and gives from the start again. */
  restart(): ReadMemory {
    // Not zeroed first: whoever takes it writes all of it.
    if (this.#asked > this.#bytes.length) this.#bytes = new Uint8Array(Buffer.allocUnsafeSlow(Math.ceil(this.#asked * 1.1)).buffer);
    this.#used = 0;
    this.#asked = 0;
    return (length) => this.#take(length);
  }

  /** Memory of its own where there is no room; there will be the next time. */
  #take(length: number): Uint8Array {
    this.#asked += length;
    if (length > this.#bytes.length - this.#used) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    this.#used += length;
    return this.#bytes.subarray(this.#used - length, this.#used);
  }
}
