/** Acknowledgements of one channel: those of one turn of the event loop go out as one, where nothing that was delivered before is left. */
import type { Channel, Message } from 'amqplib';

/** For a quorum queue each acknowledgement is an entry of its log, on disk and on every node; for many deliveries at once, too. */
export class Acks {
  readonly #channel: Channel;
  /** What is not answered yet, in the order of delivery; true: it is done. */
  readonly #open = new Map<Message, boolean>();
  #sending: NodeJS.Immediate | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  delivered(message: Message): void {
    this.#open.set(message, false);
  }

  ack(message: Message): void {
    this.#open.set(message, true);
    this.#sending ??= setImmediate(() => this.send());
  }

  requeue(message: Message): void {
    this.#open.delete(message);
    this.#answer(() => this.#channel.nack(message, false, true));
  }

  /** Sends what waits to be sent. */
  send(): void {
    clearImmediate(this.#sending);
    this.#sending = undefined;
    let lastInRow: Message | undefined;
    let inRow = true;
    for (const [message, done] of this.#open) {
      if (!done) inRow = false;
      else {
        this.#open.delete(message);
        if (inRow) lastInRow = message;
        else this.#answer(() => this.#channel.ack(message));
      }
    }
    const last = lastInRow;
    if (last !== undefined) this.#answer(() => this.#channel.ack(last, true));
  }

  /** Between the channel's end and its event the library throws; what it delivered comes again. */
  #answer(send: () => void): void {
    try {
      send();
    } catch {}
  }
}
