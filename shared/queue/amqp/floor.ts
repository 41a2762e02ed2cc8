/** What the broker itself can do: messages through one queue with nothing around them. A rehearsal is measured against it. */
import { randomBytes } from 'node:crypto';
import { dial, parseTarget } from './dial.ts';
import type { AmqpOptions } from './options.ts';

export interface FloorOptions extends Pick<AmqpOptions, 'url' | 'user' | 'password' | 'tls' | 'prefix' | 'pool'> {
  readonly messages: number;
  readonly bytes: number;
  readonly signal: AbortSignal;
}

const PREFETCH = 256;
/** Unconfirmed at a time. */
const WINDOW = 500;

/**
 * Publishes messages with confirms into a quorum queue, consumes and acks them, all at once. Returns the milliseconds from
 * the first publish to the last ack. The queue is deleted.
 */
export async function measureFloor({ messages, bytes, signal, ...options }: FloorOptions): Promise<number> {
  const target = parseTarget({ ...options, patienceMs: 0, log: { info: () => {}, warn: () => {} } });
  const { model, destroy } = await dial(target, options.tls, signal);
  model.on('error', () => {}); // publishing rejects as well
  const queue = `${options.prefix}.floor.${randomBytes(6).toString('hex')}`;
  try {
    const publisher = await model.createConfirmChannel();
    const consumer = await model.createChannel();
    const args = { 'x-queue-type': 'quorum' };
    await publisher.assertQueue(queue, { durable: true, arguments: args });
    await consumer.prefetch(PREFETCH);
    const start = performance.now();
    let seen = 0;
    const { promise: done, resolve } = Promise.withResolvers<void>();
    if (messages === 0) resolve();
    await consumer.consume(queue, (message) => {
      if (message === null) return;
      consumer.ack(message);
      if (++seen === messages) resolve();
    });
    const content = randomBytes(bytes);
    for (let sent = 0; sent < messages; ) {
      signal.throwIfAborted();
      for (const end = Math.min(sent + WINDOW, messages); sent < end; sent += 1)
        publisher.sendToQueue(queue, content, { persistent: true });
      await publisher.waitForConfirms();
    }
    await done;
    const ms = performance.now() - start;
    await publisher.deleteQueue(queue);
    await model.close();
    return ms;
  } finally {
    destroy();
  }
}
