/** A connection that comes back: broker restarts, network cuts, slow starts. */
import type { ChannelModel } from 'amqplib';
import { isPipelineError, StorageError } from '../../errors.ts';
import { type RetryPolicy, retryDelayMs, sleep } from '../../runtime/retry.ts';
import type { Dialled } from './dial.ts';
import type { Outages } from './outages.ts';

const BACKOFF: RetryPolicy = { attempts: Infinity, baseMs: 200, maxMs: 5000 };
/** The broker's goodbye is awaited no longer than this. */
const GOODBYE_MS = 2000;

/** What waits and publishes after `close` hears this. */
export function closedError(): StorageError {
  return new StorageError('the queue is closed', { retryable: false });
}

/** Wait after the given number of failures in a row (from 1). */
export function backoffMs(failures: number): number {
  return retryDelayMs(BACKOFF, Math.min(failures, 20), Math.random());
}

export interface ConnectionOptions {
  readonly dial: (stop: AbortSignal) => Promise<Dialled>;
  readonly outages: Outages;
}

export class AmqpConnection {
  readonly #options: ConnectionOptions;
  readonly #stop = new AbortController();
  #live: Dialled | undefined;
  #waiting = Promise.withResolvers<ChannelModel>();
  /** The attempt that is going on, so that `close` can await its end. */
  #attempt: Promise<unknown> = Promise.resolve();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#waiting.promise.catch(() => {});
  }

  /**
   * Makes the first connection.
   * @throws ConfigError at once where waiting does not help; StorageError when the patience is over
   */
  async open(patienceMs: number, signal: AbortSignal | undefined): Promise<void> {
    const giveUp = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    const deadline = performance.now() + patienceMs;
    for (let failures = 0; ; ) {
      try {
        return await this.#connect();
      } catch (error) {
        giveUp.throwIfAborted();
        const delayMs = backoffMs(++failures);
        if (!isPipelineError(error) || !error.retryable || performance.now() + delayMs > deadline) throw error;
        this.#options.outages.down(this, error);
        await sleep(delayMs, giveUp);
      }
    }
  }

  /** The live connection, as soon as there is one. @throws StorageError after close */
  async model(): Promise<ChannelModel> {
    if (this.#stop.signal.aborted) throw closedError();
    return this.#live?.model ?? this.#waiting.promise;
  }

  /** Ends at any moment, also while connecting; what was not acked goes back into its queue. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const live = this.#live;
    this.#live = undefined;
    if (live !== undefined) {
      const goodbye = live.model.close().catch(() => {}); // it may be dead already
      await Promise.race([goodbye, sleep(GOODBYE_MS, this.#stop.signal).catch(() => {})]);
      live.destroy();
    }
    this.#stop.abort(closedError());
    this.#options.outages.forget(this);
    this.#waiting.reject(closedError());
    await this.#attempt;
  }

  async #connect(): Promise<void> {
    const dialling = this.#options.dial(this.#stop.signal);
    this.#attempt = dialling.catch(() => {});
    const live = await dialling;
    if (this.#stop.signal.aborted) {
      live.destroy();
      throw closedError();
    }
    const { model } = live;
    // A closing error comes with 'close' again.
    model.on('error', () => {});
    model.on('blocked', (reason) => this.#options.outages.blocked(this, reason));
    model.on('unblocked', () => this.#options.outages.unblocked(this));
    model.on('close', (error?: Error) => {
      live.destroy();
      if (this.#live !== live) return;
      this.#live = undefined;
      this.#waiting = Promise.withResolvers();
      this.#waiting.promise.catch(() => {});
      this.#options.outages.down(this, error ?? new Error('closed'));
      void this.#reconnect();
    });
    this.#live = live;
    this.#waiting.resolve(model);
    this.#options.outages.up(this);
  }

  async #reconnect(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        return await this.#connect();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#options.outages.down(this, error);
        await sleep(backoffMs(++failures), this.#stop.signal).catch(() => {});
      }
    }
  }
}
