/** Queues on a real broker for tests, with names of their own, and what they logged. */
import { randomBytes } from 'node:crypto';
import amqplib, { type ConfirmChannel } from 'amqplib';
import { type AmqpOptions, type QueueEvent, type QueueNames, queueNames } from './amqp/options.ts';
import { openAmqpQueue } from './amqp.ts';
import type { Channel, Queue } from './queue.ts';

export interface LogLine {
  readonly level: 'info' | 'warn';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One installation: queues that share a prefix. */
export class Installation {
  readonly prefix = `test-${randomBytes(6).toString('hex')}`;
  readonly names: QueueNames = queueNames(this.prefix, 'pool');
  readonly log: LogLine[] = [];
  readonly events = new Map<QueueEvent, number>();
  readonly #url: string;
  readonly #open: Queue[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  options(more: Partial<AmqpOptions> = {}): AmqpOptions {
    const write = (level: LogLine['level']) => (fields: object, event: string) =>
      void this.log.push({ level, event, fields: { ...fields } });
    return {
      ...{ url: this.#url, pool: 'pool', prefix: this.prefix, patienceMs: 10_000, heartbeatSeconds: 5, announceMs: 200 },
      log: { info: write('info'), warn: write('warn') },
      onEvent: (event) => this.events.set(event, (this.events.get(event) ?? 0) + 1),
      ...more,
    };
  }

  async open(more: Partial<AmqpOptions> = {}): Promise<Queue> {
    const queue = await openAmqpQueue(this.options(more));
    this.#open.push(queue);
    return queue;
  }

  /** Does something behind the back of the queues. */
  async directly<T>(action: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    const model = await amqplib.connect(this.#url);
    try {
      const channel = await model.createConfirmChannel();
      channel.on('error', () => {}); // the action rejects
      const result = await action(channel);
      await channel.waitForConfirms().catch(() => {}); // the action may have ended the channel
      return result;
    } finally {
      await model.close();
    }
  }

  /** Closes all, and removes what was made in the broker. */
  async close(runs: readonly string[] = []): Promise<void> {
    await Promise.all(this.#open.map((queue) => queue.close()));
    const queues = [this.names.reports, this.names.dead, ...runs.map((run) => this.names.tasks(run))];
    await this.directly(async (channel) => {
      for (const queue of queues) await channel.deleteQueue(queue);
      for (const exchange of [this.names.dead, this.names.runs()]) await channel.deleteExchange(exchange);
    });
  }
}

/** Consumes until `enough` says so. */
export async function collect<T>(channel: Channel<T>, enough: (messages: readonly T[]) => boolean, prefetch = 10): Promise<T[]> {
  const messages: T[] = [];
  const done = new AbortController();
  await channel.consume(
    async ({ message }) => {
      messages.push(message);
      if (enough(messages)) done.abort();
    },
    { prefetch, signal: done.signal },
  );
  return messages;
}

/** Consumes until `count` messages have come. */
export function take<T>(channel: Channel<T>, count: number): Promise<T[]> {
  return collect(channel, (messages) => messages.length >= count, Math.min(count, 10));
}
