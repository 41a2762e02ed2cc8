import type { ReadMemory } from '../storage/source.ts';
import type { Arena } from './arena.ts';

/** A place in an arena that bytes are fetched into, again and again; the arena has the room. */
export class FetchRoom {
  readonly #arena: Arena;
  readonly #at: number;
  readonly #bytes: number;

  constructor(arena: Arena, at: number, bytes: number) {
    this.#arena = arena;
    this.#at = at;
    this.#bytes = bytes;
  }

  /** It may still be written to: nobody is to use its arena after this reader. */
  abandon(): void {
    this.#arena.abandon();
  }

  /** Takes everything back, and gives from the start again; memory of its own where there is no room left. */
  restart(): ReadMemory {
    let used = 0;
    return (length) => {
      if (length > this.#bytes - used) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      const from = this.#at + used;
      used += length;
      return this.#arena.bytes.subarray(from, from + length);
    };
  }
}
