const MOST_PER_THREAD = 512;
/** Until a thread has the next task for one that is done: its confirm, the ack, a delivery, and waits for others that go along. */
const CONFIRMS = 4;
/** Weight of the newest task in the means. */
const WEIGHT = 0.2;

/**
 * How many tasks a worker should hold. One more than it has threads, so that nothing waits behind a long task while other
 * workers are idle; more where tasks are so short that their results are still on the way when the next ones are done.
 */
export class Prefetch {
  readonly #threads: number;
  readonly #ahead: number;
  #taskMs: number | undefined;
  #confirmMs: number | undefined;

  /** `ahead`: tasks to hold besides those that are computed; one unless said. */
  constructor(threads: number, ahead = 1) {
    this.#threads = threads;
    this.#ahead = ahead;
  }

  /** A task took so long, and then so long until its result was taken by the broker: for that time its thread must not wait for work. */
  note(wallMs: number, confirmMs: number): void {
    this.#taskMs = mean(this.#taskMs, wallMs);
    this.#confirmMs = mean(this.#confirmMs, confirmMs);
  }

  /** Tasks to hold now: threads and those ahead, times a power of two. */
  get tasks(): number {
    const least = this.#threads + this.#ahead;
    if (this.#taskMs === undefined || this.#confirmMs === undefined) return least;
    const perThread = Math.min(MOST_PER_THREAD, (CONFIRMS * this.#confirmMs) / Math.max(this.#taskMs, 0.1));
    return least * 2 ** Math.max(0, Math.floor(Math.log2(perThread)));
  }
}

function mean(known: number | undefined, next: number): number {
  return known === undefined ? next : known + WEIGHT * (next - known);
}
