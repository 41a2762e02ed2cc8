/** Deliveries of several runs, one of each in turn. */
import type { Channel } from 'amqplib';
import { Fifo } from '../fifo.ts';
import type { AmqpConnection } from './connection.ts';
import { type Received, Subscription } from './subscription.ts';

export interface TurnsOptions {
  readonly connection: AmqpConnection;
  /** Most deliveries in hand, over all runs. */
  readonly prefetch: number;
  readonly queueOf: (run: string) => string;
  /** Handles one delivery; resolves when it is answered. */
  readonly handle: (received: Received) => Promise<void>;
  /** What the broker refuses. */
  readonly onRefusal: (error: unknown) => void;
}

interface Line {
  readonly subscription: Subscription;
  /** Delivered, but other runs have their turn first. */
  readonly waiting: Fifo<Received>;
  lastMs: number;
}

/** How often the shares of the runs are looked at. */
const SHARE_MS = 500;
/** A run without deliveries for this long is idle. */
const IDLE_MS = 1000;

/**
 * Brokers limit deliveries by consumer, not over several queues. So each run has a consumer with a share of the prefetch;
 * runs whose queue is empty keep a share of one, so that they are noticed when something comes.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #lines = new Map<string, Line>();
  readonly #timer: NodeJS.Timeout;
  #inHand = 0;
  #stopped = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#share(), SHARE_MS);
  }

  /** Serves the tasks of a run from now on, until its queue is deleted. */
  add(run: string): void {
    if (this.#stopped || this.#lines.has(run)) return;
    const { connection, prefetch, queueOf, onRefusal } = this.#options;
    const waiting = new Fifo<Received>();
    const prepare = async (_: Channel) => queueOf(run);
    const limit = this.#lines.size === 0 ? prefetch : 1;
    const onMessage = (received: Received) => this.#take(run, received);
    const subscription = new Subscription({ connection, limit, onMessage, prepare, endsWithQueue: true, onRefusal });
    this.#lines.set(run, { subscription, waiting, lastMs: -IDLE_MS });
    void subscription.ended.then(() => this.#lines.delete(run));
    this.#share();
  }

  /** No new deliveries; what waits for its turn goes back. Resolves when the broker knows. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#lines.values()].map(({ subscription }) => subscription.cancel()));
    for (const { waiting } of this.#lines.values()) for (const received of waiting.drain()) received.requeue();
  }

  /** After `stop`, and when nothing is in hand: ends the channels. */
  async end(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ subscription }) => subscription.end()));
  }

  #take(run: string, received: Received): void {
    const line = this.#lines.get(run);
    if (line === undefined || this.#stopped) {
      received.requeue();
      return;
    }
    line.lastMs = performance.now();
    line.waiting.push(received);
    this.#pump();
  }

  #pump(): void {
    while (!this.#stopped && this.#inHand < this.#options.prefetch) {
      const received = this.#next();
      if (received === undefined) return;
      this.#inHand += 1;
      void this.#options.handle(received).then(() => {
        this.#inHand -= 1;
        this.#pump();
      });
    }
  }

  /** A Map keeps insertion order: a line that was served goes to its end. */
  #next(): Received | undefined {
    for (const [run, line] of this.#lines) {
      let received = line.waiting.shift();
      while (received?.isLost) received = line.waiting.shift();
      if (received === undefined) continue;
      this.#lines.delete(run);
      this.#lines.set(run, line);
      return received;
    }
    return undefined;
  }

  #share(): void {
    const now = performance.now();
    const busy = [...this.#lines.values()].filter(({ waiting, lastMs }) => waiting.size > 0 || now - lastMs < IDLE_MS).length;
    const share = Math.ceil(this.#options.prefetch / Math.max(1, busy));
    for (const { subscription, waiting, lastMs } of this.#lines.values()) {
      const isIdle = waiting.size === 0 && now - lastMs >= IDLE_MS;
      const limit = isIdle && this.#lines.size > 1 ? 1 : share;
      if (limit !== subscription.limit) subscription.setLimit(limit);
    }
  }
}
