/** The queue port inside one process: what single-machine runs use. Nothing outlives the process; the ledger does. */
import { isPipelineError, StorageError } from '../errors.ts';
import { Fifo } from './fifo.ts';
import type { DeadLetter, Report, Task } from './messages.ts';
import type { Channel, Handler, Queue, TaskConsumeOptions } from './queue.ts';

interface Stored<T> {
  readonly message: T;
  readonly redelivered: boolean;
  /** This one included, once it is delivered. */
  readonly deliveries: number;
}

interface Consumer<T> {
  readonly handler: Handler<T>;
  readonly options: TaskConsumeOptions;
  inHand: number;
  /** Called when the last delivery in hand of a stopped consumer is over. */
  onIdle: () => void;
}

class MemoryChannel<T> implements Channel<T> {
  /** One line a key; a Map keeps insertion order, and a line that was served goes to its end: lines take turns. */
  readonly #lines = new Map<string, Fifo<Stored<T>>>();
  readonly #consumers = new Set<Consumer<T>>();
  /** Keys whose messages must not come back; publishing under one again revives it. */
  readonly #deleted = new Set<string>();
  readonly #keyOf: (message: T) => string;
  readonly #bury: (letter: DeadLetter) => Promise<void>;
  readonly #name: string;
  #closed = false;

  constructor(name: string, keyOf: (message: T) => string, bury: (letter: DeadLetter) => Promise<void>) {
    this.#name = name;
    this.#keyOf = keyOf;
    this.#bury = bury;
  }

  async publish(message: T): Promise<void> {
    this.#assertOpen();
    this.#deleted.delete(this.#keyOf(message));
    this.#lineOf(message).push({ message, redelivered: false, deliveries: 1 });
    this.#pump();
  }

  async consume(handler: Handler<T>, options: TaskConsumeOptions): Promise<void> {
    this.#assertOpen();
    const { promise: idle, resolve: onIdle } = Promise.withResolvers<void>();
    const consumer: Consumer<T> = { handler, options, inHand: 0, onIdle };
    const stop = () => this.#stop(consumer);
    this.#consumers.add(consumer);
    options.signal.addEventListener('abort', stop, { once: true });
    if (options.signal.aborted) stop();
    this.#pump();
    await idle;
    options.signal.removeEventListener('abort', stop);
  }

  async depth(key?: string): Promise<number> {
    if (key !== undefined) return this.#lines.get(key)?.size ?? 0;
    let sum = 0;
    for (const line of this.#lines.values()) sum += line.size;
    return sum;
  }

  delete(key: string): void {
    this.#lines.delete(key);
    this.#deleted.add(key);
  }

  cancel(key: string): void {
    this.delete(key);
    for (const { options } of this.#consumers) options.onCancelled?.(key);
  }

  close(): void {
    this.#closed = true;
    for (const consumer of this.#consumers) this.#stop(consumer);
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError('the queue is closed', { retryable: false });
  }

  #lineOf(message: T): Fifo<Stored<T>> {
    const key = this.#keyOf(message);
    const line = this.#lines.get(key) ?? new Fifo();
    this.#lines.set(key, line);
    return line;
  }

  #stop(consumer: Consumer<T>): void {
    this.#consumers.delete(consumer);
    if (consumer.inHand === 0) consumer.onIdle();
  }

  /** Gives out what waits, one to each consumer with a free hand, in turns. */
  #pump(): void {
    for (;;) {
      const consumer = [...this.#consumers].find(({ inHand, options }) => inHand < options.prefetch);
      const stored = consumer && this.#next();
      if (!consumer || !stored) return;
      this.#consumers.delete(consumer);
      this.#consumers.add(consumer);
      consumer.inHand += 1;
      void this.#deliver(consumer, stored);
    }
  }

  #next(): Stored<T> | undefined {
    for (const [key, line] of this.#lines) {
      this.#lines.delete(key);
      const stored = line.shift();
      if (line.size > 0) this.#lines.set(key, line);
      if (stored) return stored;
    }
    return undefined;
  }

  async #deliver(consumer: Consumer<T>, stored: Stored<T>): Promise<void> {
    try {
      // A turn later, so that `publish` never runs a handler inside itself.
      await Promise.resolve();
      await consumer.handler(stored);
    } catch (error) {
      await this.#takeBack(consumer, stored, error);
    }
    consumer.inHand -= 1;
    if (!this.#consumers.has(consumer) && consumer.inHand === 0) consumer.onIdle();
    this.#pump();
  }

  async #takeBack(consumer: Consumer<T>, { message, deliveries }: Stored<T>, error: unknown): Promise<void> {
    if (!consumer.options.signal.aborted && !(isPipelineError(error) && error.retryable)) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#bury({ message, reason, queue: this.#name, deliveries });
    }
    // A handler that always fails at once must not starve the process.
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.#deleted.has(this.#keyOf(message))) this.#lineOf(message).unshift({ message, redelivered: true, deliveries: deliveries + 1 });
  }
}

/** A queue in this process's memory. */
export function openMemoryQueue(): Queue {
  const drop = async () => {};
  const deadLetters = new MemoryChannel<DeadLetter>('dead', () => '', drop);
  const bury = (letter: DeadLetter) => deadLetters.publish(letter).catch(drop);
  const tasks = new MemoryChannel<Task>('tasks', (task) => task.run, bury);
  const reports = new MemoryChannel<Report>('reports', () => '', bury);
  return {
    tasks,
    reports,
    deadLetters,
    // All consumers are in this process, and see every run.
    openRun: async () => {},
    deleteRun: async (run) => tasks.delete(run),
    cancelRun: async (run) => tasks.cancel(run),
    // They serve every pool as well: none has anything to give away.
    takeWaiting: async () => 0,
    close: async () => {
      for (const channel of [tasks, reports, deadLetters]) channel.close();
    },
  };
}
