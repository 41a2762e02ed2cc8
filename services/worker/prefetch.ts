/** Time in which a result is taken by the broker, about: for so long a thread must not wait for work. */
const CONFIRM_MS = 40;
const MOST_PER_THREAD = 32;
/** Weight of the newest task in the mean. */
const WEIGHT = 0.2;

/**
 * How many tasks a worker should hold. One more than it has threads, so that nothing waits behind a long task while other
 * workers are idle; more where tasks are so short that their results are still on the way when the next ones are done.
 */
export class Prefetch {
  readonly #threads: number;
  #meanMs: number | undefined;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** A task took so long. */
  note(wallMs: number): void {
    this.#meanMs = this.#meanMs === undefined ? wallMs : this.#meanMs + WEIGHT * (wallMs - this.#meanMs);
  }

  /** Tasks to hold now: threads + 1, times a power of two. */
  get tasks(): number {
    if (this.#meanMs === undefined) return this.#threads + 1;
    const perThread = Math.min(MOST_PER_THREAD, CONFIRM_MS / Math.max(this.#meanMs, 0.1));
    return (this.#threads + 1) * 2 ** Math.max(0, Math.floor(Math.log2(perThread)));
  }
}
