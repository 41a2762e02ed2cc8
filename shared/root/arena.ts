/**
 * Working memory of one reader: compressed bytes are put in, decoded, and turned into columns, and the analysis sees views
 * of it; nothing is copied out.
 *
 * Memory that grows leaves old views behind. That cannot happen here by the order of things: an arena has one user at a
 * time; all places of a batch are planned first (`ArenaPlan`), `reserve` makes room for them at once, and views are
 * made last. The next `reserve` is that of the next batch, or of columns that are read late: before either all views have ended
 * by contract, and they are made again.
 */
import { UnsupportedError } from '../errors.ts';
import { compiledMemory, missingKernels } from './compiled-kernels.ts';
import type { KernelMemory, Kernels } from './kernels.ts';

const plainMemory = missingKernels === undefined ? undefined : (await import('./plain-kernels.ts')).plainMemory;

/** Bytes between the places in an arena: kernels may not write past a place, but vectors like aligned ones. */
const ALIGNMENT = 64;
/** A larger arena is not kept for the next reader: WebAssembly memory never shrinks. */
const KEPT_BYTES = 128 * 2 ** 20;
const KEPT_ARENAS = 2;
/** What 32-bit addresses reach. */
const MOST_BYTES = 2 ** 32 - 2 ** 16;

/** Places in an arena, one behind the other. */
export class ArenaPlan {
  /** First byte behind all places. */
  end: number;

  constructor(arena: Arena) {
    this.end = arena.start;
  }

  /** Address of a new place of `bytes` bytes. */
  take(bytes: number): number {
    const place = Math.ceil(this.end / ALIGNMENT) * ALIGNMENT;
    this.end = place + bytes;
    return place;
  }
}

export class Arena implements Disposable {
  readonly kernels: Kernels;
  readonly start: number;
  /** All of the memory; another object after `reserve`. */
  bytes: Uint8Array<ArrayBuffer>;
  readonly #memory: KernelMemory;

  constructor(memory = compiledMemory() ?? plainMemory?.()) {
    if (memory === undefined) throw new Error('there are no kernels');
    this.#memory = memory;
    this.kernels = memory.kernels;
    this.start = memory.start;
    this.bytes = new Uint8Array(memory.buffer());
  }

  /** Makes room for all places of a plan. Views from before are void; the bytes stay where they are. @throws UnsupportedError where there is no room */
  reserve({ end }: ArenaPlan): void {
    if (end <= this.bytes.length) return;
    if (end > MOST_BYTES) {
      throw new UnsupportedError(`a batch needs ${Math.ceil(end / 2 ** 20)} MB of memory at once, of ${Math.floor(MOST_BYTES / 2 ** 20)}`, {
        hint: 'Its clusters are too large: read fewer columns at a time.',
      });
    }
    this.#memory.grow(end);
    this.bytes = new Uint8Array(this.#memory.buffer());
  }

  /** Ends the use of a borrowed arena. */
  [Symbol.dispose](): void {
    if (free.length < KEPT_ARENAS && this.bytes.length <= KEPT_BYTES) free.push(this);
  }
}

const free: Arena[] = [];

/** An arena of this thread that nobody uses, until it is disposed. */
export function borrowArena(): Arena {
  return free.pop() ?? new Arena();
}
