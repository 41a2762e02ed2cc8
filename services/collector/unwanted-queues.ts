import type { Queue } from '#shared/queue/queue.ts';

interface Unwanted {
  readonly pools: readonly string[] | undefined;
  readonly untilMs: number;
}

/** A producer that publishes a run hears within this time that nobody wants it any more. */
const SWEEP_MS = 60_000;

/**
 * The queues of runs that were cancelled or forgotten. A producer that is just publishing such a run finds its queue missing and
 * makes it again, as after an accident of the broker: for a while they are deleted again and again.
 */
export class UnwantedQueues {
  readonly #queue: Queue;
  readonly #runs = new Map<string, Unwanted>();

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  async delete(run: string, pools: readonly string[] | undefined): Promise<void> {
    this.#runs.set(run, { pools, untilMs: Date.now() + SWEEP_MS });
    await this.#queue.cancelRun(run, pools);
  }

  /** A run of this name is wanted again. */
  spare(run: string): void {
    this.#runs.delete(run);
  }

  async sweep(nowMs: number): Promise<void> {
    for (const [run, { pools, untilMs }] of this.#runs) {
      if (nowMs < untilMs) await this.#queue.cancelRun(run, pools);
      else this.#runs.delete(run);
    }
  }
}
