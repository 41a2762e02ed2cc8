/** Deliveries on their way through a handler: decoded, checked, handled, answered. */
import { isPipelineError } from '../../errors.ts';
import { sleep } from '../../runtime/retry.ts';
import type { Delivery, Handler } from '../queue.ts';
import { deliveriesOf } from './codec.ts';
import type { QueueEvent, QueueLog } from './options.ts';
import type { Received } from './subscription.ts';

/** Why a delivery cannot be handled, and how often it was delivered. */
export interface Burial {
  readonly reason: string;
  readonly deliveries: number;
}

export interface HandsOptions<T> {
  /** @throws MessageError if the delivery does not hold a message */
  readonly decode: (received: Received) => T;
  readonly handler: Handler<T>;
  /** The consumer's signal: what fails after it goes back into the queue. */
  readonly signal: AbortSignal;
  /** Resolves when the dead letters have it. */
  readonly bury: (received: Received, burial: Burial) => Promise<void>;
  readonly onEvent: (event: QueueEvent) => void;
  readonly log: QueueLog;
}

/** What a handler gave back waits this long before it is delivered again; doubles with each time. */
const GIVE_BACK_MS = 50;
const GIVE_BACK_MAX_MS = 5000;

export class Hands<T> {
  readonly #options: HandsOptions<T>;
  #count = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: HandsOptions<T>) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  /** Handles a delivery and answers it. Never rejects. */
  async take(received: Received): Promise<void> {
    this.#count += 1;
    const { onEvent } = this.#options;
    const redelivered = received.fields.redelivered;
    onEvent('delivered');
    if (redelivered) onEvent('redelivered');
    const message = await this.#decode(received);
    if (message !== undefined) await this.#handle(received, { message: message.value, redelivered });
    this.#count -= 1;
    if (this.#count === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  async #decode(received: Received): Promise<{ value: T } | undefined> {
    try {
      return { value: this.#options.decode(received) };
    } catch (error) {
      await this.#bury(received, error, 'invalid');
      return undefined;
    }
  }

  async #handle(received: Received, delivery: Delivery<T>): Promise<void> {
    const { handler, signal } = this.#options;
    try {
      await handler(delivery);
      received.ack();
    } catch (error) {
      const back = signal.aborted || (isPipelineError(error) && error.retryable);
      await (back ? this.#giveBack(received) : this.#bury(received, error, 'rejected'));
    }
  }

  /** A handler that always fails must not use up the delivery limit within a second. */
  async #giveBack(received: Received): Promise<void> {
    const { signal, onEvent } = this.#options;
    const delayMs = Math.min(GIVE_BACK_MAX_MS, GIVE_BACK_MS * 2 ** (deliveriesOf(received.properties.headers) - 1));
    await sleep(delayMs, signal).catch(() => {});
    received.requeue();
    onEvent('requeued');
  }

  async #bury(received: Received, error: unknown, event: 'invalid' | 'rejected'): Promise<void> {
    const { bury, log, onEvent } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    try {
      await bury(received, { reason, deliveries: deliveriesOf(received.properties.headers) });
      received.ack();
      onEvent(event);
      log.warn({ messageId: received.properties.messageId, from: received.fields.routingKey, reason }, `queue.${event}`);
    } catch {
      received.requeue(); // the queue is being closed
    }
  }
}
