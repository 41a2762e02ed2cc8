import type { ReadMemory } from '../storage/source.ts';

/** More than this is not kept for the next reader. */
const KEPT_BYTES = 32 * 2 ** 20;
/** What a reader has. */
const KEPT_MEMORIES = 2;

/**
 * Room for what is fetched for one batch, used again for a later one: fresh memory for each read would cost as much as
 * reading. It belongs to one reader, who throws it away with himself where a read fails: others may still be under way.
 * Where all went well he keeps it for the next one: fresh memory for each chunk of a file makes V8 collect garbage in each.
 */
export class FetchMemory {
  #bytes = new Uint8Array(0);
  #used = 0;
  #asked = 0;

  /** That of a reader before in this thread, or new; `expected`: bytes that a batch will ask for, so that there is room from the first one on. */
  static borrow(expected: number): FetchMemory {
    const memory = free.pop() ?? new FetchMemory();
    memory.#asked = expected;
    return memory;
  }

  /** Leaves it to the next reader. No read may be under way, and nothing that was read may be looked at any more. */
  keep(): void {
    if (this.#bytes.length === 0 || this.#bytes.length > KEPT_BYTES) return;
    free.push(this);
    // The largest last, to be taken first.
    free.sort((a, b) => a.#bytes.length - b.#bytes.length);
    if (free.length > KEPT_MEMORIES) free.shift();
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

const free: FetchMemory[] = [];
