/** Acks of one channel: all that are given within a turn of the event loop are sent together. */
import type { Channel } from 'amqplib';

export class Acks {
  readonly #channel: Channel;
  /** Deliveries that have no answer yet, in their order. True: an ack waits to be sent. */
  readonly #open = new Map<number, boolean>();
  #sending: NodeJS.Immediate | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  delivered(tag: number): void {
    this.#open.set(tag, false);
  }

  ack(tag: number): void {
    this.#open.set(tag, true);
    this.#sending ??= setImmediate(() => this.send());
  }

  /** It gets another answer. */
  forget(tag: number): void {
    this.#open.delete(tag);
  }

  /** Sends now: one ack for the oldest deliveries up to the first that is still open, and one each for others. */
  send(): void {
    clearImmediate(this.#sending);
    this.#sending = undefined;
    const acked: number[] = [];
    let isFirst = true;
    let upTo: number | undefined;
    for (const [tag, isAcked] of this.#open) {
      if (!isAcked) isFirst = false;
      else if (isFirst) upTo = tag;
      else acked.push(tag);
      if (isAcked) this.#open.delete(tag);
    }
    if (upTo !== undefined) this.#ack(upTo, true);
    for (const tag of acked) this.#ack(tag, false);
  }

  #ack(deliveryTag: number, allUpTo: boolean): void {
    // The library throws once the channel has ended; the broker delivers again then.
    try {
      this.#channel.ack({ fields: { deliveryTag } } as Parameters<Channel['ack']>[0], allUpTo);
    } catch {}
  }
}
