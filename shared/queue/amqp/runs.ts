/** How workers learn of open runs: whoever opened them announces them every few seconds. Nothing of it is stored. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { MESSAGE_VERSION, parseMessage, runId } from '../messages.ts';
import { decodeMessage, encodeRuns } from './codec.ts';
import type { AmqpConnection } from './connection.ts';
import type { QueueNames } from './options.ts';
import type { AmqpPublisher } from './publisher.ts';
import { Subscription } from './subscription.ts';

/** Names in one announcement. */
const PAGE = 1000;
const runsSchema = z.object({ v: z.literal(MESSAGE_VERSION), runs: z.array(runId).max(PAGE) });

/** Announces the runs that this process knows as open. */
export class Announcer {
  readonly #publisher: AmqpPublisher;
  readonly #exchange: string;
  readonly #runs = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #busy = false;

  constructor(publisher: AmqpPublisher, exchange: string, everyMs: number) {
    this.#publisher = publisher;
    this.#exchange = exchange;
    this.#timer = setInterval(() => void this.#announceAll(), everyMs);
  }

  get runs(): Iterable<string> {
    return this.#runs;
  }

  /** At once, and from now on every few seconds. */
  add(run: string): void {
    if (this.#runs.has(run)) return;
    this.#runs.add(run);
    void this.#announce([run]);
  }

  delete(run: string): void {
    this.#runs.delete(run);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #announceAll(): Promise<void> {
    // During an outage one announcement waits, not one for each interval.
    if (this.#busy) return;
    this.#busy = true;
    const runs = [...this.#runs];
    for (let from = 0; from < runs.length; from += PAGE) await this.#announce(runs.slice(from, from + PAGE));
    this.#busy = false;
  }

  async #announce(runs: readonly string[]): Promise<void> {
    await this.#publisher.publish({ exchange: this.#exchange, key: '' }, encodeRuns(runs)).catch(() => {}); // closed
  }
}

/** Calls `onRun` for each announced run, again and again, until it is ended. Announcements of any other form are ignored. */
export function listenForRuns(
  connection: AmqpConnection,
  names: QueueNames,
  onRun: (run: string) => void,
  onRefusal: (error: unknown) => void,
): Subscription {
  return new Subscription({
    connection,
    onRefusal,
    limit: 100,
    endsWithQueue: false,
    prepare: async (channel) => {
      await channel.assertExchange(names.runs, 'fanout', { durable: true });
      const name = `${names.runs}.${randomBytes(8).toString('hex')}`;
      // A mailbox of this connection; the broker deletes it with the connection.
      await channel.assertQueue(name, { exclusive: true, durable: false, autoDelete: true });
      await channel.bindQueue(name, names.runs, '');
      return name;
    },
    onMessage: (received) => {
      received.ack();
      try {
        for (const run of parseMessage(runsSchema, decodeMessage(received)).runs) onRun(run);
      } catch {
        // Not an announcement.
      }
    },
  });
}
