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
  readonly #ahead: number;
  #meanMs: number | undefined;

  /** `ahead`: tasks to hold besides those that are computed; one unless said. */
  constructor(threads: number, ahead = 1) {
    this.#threads = threads;
    this.#ahead = ahead;
  }

  /** A task took so long. */
  note(wallMs: number): void {
    this.#meanMs = this.#meanMs === undefined ? wallMs : this.#meanMs + WEIGHT * (wallMs - this.#meanMs);
  }

  /** Tasks to hold now: threads and those ahead, times a power of two. */
  get tasks(): number {
    if (this.#meanMs === undefined) return this.#threads + this.#ahead;
    const perThread = Math.min(MOST_PER_THREAD, CONFIRM_MS / Math.max(this.#meanMs, 0.1));
    return (this.#threads + this.#ahead) * 2 ** Math.max(0, Math.floor(Math.log2(perThread)));
  }
}
