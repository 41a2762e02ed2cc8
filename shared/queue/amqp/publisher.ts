/** Confirmed publishing through outages: what was not confirmed is published again. */
import type { ConfirmChannel, Message } from 'amqplib';
import { isPipelineError } from '../../errors.ts';
import { sleep } from '../../runtime/retry.ts';
import { Fifo } from '../fifo.ts';
import type { Line } from '../queue.ts';
import type { Encoded } from './codec.ts';
import { type AmqpConnection, backoffMs, closedError } from './connection.ts';
import type { QueueEvent } from './options.ts';

/** Where a message goes. */
export interface Route {
  /** '' is the default exchange, whose key is the name of a queue. */
  readonly exchange: string;
  readonly key: string;
  /** The run and pool whose queue `key` is; it must be declared first. */
  readonly line?: Line | undefined;
}

export interface PublisherOptions {
  readonly connection: AmqpConnection;
  /** Called with each new channel before anything is published. */
  readonly prepare: (channel: ConfirmChannel) => Promise<void>;
  /** Declares the queue of a run in a pool. @throws ConfigError if that cannot be; what waits for it is rejected then */
  readonly prepareRun: (line: Line) => Promise<void>;
  readonly onEvent: (event: QueueEvent) => void;
}

interface Entry extends Encoded {
  readonly route: Route;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** The broker had no queue for it. */
  returned: boolean;
}

/** Sent, not yet confirmed: at most this many, and about this many bytes. */
const WINDOW = 2000;
const WINDOW_BYTES = 32_000_000;
/** Wait before the same is tried again on a connection that lives. */
const AGAIN_MS = 200;

export class AmqpPublisher {
  readonly #options: PublisherOptions;
  readonly #stop = new AbortController();
  readonly #backlog = new Fifo<Entry>();
  readonly #inFlight = new Map<number, Entry>();
  /** Names of queues. */
  readonly #declared = new Set<string>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #serving: Promise<void>;
  /**
   * Of the message that is being sent. The library makes headers the prototype of another object, for which V8 does a good deal with
   * each new object; a message is in bytes once it is sent, so that one does for all.
   */
  readonly #headers: Record<string, unknown> = {};
  #inFlightBytes = 0;
  #sequence = 0;
  #channel: ConfirmChannel | undefined;
  #declaring = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => {});
    this.#serving = this.#run();
  }

  /** Resolves when the first channel can be used. @throws ConfigError if the broker does not permit what is needed */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when the broker has confirmed the message. @throws StorageError after close, ConfigError if its queue cannot be */
  publish(route: Route, { content, properties }: Encoded): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#backlog.push({ route, content, properties, resolve, reject, returned: false });
      this.#pump();
    });
  }

  /** Forgets that a queue was declared: it was deleted. */
  forget(queue: string): void {
    this.#declared.delete(queue);
  }

  /** Rejects all that is not confirmed. */
  async close(): Promise<void> {
    this.#stop.abort(closedError());
    this.#takeBack();
    for (const entry of this.#backlog.drain()) entry.reject(closedError());
    await this.#serving;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        await this.#serve();
        failures = 0;
      } catch (error) {
        if (isPipelineError(error, 'ConfigError')) this.#ready.reject(error);
        failures += 1;
      }
      await sleep(failures === 0 ? AGAIN_MS / 2 : backoffMs(failures), this.#stop.signal).catch(() => {});
    }
    this.#ready.reject(closedError());
  }

  /** Publishes until the channel ends. */
  async #serve(): Promise<void> {
    const model = await this.#options.connection.model();
    const channel = await model.createConfirmChannel();
    // Before the library's own listener, which fails all confirms that are still open.
    const ended = new Promise<void>((resolve) => channel.prependOnceListener('close', () => resolve(this.#end(channel))));
    channel.on('error', () => {}); // 'close' follows
    channel.on('return', (message) => this.#markReturned(message));
    await this.#options.prepare(channel);
    this.#declared.clear();
    this.#channel = channel;
    this.#ready.resolve();
    this.#pump();
    await ended;
    this.#end(channel);
  }

  #end(channel: ConfirmChannel): void {
    if (channel !== this.#channel) return;
    this.#channel = undefined;
    this.#takeBack();
  }

  /** What was in flight goes to the front of the line, in its order. */
  #takeBack(): void {
    for (const entry of [...this.#inFlight.values()].reverse()) {
      this.#backlog.unshift(entry);
      if (!this.#stop.signal.aborted) this.#options.onEvent('republished');
    }
    this.#inFlight.clear();
    this.#inFlightBytes = 0;
  }

  #pump(): void {
    while (this.#channel !== undefined && this.#inFlight.size < WINDOW && this.#inFlightBytes < WINDOW_BYTES && !this.#declaring) {
      const route = this.#backlog.peek()?.route;
      if (route?.line !== undefined && !this.#declared.has(route.key)) return void this.#declare(route.key, route.line);
      const entry = this.#backlog.shift();
      if (entry === undefined) return;
      this.#send(this.#channel, entry);
    }
  }

  #send(channel: ConfirmChannel, entry: Entry): void {
    const { route, content, properties } = entry;
    const sequence = ++this.#sequence;
    this.#inFlight.set(sequence, entry);
    this.#inFlightBytes += content.length;
    const confirm = (error: unknown) => {
      // Where the channel ended, all that is in flight is taken back in one go.
      if (channel === this.#channel) this.#confirmed(sequence, entry, error);
    };
    try {
      const headers = this.#fillHeaders(properties.headers);
      channel.publish(route.exchange, route.key, content, { ...properties, headers, correlationId: String(sequence) }, confirm);
    } catch {
      // The channel has just ended: the entry stays in flight until it is taken back.
    }
  }

  #fillHeaders(headers: unknown): Record<string, unknown> {
    for (const name of Object.keys(this.#headers)) this.#headers[name] = undefined;
    return Object.assign(this.#headers, headers);
  }

  #confirmed(sequence: number, entry: Entry, error: unknown): void {
    this.#inFlight.delete(sequence);
    this.#inFlightBytes -= entry.content.length;
    if (error || entry.returned) this.#again(entry);
    else {
      this.#options.onEvent('published');
      entry.resolve();
    }
    this.#pump();
  }

  /** The queue did not take the message, or is not there. */
  #again(entry: Entry): void {
    this.#options.onEvent('republished');
    const { key, line } = entry.route;
    if (entry.returned && line !== undefined) this.forget(key);
    // Reports and dead letters: a new channel declares their queues.
    if (entry.returned && line === undefined) void this.#channel?.close().catch(() => {});
    entry.returned = false;
    setTimeout(() => {
      if (this.#stop.signal.aborted) return entry.reject(closedError());
      this.#backlog.unshift(entry);
      this.#pump();
    }, AGAIN_MS).unref();
  }

  #markReturned({ properties }: Message): void {
    const entry = this.#inFlight.get(Number(properties.correlationId));
    if (entry !== undefined) entry.returned = true;
  }

  async #declare(queue: string, line: Line): Promise<void> {
    this.#declaring = true;
    const channel = this.#channel;
    try {
      await this.#options.prepareRun(line);
      if (channel === this.#channel) this.#declared.add(queue);
    } catch (error) {
      if (isPipelineError(error, 'ConfigError')) this.#rejectAll(queue, error);
      else await sleep(AGAIN_MS, this.#stop.signal).catch(() => {});
    }
    this.#declaring = false;
    this.#pump();
  }

  #rejectAll(queue: string, error: unknown): void {
    for (const entry of this.#backlog.drain()) {
      if (entry.route.key === queue) entry.reject(error);
      else this.#backlog.push(entry);
    }
  }
}
