/**
 * What the queue port costs over a bare amqplib loop, in the same run and against the same broker:
 *
 *     node test/queue-speed.ts [messages]      (AMQP_URL, or a broker as the tests find one)
 */
import amqplib, { type ChannelModel, type ConfirmChannel } from 'amqplib';
import { openAmqpQueue } from '../shared/queue/amqp.ts';
import type { Channel, Queue } from '../shared/queue/queue.ts';
import { startBroker } from './broker.ts';
import { exampleSuccess, exampleTask } from './example-messages.ts';

const WINDOW = 1000;
const PREFETCH = 200;
const ROUNDS = 5;
const QUORUM = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 50 } };

const count = Number(process.argv[2] ?? 26_920);
const broker = await startBroker();
if (broker === undefined) throw new Error('no broker');
const silent = { info: () => {}, warn: console.warn };
const prefix = `speed-${process.pid}`;
const model = await amqplib.connect(broker.url, { noDelay: true });
const queue = await openAmqpQueue({ url: broker.url, pool: 'speed', prefix, patienceMs: 10_000, log: silent });
try {
  const histograms = { m4l: Uint8Array.from({ length: 19_700 }, (_, i) => (i * 31) & 255) };
  await compare('tasks of 300 B', Buffer.alloc(300, 'x'), queue.tasks, (index) => exampleTask(index, 'speed'));
  await compare('reports of 20 KB', Buffer.alloc(20_000, 'x'), queue.reports, (index) =>
    exampleSuccess({ index, run: 'speed', histograms }),
  );
} finally {
  await cleanUp(model, queue);
  await broker.close();
}

/** Rounds of both in turns, so that a busy machine slows both. */
async function compare<T>(title: string, payload: Buffer, channel: Channel<T>, message: (index: number) => T): Promise<void> {
  const ratios: number[][] = [];
  console.log(`${title}, ${count} messages, in messages/s`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = await bareLoop(payload);
    const port = [await seconds(() => publishAll(channel, message)), await seconds(() => consumeAll(channel))];
    const [bareRates, portRates] = [bare, port].map((times) => times.map((time) => Math.round(count / time)).join(' and '));
    console.log(`  publish and consume: bare ${bareRates}, port ${portRates}`);
    ratios.push(port.map((time, i) => time / (bare[i] ?? time)));
  }
  console.log(`  port / bare, median: ${[0, 1].map((i) => median(ratios.map((each) => each[i] ?? 0)).toFixed(2)).join(' and ')}`);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function bareLoop(payload: Buffer): Promise<number[]> {
  const channel = await model.createConfirmChannel();
  const name = `${prefix}.bare`;
  await channel.assertQueue(name, QUORUM);
  const publish = await seconds(() => barePublish(channel, name, payload));
  await channel.prefetch(PREFETCH);
  const consume = await seconds(() => bareConsume(channel, name));
  await channel.deleteQueue(name);
  await channel.close();
  return [publish, consume];
}

async function barePublish(channel: ConfirmChannel, name: string, payload: Buffer): Promise<void> {
  for (let sent = 0; sent < count; sent += WINDOW) {
    for (let i = sent; i < Math.min(count, sent + WINDOW); i += 1) channel.sendToQueue(name, payload, { persistent: true });
    await channel.waitForConfirms();
  }
}

async function bareConsume(channel: ConfirmChannel, name: string): Promise<void> {
  let left = count;
  const { promise, resolve } = Promise.withResolvers<void>();
  await channel.consume(name, (message) => {
    if (message !== null) channel.ack(message);
    left -= 1;
    if (left === 0) resolve();
  });
  await promise;
}

async function publishAll<T>(channel: Channel<T>, message: (index: number) => T): Promise<void> {
  for (let sent = 0; sent < count; sent += WINDOW) {
    const page = Array.from({ length: Math.min(WINDOW, count - sent) }, (_, i) => message(sent + i));
    await Promise.all(page.map((each) => channel.publish(each)));
  }
}

async function consumeAll<T>(channel: Channel<T>): Promise<void> {
  let left = count;
  const done = new AbortController();
  const handler = async () => {
    left -= 1;
    if (left === 0) done.abort();
  };
  await channel.consume(handler, { prefetch: PREFETCH, signal: done.signal });
}

async function seconds(action: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await action();
  return (performance.now() - from) / 1000;
}

async function cleanUp(model: ChannelModel, queue: Queue): Promise<void> {
  await queue.deleteRun('speed');
  await queue.close();
  const channel = await model.createChannel();
  for (const name of ['reports', 'dead']) await channel.deleteQueue(`${prefix}.${name}`);
  for (const name of ['dead', 'runs.speed']) await channel.deleteExchange(`${prefix}.${name}`);
  await model.close();
}
