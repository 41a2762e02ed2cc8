/** How workers learn of open runs: whoever opened them announces them every few seconds. Nothing of it is stored. */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { MESSAGE_VERSION, parseMessage, runId } from '../messages.ts';
import { decodeMessage, encodeRuns } from './codec.ts';
import type { AmqpConnection } from './connection.ts';
import type { QueueNames } from './options.ts';
import type { AmqpPublisher } from './publisher.ts';
import { Subscription } from './subscription.ts';

/** Names in one announcement. */
const PAGE = 1000;
const names = v.pipe(v.array(runId), v.maxLength(PAGE));
const runsSchema = v.object({ v: v.literal(MESSAGE_VERSION), runs: names, cancelled: v.optional(names, []) });

/** Announces the runs that this process knows as open, to the pools that have tasks of them. */
export class Announcer {
  readonly #publisher: AmqpPublisher;
  readonly #exchangeOf: (pool: string) => string;
  /** By pool. */
  readonly #runs = new Map<string, Set<string>>();
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(publisher: AmqpPublisher, exchangeOf: (pool: string) => string, everyMs: number) {
    this.#publisher = publisher;
    this.#exchangeOf = exchangeOf;
    this.#timer = setInterval(() => void this.#announceAll(), everyMs);
  }

  /** Pools with open runs. */
  get pools(): Iterable<string> {
    return this.#runs.keys();
  }

  /** Open runs of a pool. */
  runsOf(pool: string): Iterable<string> {
    return this.#runs.get(pool) ?? [];
  }

  /** Pools of an open run. */
  poolsOf(run: string): string[] {
    return [...this.#runs].flatMap(([pool, runs]) => (runs.has(run) ? [pool] : []));
  }

  /** At once, and from now on every few seconds. */
  add(run: string, pool: string): void {
    const runs = this.#runs.get(pool) ?? new Set();
    if (runs.has(run)) return;
    this.#runs.set(pool, runs.add(run));
    void this.#announce(pool, [run]);
  }

  delete(run: string, pool: string): void {
    const runs = this.#runs.get(pool);
    runs?.delete(run);
    if (runs?.size === 0) this.#runs.delete(pool);
  }

  /** Once: it was cancelled. */
  cancel(run: string, pool: string): Promise<void> {
    return this.#announce(pool, [], [run]);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #announceAll(): Promise<void> {
    // During an outage one announcement waits, not one for each interval.
    if (this.#busy) return;
    this.#busy = true;
    for (const [pool, open] of [...this.#runs]) {
      const runs = [...open];
      for (let from = 0; from < runs.length; from += PAGE) await this.#announce(pool, runs.slice(from, from + PAGE));
    }
    this.#busy = false;
  }

  async #announce(pool: string, runs: readonly string[], cancelled: readonly string[] = []): Promise<void> {
    await this.#publisher.publish({ exchange: this.#exchangeOf(pool), key: '' }, encodeRuns(runs, cancelled)).catch(() => {}); // closed
  }
}

export interface ListenOptions {
  readonly connection: AmqpConnection;
  readonly names: QueueNames;
  /** Called for each announced run, again and again. */
  readonly onRun: (run: string) => void;
  /** Called for each run that is told to be cancelled. */
  readonly onCancelled?: ((run: string) => void) | undefined;
  readonly onRefusal: (error: unknown) => void;
  /** How often the mailbox is bound again: somebody may delete the exchange, and whoever announces makes it anew. */
  readonly bindMs: number;
}

/** Listens until it is ended. Announcements of any other form are ignored. */
export function listenForRuns({ connection, names, onRun, onCancelled, onRefusal, bindMs }: ListenOptions): { end(): Promise<void> } {
  let bindAgain = async () => {};
  const timer = setInterval(() => void bindAgain().catch(() => {}), bindMs); // the channel has ended; the next one binds
  const subscription = new Subscription({
    connection,
    onRefusal,
    limit: 100,
    endsWithQueue: false,
    prepare: async (channel) => {
      const name = `${names.runs()}.${randomBytes(8).toString('hex')}`;
      // A mailbox of this connection; the broker deletes it with the connection.
      await channel.assertQueue(name, { exclusive: true, durable: false, autoDelete: true });
      bindAgain = async () => {
        await channel.assertExchange(names.runs(), 'fanout', { durable: true });
        await channel.bindQueue(name, names.runs(), '');
      };
      await bindAgain();
      return name;
    },
    onMessage: (received) => {
      received.ack();
      try {
        const { runs, cancelled } = parseMessage(runsSchema, decodeMessage(received));
        for (const run of runs) onRun(run);
        for (const run of cancelled) onCancelled?.(run);
      } catch {
        // Not an announcement.
      }
    },
  });
  const end = () => {
    clearInterval(timer);
    return subscription.end();
  };
  return { end };
}
