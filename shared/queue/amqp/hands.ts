/** Deliveries on their way through a handler: decoded, checked, handled, answered. */
import { isPipelineError } from '../../errors.ts';
import { sleep } from '../../runtime/retry.ts';
import type { Handler } from '../queue.ts';
import { deliveriesOf } from './codec.ts';
import type { QueueEvent, QueueLog } from './options.ts';
import type { Received } from './subscription.ts';

/** Why a delivery cannot be handled, and how often it was delivered. */
export interface Burial {
  readonly reason: string;
  readonly deliveries: number;
  /** Only this part of it. */
  readonly part?: { readonly value: unknown };
}

export interface HandsOptions<T> {
  /** Its parts, mostly one. @throws MessageError if the delivery does not hold any */
  readonly decode: (received: Received) => readonly unknown[];
  /** @throws MessageError if that is no message */
  readonly parse: (part: unknown) => T;
  readonly handler: Handler<T>;
  /** The consumer's signal: what fails after it goes back into the queue. */
  readonly signal: AbortSignal;
  /** Resolves when the dead letters have the delivery, or the part of it. */
  readonly bury: (received: Received, burial: Burial) => Promise<void>;
  readonly onEvent: (event: QueueEvent) => void;
  readonly log: QueueLog;
}

/** `unburied`: the dead letters do not have it either. */
type Outcome = 'done' | 'back' | 'unburied';

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
    await this.#handleAll(received);
    this.#count -= 1;
    if (this.#count === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Answers once all parts are handled. Where one is to be given back all are: whoever handled the others does not mind. */
  async #handleAll(received: Received): Promise<void> {
    let parts: readonly unknown[];
    try {
      parts = this.#options.decode(received);
    } catch (error) {
      return this.#answer(received, await this.#bury(received, error, 'invalid'));
    }
    const [only] = parts;
    if (parts.length === 1) return this.#answer(received, await this.#handle(received, only));
    const outcomes = await Promise.all(parts.map((part) => this.#handle(received, part)));
    const worst = outcomes.find((outcome) => outcome === 'unburied') ?? outcomes.find((outcome) => outcome === 'back') ?? 'done';
    return this.#answer(received, worst);
  }

  async #handle(received: Received, value: unknown): Promise<Outcome> {
    const { parse, handler, signal } = this.#options;
    const part = { value };
    let message: T;
    try {
      message = parse(value);
    } catch (error) {
      return this.#bury(received, error, 'invalid', part);
    }
    try {
      await handler({ message, redelivered: received.fields.redelivered });
      return 'done';
    } catch (error) {
      const back = signal.aborted || (isPipelineError(error) && error.retryable);
      return back ? 'back' : this.#bury(received, error, 'rejected', part);
    }
  }

  async #answer(received: Received, outcome: Outcome): Promise<void> {
    if (outcome === 'done') received.ack();
    else if (outcome === 'back') await this.#giveBack(received);
    else received.requeue();
  }

  /** A handler that always fails must not use up the delivery limit within a second. */
  async #giveBack(received: Received): Promise<void> {
    const { signal, onEvent } = this.#options;
    const delayMs = Math.min(GIVE_BACK_MAX_MS, GIVE_BACK_MS * 2 ** (deliveriesOf(received.properties.headers) - 1));
    await sleep(delayMs, signal).catch(() => {});
    received.requeue();
    onEvent('requeued');
  }

  async #bury(received: Received, error: unknown, event: 'invalid' | 'rejected', part?: Burial['part']): Promise<Outcome> {
    const { bury, log, onEvent } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    try {
      await bury(received, { reason, deliveries: deliveriesOf(received.properties.headers), ...(part && { part }) });
      onEvent(event);
      log.warn({ messageId: received.properties.messageId, from: received.fields.routingKey, reason }, `queue.${event}`);
      return 'done';
    } catch {
      return 'unburied'; // the queue is being closed
    }
  }
}
