/** The queue port over AMQP 0-9-1 (RabbitMQ 3.10 to 4.x). README.md in this folder shows what is made in the broker. */
import type { Channel as AmqpChannel } from 'amqplib';
import { isPipelineError } from '../errors.ts';
import { sleep } from '../runtime/retry.ts';
import { untilAborted } from '../runtime/until-aborted.ts';
import { Bundles } from './amqp/bundles.ts';
import { buried, buriedPart, decodeDeadLetter, decodeParts, encodeDeadLetter, encodeTask } from './amqp/codec.ts';
import { AmqpConnection, closedError } from './amqp/connection.ts';
import { dial, parseTarget } from './amqp/dial.ts';
import { Hands, type HandsOptions } from './amqp/hands.ts';
import { type AmqpOptions, type QueueEvent, type QueueNames, queueNames } from './amqp/options.ts';
import { Outages } from './amqp/outages.ts';
import { AmqpPublisher } from './amqp/publisher.ts';
import { Announcer, listenForRuns } from './amqp/runs.ts';
import { type Received, Subscription } from './amqp/subscription.ts';
import { takeWaiting } from './amqp/take-waiting.ts';
import { declareExchange, declareRun, declareTopology, isMissing, isRefusal, onChannel, topologyError } from './amqp/topology.ts';
import { Turns } from './amqp/turns.ts';
import { type DeadLetter, parseMessage, type Report, reportSchema, type Task, taskSchema } from './messages.ts';
import type { Channel, ConsumeOptions, Handler, Line, PassOn, Queue, TaskChannel, TaskConsumeOptions } from './queue.ts';

/** What deliveries hold. */
type Form<T> = Pick<HandsOptions<T>, 'decode' | 'parse'>;

const ANNOUNCE_MS = 2000;
/** Mailboxes of announcements are bound again after so many of them. */
const BIND_TIMES = 5;
/** Wait before the broker is asked again after a connection ended. */
const AGAIN_MS = 100;

/**
 * Connects to the broker and makes what is missing there. From then on outages are waited for: what was published and not
 * confirmed is published again, consumers come back.
 * @throws ConfigError if the broker refuses (credentials, vhost, certificate, permissions), at once; StorageError if it
 * cannot be reached within the patience; the signal's reason when aborted. None of them tells a password.
 */
export async function openAmqpQueue(options: AmqpOptions): Promise<Queue> {
  const queue = new AmqpQueue(options);
  try {
    await queue.open();
    return queue;
  } catch (error) {
    await queue.close();
    throw error;
  }
}

class AmqpQueue implements Queue {
  readonly tasks: TaskChannel;
  readonly reports: Channel<Report>;
  readonly deadLetters: Channel<DeadLetter>;
  readonly #options: AmqpOptions;
  readonly #address: string;
  readonly #names: QueueNames;
  readonly #onEvent: (event: QueueEvent) => void;
  /** Two connections: a broker that is short of memory stops reading from those that publish, but must get its acks. */
  readonly #publishing: AmqpConnection;
  readonly #consuming: AmqpConnection;
  readonly #publisher: AmqpPublisher;
  readonly #announcer: Announcer;
  readonly #stop = new AbortController();
  readonly #seen = new Set<string>();
  #consumingOpen: Promise<void> | undefined;

  constructor(options: AmqpOptions) {
    this.#options = options;
    const target = parseTarget(options);
    this.#address = target.place.address;
    this.#names = queueNames(options.prefix, options.pool);
    this.#onEvent = options.onEvent ?? (() => {});
    const outages = new Outages(this.#address, options.log, this.#onEvent);
    const connect = () => new AmqpConnection({ dial: (stop) => dial(target, options.tls, stop), outages });
    this.#publishing = connect();
    this.#consuming = connect();
    this.#publisher = new AmqpPublisher({
      connection: this.#publishing,
      prepare: (channel) => this.#named(declareTopology(channel, this.#names, this.#announcer.pools)),
      prepareRun: (line) => this.#named(this.#declareRun(line)),
      onEvent: this.#onEvent,
    });
    this.#announcer = new Announcer(this.#publisher, this.#names.runs, options.announceMs ?? ANNOUNCE_MS);
    this.tasks = this.#taskChannel();
    this.reports = this.#reportChannel();
    this.deadLetters = this.#deadLetterChannel();
  }

  async open(): Promise<void> {
    await this.#publishing.open(this.#options.patienceMs, this.#options.signal);
    await this.#publisher.ready();
  }

  async openRun(run: string, pools: readonly string[] = [this.#options.pool]): Promise<void> {
    for (const pool of pools) await this.#openLine({ run, pool });
  }

  async #openLine(line: Line): Promise<void> {
    for (;;) {
      try {
        return await this.#named(this.#declareRun(line));
      } catch (error) {
        // A connection that ended; the next one is awaited.
        if (isPipelineError(error, 'ConfigError') || this.#stop.signal.aborted) throw error;
        await sleep(AGAIN_MS, this.#stop.signal);
      }
    }
  }

  async deleteRun(run: string, pools: readonly string[] = [this.#options.pool]): Promise<void> {
    for (const pool of pools) {
      this.#announcer.delete(run, pool);
      const queue = this.#names.tasks(run, pool);
      await this.#inspect((channel) => channel.deleteQueue(queue));
      this.#publisher.forget(queue);
    }
    this.#seen.delete(run);
  }

  async cancelRun(run: string, pools: readonly string[] = [this.#options.pool]): Promise<void> {
    await this.deleteRun(run, pools);
    for (const pool of pools) {
      await this.#inspect((channel) => declareExchange(channel, this.#names.runs(pool)));
      await this.#announcer.cancel(run, pool);
    }
  }

  async takeWaiting({ run, pool }: Line, limit: number, pass: PassOn): Promise<number> {
    const passing = this.#inspect((channel) => takeWaiting(channel, this.#names.tasks(run, pool), limit, pass));
    const { taken, failure } = await passing.catch((error: unknown) => {
      if (isMissing(error)) return { taken: 0, failure: undefined };
      throw error;
    });
    if (failure !== undefined) throw failure;
    return taken;
  }

  async close(): Promise<void> {
    if (!this.#stop.signal.aborted) this.#stop.abort(closedError());
    this.#announcer.close();
    await Promise.all([this.#publisher.close(), this.#publishing.close(), this.#consuming.close()]);
  }

  async #declareRun({ run, pool }: Line): Promise<void> {
    await onChannel(await this.#publishing.model(), (channel) => declareRun(channel, this.#names, run, pool));
    this.#announcer.add(run, pool);
  }

  #taskChannel(): TaskChannel {
    const { tasks } = this.#names;
    return {
      publish: async (task) => {
        const line = { run: task.run, pool: task.pool ?? this.#options.pool };
        return this.#publisher.publish({ exchange: '', key: tasks(line.run, line.pool), line }, encodeTask(task));
      },
      consume: (handler, options) => this.#consumeTasks(handler, options),
      depth: async (run, pool) => {
        const queues = pool === undefined || run === undefined ? this.#knownQueues(run) : [tasks(run, pool)];
        const depths = await Promise.all([...queues].map((queue) => this.#depth(queue)));
        return depths.reduce((sum, depth) => sum + depth, 0);
      },
    };
  }

  /** Queues of tasks: of one run or all, in all pools of which this process knows. */
  #knownQueues(run: string | undefined): Set<string> {
    const { tasks } = this.#names;
    if (run !== undefined) return new Set([tasks(run), ...this.#announcer.poolsOf(run).map((pool) => tasks(run, pool))]);
    const announced = [...this.#announcer.pools].flatMap((pool) => Array.from(this.#announcer.runsOf(pool), (each) => tasks(each, pool)));
    return new Set([...announced, ...Array.from(this.#seen, (each) => tasks(each))]);
  }

  #reportChannel(): Channel<Report> {
    const queue = this.#names.reports;
    const bundles = new Bundles((message) => this.#publisher.publish({ exchange: '', key: queue }, message));
    const form = { decode: decodeParts, parse: (part: unknown) => parseMessage(reportSchema, part) };
    return {
      publish: (report) => bundles.publish(report),
      consume: (handler, options) => this.#consumeFixed(queue, form, handler, options),
      depth: () => this.#depth(queue),
    };
  }

  #deadLetterChannel(): Channel<DeadLetter> {
    const queue = this.#names.dead;
    const form = { decode: (received: Received) => [decodeDeadLetter(received)], parse: (letter: unknown) => letter as DeadLetter };
    return {
      publish: async (letter) => this.#publisher.publish({ exchange: '', key: queue }, encodeDeadLetter(letter)),
      consume: (handler, options) => this.#consumeFixed(queue, form, handler, options),
      depth: () => this.#depth(queue),
    };
  }

  async #consumeTasks(handler: Handler<Task>, options: TaskConsumeOptions): Promise<void> {
    if (!(await this.#openConsuming(options.signal))) return;
    const connection = this.#consuming;
    const form = { decode: decodeParts, parse: (part: unknown) => parseMessage(taskSchema, part) };
    const hands = this.#hands(handler, options.signal, form);
    const handle = (received: Received) => hands.take(received);
    const onRefusal = this.#tellRefusal;
    const turns = new Turns({
      ...{ connection, queueOf: (run) => this.#names.tasks(run), handle, onRefusal },
      get prefetch() {
        return options.prefetch;
      },
    });
    const serve = (run: string) => {
      this.#seen.add(run);
      turns.add(run);
    };
    const bindMs = BIND_TIMES * (this.#options.announceMs ?? ANNOUNCE_MS);
    const { onCancelled } = options;
    const listening = listenForRuns({ connection, names: this.#names, onRun: serve, onCancelled, onRefusal, bindMs });
    for (const run of this.#announcer.runsOf(this.#options.pool)) turns.add(run);
    await this.#stopped(options.signal);
    await Promise.all([listening.end(), turns.stop()]);
    await hands.idle();
    await turns.end();
  }

  async #consumeFixed<T>(queue: string, form: Form<T>, handler: Handler<T>, { prefetch, signal }: ConsumeOptions): Promise<void> {
    if (!(await this.#openConsuming(signal))) return;
    const connection = this.#consuming;
    const hands = this.#hands(handler, signal, form);
    const prepare = async (channel: AmqpChannel) => {
      await declareTopology(channel, this.#names);
      return queue;
    };
    const onMessage = (received: Received) => void hands.take(received);
    const subscription = new Subscription({
      ...{ connection, limit: prefetch, onMessage, prepare, endsWithQueue: false, onRefusal: this.#tellRefusal },
    });
    await this.#stopped(signal);
    await subscription.cancel();
    await hands.idle();
    await subscription.end();
  }

  #hands<T>(handler: Handler<T>, signal: AbortSignal, form: Form<T>): Hands<T> {
    return new Hands({
      ...form,
      handler,
      signal: AbortSignal.any([signal, this.#stop.signal]),
      bury: (received, { part, ...burial }) => {
        // A dead letter that cannot be handled is let go: there is no further place for it.
        if (received.fields.routingKey === this.#names.dead || received.fields.exchange === this.#names.dead) return Promise.resolve();
        const queue = received.fields.routingKey;
        const about = { ...burial, queue };
        const letter = part === undefined ? buried(received, about) : buriedPart(received, part.value, about);
        return this.#publisher.publish({ exchange: this.#names.dead, key: queue }, letter);
      },
      onEvent: this.#onEvent,
      log: this.#options.log,
    });
  }

  /** The second connection is made when something is consumed. False where the consumer was stopped before. */
  async #openConsuming(signal: AbortSignal): Promise<boolean> {
    if (this.#stop.signal.aborted) throw closedError();
    this.#consumingOpen ??= this.#consuming.open(Infinity, this.#stop.signal);
    try {
      await Promise.race([this.#consumingOpen, this.#stopped(signal)]);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
    return !signal.aborted && !this.#stop.signal.aborted;
  }

  async #depth(queue: string): Promise<number> {
    try {
      return (await this.#inspect((channel) => channel.checkQueue(queue))).messageCount;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  /** On the next connection if one ends. @throws what the broker refuses */
  async #inspect<T>(action: (channel: AmqpChannel) => Promise<T>): Promise<T> {
    for (;;) {
      const model = await this.#publishing.model();
      try {
        return await onChannel(model, action);
      } catch (error) {
        if (isMissing(error)) throw error;
        const named = topologyError(error, this.#address);
        if (!named.retryable || this.#stop.signal.aborted) throw named;
        await sleep(AGAIN_MS, this.#stop.signal);
      }
    }
  }

  async #named(action: Promise<void>): Promise<void> {
    await action.catch((error: unknown) => {
      if (isRefusal(error)) this.#tellRefusal(error);
      throw isPipelineError(error) ? error : topologyError(error, this.#address);
    });
  }

  /** Somebody changes permissions or queues under a running service: it goes on trying, and says so. */
  readonly #tellRefusal = (error: unknown): void => {
    this.#options.log.warn({ broker: this.#address, reason: topologyError(error, this.#address).message }, 'queue.refused');
  };

  #stopped(signal: AbortSignal): Promise<void> {
    return untilAborted(AbortSignal.any([signal, this.#stop.signal]));
  }
}
