/** What exists in the broker, declared idempotently. README.md in the folder above explains each argument. */
import type { Channel, ChannelModel } from 'amqplib';
import { ConfigError, type PipelineError, StorageError } from '../../errors.ts';
import type { QueueNames } from './options.ts';

/** A backstop: retries are counted by the ledger, this only stops what kills every worker. */
export const DELIVERY_LIMIT = 50;
/** Dead letters are never dropped: newer brokers would, after 20 deliveries, where nothing is said. */
const NO_LIMIT = 1_000_000;

const QUORUM = { 'x-queue-type': 'quorum' } as const;

/** Reports, dead letters and the exchanges for runs: that of the own pool, and of others. */
export async function declareTopology(channel: Channel, names: QueueNames, pools: Iterable<string> = []): Promise<void> {
  await channel.assertExchange(names.dead, 'fanout', { durable: true });
  await channel.assertQueue(names.dead, { durable: true, arguments: { ...QUORUM, 'x-delivery-limit': NO_LIMIT } });
  await channel.bindQueue(names.dead, names.dead, '');
  await channel.assertQueue(names.reports, { durable: true, arguments: { ...buryingIn(names), 'x-single-active-consumer': true } });
  for (const runs of new Set([names.runs(), ...Array.from(pools, (pool) => names.runs(pool))])) await declareExchange(channel, runs);
}

/** The tasks of one run in one pool, and where that pool's workers hear of it. */
export async function declareRun(channel: Channel, names: QueueNames, run: string, pool: string): Promise<void> {
  await declareExchange(channel, names.runs(pool));
  await channel.assertQueue(names.tasks(run, pool), { durable: true, arguments: buryingIn(names) });
}

/** Where the workers of a pool hear of runs. */
export async function declareExchange(channel: Channel, runs: string): Promise<void> {
  await channel.assertExchange(runs, 'fanout', { durable: true });
}

function buryingIn(names: QueueNames): Record<string, unknown> {
  return {
    ...QUORUM,
    'x-delivery-limit': DELIVERY_LIMIT,
    'x-dead-letter-exchange': names.dead,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

/** A channel with its end. */
export interface OpenChannel {
  readonly channel: Channel;
  /** Resolves when it ends, by itself, with its connection or by `close`. */
  readonly ended: Promise<void>;
  /** Resolves when it has ended. Never rejects. */
  close(): Promise<void>;
}

/** Makes a channel. What goes wrong on it is told by the calls that fail, and by its end. */
export async function openChannel(model: ChannelModel): Promise<OpenChannel> {
  const channel = await model.createChannel();
  const ended = new Promise<void>((resolve) => channel.once('close', resolve));
  channel.on('error', () => {}); // 'close' follows
  // Where it has ended with its connection, closing it might never be answered.
  return { channel, ended, close: () => Promise.race([ended, channel.close().catch(() => {})]) };
}

/** Runs `action` on a channel of its own: a refusal closes the channel on which it happens. */
export async function onChannel<T>(model: ChannelModel, action: (channel: Channel) => Promise<T>): Promise<T> {
  const { channel, close } = await openChannel(model);
  try {
    return await action(channel);
  } finally {
    await close();
  }
}

/** True if the broker says that a queue or exchange is not there. */
export function isMissing(error: unknown): boolean {
  return replyCode(error) === 404;
}

/** True if the broker forbids something, or finds that it is otherwise than it was declared. */
export function isRefusal(error: unknown): boolean {
  return [403, 406].includes(replyCode(error) ?? 0);
}

/** A ConfigError for what the broker refuses for good; a retryable StorageError for all else (the connection ended). */
export function topologyError(error: unknown, address: string): PipelineError {
  const text = error instanceof Error ? error.message : String(error);
  const code = replyCode(error);
  const place = { file: address };
  if (code === 403) {
    return new ConfigError(`the broker does not permit it: ${text}`, {
      ...place,
      hint: 'The user needs configure, write and read permissions for names with the prefix.',
    });
  }
  if (code === 406) {
    return new ConfigError(`a queue or exchange of this name has other properties: ${text}`, {
      ...place,
      hint: 'Was it made by another version or by hand? Delete it, or use another prefix.',
    });
  }
  return new StorageError(`the broker did not answer: ${text}`, place);
}

function replyCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}
