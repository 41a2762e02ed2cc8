/** A consumer of one queue that comes back after outages. */
import type { Channel, ChannelModel, ConsumeMessage, Message } from 'amqplib';
import { sleep } from '../../runtime/retry.ts';
import { Acks } from './acks.ts';
import { type AmqpConnection, backoffMs } from './connection.ts';
import { isMissing, isRefusal, openChannel } from './topology.ts';

/** A delivery that is to be answered once. Answers after its channel has ended are dropped: the broker delivers it again. */
export interface Received extends Message {
  /** True once its channel has ended. */
  readonly isLost: boolean;
  ack(): void;
  requeue(): void;
}

export interface SubscriptionOptions {
  readonly connection: AmqpConnection;
  /** Most deliveries that are not answered yet. */
  readonly limit: number;
  readonly onMessage: (received: Received) => void;
  /** Called with each new channel: declares the queue, and names it. */
  readonly prepare: (channel: Channel) => Promise<string>;
  /** True: the subscription ends when the queue is not there (any more). False: it is prepared again. */
  readonly endsWithQueue: boolean;
  /** Called with what the broker refuses; it is tried again. */
  readonly onRefusal: (error: unknown) => void;
}

export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #channel: Channel | undefined;
  #acks: Acks | undefined;
  #queue = '';
  #tag: string | undefined;
  #limit: number;
  /** No new deliveries are wanted. */
  #cancelled = false;
  /** Orders to the channel, one after the other. */
  #orders: Promise<void> = Promise.resolve();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#limit = options.limit;
    this.#ended = this.#run();
  }

  /** Resolves when the subscription is over: by `end`, or because the queue is gone or the connection closed. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Changes the limit for what is delivered from now on. */
  setLimit(limit: number): void {
    this.#limit = limit;
    const change = this.#order(async (channel) => {
      if (this.#tag === undefined || this.#cancelled) return;
      await channel.cancel(this.#tag);
      await this.#consume(channel);
    });
    change.catch(() => {}); // the channel has ended; the next one begins with the new limit
  }

  /** No new deliveries; those at hand can still be answered. Resolves when the broker knows. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    const cancel = this.#order(async (channel) => {
      if (this.#tag !== undefined) await channel.cancel(this.#tag);
      this.#tag = undefined;
    });
    await cancel.catch(() => {}); // the channel has ended
  }

  /** Ends the channel; what is not answered goes back into the queue. Resolves when all answers have reached the broker. */
  async end(): Promise<void> {
    this.#stop.abort(new Error('ended'));
    this.#acks?.send();
    void this.#channel?.close().catch(() => {}); // it may have ended by itself
    await this.#ended;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      let model: ChannelModel;
      try {
        model = await Promise.race([this.#options.connection.model(), aborted(this.#stop.signal)]);
      } catch {
        return; // closed
      }
      try {
        await this.#serve(model);
        failures = 0;
      } catch (error) {
        if (this.#options.endsWithQueue && isMissing(error)) return;
        if (isRefusal(error)) this.#options.onRefusal(error);
        failures += 1;
      }
      if (failures > 0) await sleep(backoffMs(failures), this.#stop.signal).catch(() => {});
    }
  }

  async #serve(model: ChannelModel): Promise<void> {
    const { channel, ended, close } = await openChannel(model);
    try {
      this.#queue = await this.#options.prepare(channel);
      this.#channel = channel;
      this.#acks = new Acks(channel);
      await this.#order(async () => {
        if (!this.#cancelled) await this.#consume(channel);
      });
      if (!this.#stop.signal.aborted) await ended;
    } finally {
      this.#channel = undefined;
      this.#acks = undefined;
      this.#tag = undefined;
      await close();
    }
  }

  async #consume(channel: Channel): Promise<void> {
    // Not global: it counts for the consumers that follow.
    await channel.prefetch(this.#limit, false);
    const { consumerTag } = await channel.consume(this.#queue, (message) => this.#take(channel, message));
    this.#tag = consumerTag;
  }

  #take(channel: Channel, message: ConsumeMessage | null): void {
    // The broker cancelled the consumer: the queue was deleted, or moves. A new channel finds out.
    if (message === null) {
      this.#acks?.send();
      if (this.#channel === channel) this.#channel = undefined;
      void channel.close().catch(() => {});
    } else this.#options.onMessage(this.#received(channel, message));
  }

  #received(channel: Channel, { content, fields, properties }: ConsumeMessage): Received {
    const acks = this.#acks;
    const isLive = () => this.#channel === channel;
    const message = { content, fields, properties };
    acks?.delivered(message);
    return {
      ...message,
      get isLost() {
        return !isLive();
      },
      ack: () => {
        if (isLive()) acks?.ack(message);
      },
      requeue: () => {
        if (isLive()) acks?.requeue(message);
      },
    };
  }

  /** One after the other; nothing where there is no channel. */
  #order(action: (channel: Channel) => Promise<void>): Promise<void> {
    const done = this.#orders.then(() => (this.#channel === undefined ? undefined : action(this.#channel)));
    this.#orders = done.catch(() => {});
    return done;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
