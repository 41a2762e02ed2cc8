/**
 * Working memory of one reader: compressed bytes are put in, decoded, and turned into columns, and the analysis sees views
 * of it; nothing is copied out.
 *
 * Memory that moved when it grew would leave old views behind. This one does not move: it is shared memory, although only one
 * thread uses it, and a view made earlier goes on seeing its bytes. So the bytes of the next batch can be read into it
 * (`FetchRoom`) while places for this one are made. An arena has one user at a time; all places of a batch are planned first
 * (`ArenaPlan`), and `reserve` makes room for them at once.
 */
import { UnsupportedError } from '../errors.ts';
import { compiledMemory, missingKernels } from './compiled-kernels.ts';
import type { KernelMemory, Kernels } from './kernels.ts';

const plainMemory = missingKernels === undefined ? undefined : (await import('./plain-kernels.ts')).plainMemory;

/** Bytes between the places in an arena: kernels may not write past a place, but vectors like aligned ones. */
const ALIGNMENT = 64;
/** More than are in use at a time. All are kept: V8 does not see how large they are, and would be late to free what is dropped. */
const KEPT_ARENAS = 8;
const MB = 1e6;
/** What 32-bit addresses reach. */
const MOST_BYTES = 2 ** 32 - 2 ** 16;
let limit = MOST_BYTES;

/** From now on no arena of this thread grows past so many bytes: V8 does not count them as the thread's. */
export function limitArenas(bytes: number): void {
  limit = Math.min(bytes, MOST_BYTES);
}

/** Places in an arena, one behind the other. */
export class ArenaPlan {
  /** First byte behind all places. */
  end: number;

  /** `start`: of the first place. */
  constructor(start: number) {
    this.end = start;
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
  bytes: Uint8Array<SharedArrayBuffer>;
  readonly #memory: KernelMemory;
  /** What `bytes` was and is made over: all are the same memory. */
  readonly #buffers = new Set<ArrayBufferLike>();
  #isAbandoned = false;

  constructor(memory = compiledMemory() ?? plainMemory?.()) {
    if (memory === undefined) throw new Error('there are no kernels');
    this.#memory = memory;
    this.kernels = memory.kernels;
    this.start = memory.start;
    this.bytes = new Uint8Array(memory.buffer());
    this.#buffers.add(this.bytes.buffer);
  }

  /** Makes room for all places of a plan. The bytes stay where they are. @throws UnsupportedError where there is no room */
  reserve({ end }: ArenaPlan): void {
    if (end <= this.bytes.length) return;
    if (end > limit) {
      throw new UnsupportedError(`a batch needs ${Math.ceil(end / MB)} MB of memory at once, of ${Math.floor(limit / MB)}`, {
        hint: 'Its clusters are large: read fewer columns at a time, or give a worker more memory (MEMORY_MB).',
      });
    }
    this.#memory.grow(end);
    this.bytes = new Uint8Array(this.#memory.buffer());
    this.#buffers.add(this.bytes.buffer);
  }

  /** Address of bytes that are here; undefined for others. */
  addressOf({ buffer, byteOffset }: Uint8Array): number | undefined {
    return this.#buffers.has(buffer) ? byteOffset : undefined;
  }

  /** Reads that nobody awaits may still write to it: it is not to be used again. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** Ends the use of a borrowed arena. */
  [Symbol.dispose](): void {
    if (!this.#isAbandoned && free.length < KEPT_ARENAS) free.push(this);
  }
}

const free: Arena[] = [];

/** An arena of this thread that nobody uses, until it is disposed. */
export function borrowArena(): Arena {
  return free.pop() ?? new Arena();
}
