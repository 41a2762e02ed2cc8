import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBroker } from '../../test/broker.ts';
import { exampleTask } from '../../test/example-messages.ts';
import { freePorts } from '../../test/free-ports.ts';
import { startTcpProxy, type TcpProxy } from '../../test/tcp-proxy.ts';
import { openAmqpQueue } from './amqp.ts';
import type { Report } from './messages.ts';
import type { Queue } from './queue.ts';
import { Installation, take } from './test-amqp.ts';

const broker = await startBroker();
afterAll(() => broker?.close());
/** RabbitMQ writes the name of a new quorum queue to disk half a second late: killed before, it loses what is in the queue. */
const QUEUE_IS_WRITTEN_MS = 1500;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!broker)('the queue over AMQP, through outages', () => {
  const { url, port } = broker ?? { url: 'amqp://nowhere', port: 0 };
  let proxy: TcpProxy;
  let throughProxy: string;
  let installation: Installation;
  beforeEach(async () => {
    proxy = await startTcpProxy(port);
    throughProxy = url.replace(`:${port}`, `:${proxy.port}`);
    installation = new Installation(url);
  });
  afterEach(async () => {
    await installation.close(['run-1']);
    await proxy.close();
  });

  const logged = (event: string) => installation.log.filter((line) => line.event === event);

  /** Publishes tasks without a pause until `stop`; resolves with the indexes that were confirmed. */
  function publishUntil(queue: Queue, stop: AbortSignal): Promise<number[]> {
    const confirmed: number[] = [];
    let next = 0;
    const publishSome = async () => {
      while (!stop.aborted) {
        const index = next++;
        await queue.tasks.publish(exampleTask(index));
        confirmed.push(index);
        await sleep(1);
      }
    };
    return Promise.all(Array.from({ length: 20 }, publishSome)).then(() => confirmed);
  }

  /** Consumes until every index of `wanted` (known later) was seen; returns how often each was. */
  function consumeAll(queue: Queue, wanted: Promise<number[]>): Promise<Map<number, number>> {
    const seen = new Map<number, number>();
    const done = new AbortController();
    let missing: Set<number> | undefined;
    const check = () => {
      if (missing?.size === 0) done.abort();
    };
    void wanted.then((indexes) => {
      missing = new Set(indexes.filter((index) => !seen.has(index)));
      check();
    });
    const handler = async ({ message: { index } }: { message: { index: number } }) => {
      seen.set(index, (seen.get(index) ?? 0) + 1);
      missing?.delete(index);
      check();
    };
    return queue.tasks.consume(handler, { prefetch: 20, signal: done.signal }).then(() => seen);
  }

  /** Publishes and consumes while `disturb` runs; all that was confirmed must arrive. Returns the deliveries that were too many. */
  async function survives(producer: Queue, worker: Queue, disturb: () => Promise<void>): Promise<number> {
    const stop = new AbortController();
    const confirmed = publishUntil(producer, stop.signal);
    confirmed.catch(() => {}); // where the test ends early
    const consumed = consumeAll(worker, confirmed);
    await sleep(300);
    await disturb();
    await sleep(300);
    stop.abort();
    const [indexes, seen] = await Promise.all([confirmed, consumed]);
    expect(indexes.length).toBeGreaterThan(100);
    expect(indexes.filter((index) => !seen.has(index))).toEqual([]);
    return [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
  }

  it('publishes again what was not confirmed when the connection was cut, and says so once', async () => {
    const [producer, worker] = await Promise.all([installation.open({ url: throughProxy }), installation.open()]);
    await survives(producer, worker, async () => {
      for (let cuts = 0; cuts < 4; cuts += 1) {
        proxy.cutAfter(10_000 + cuts * 777);
        await expect.poll(() => logged('queue.connected').length, { timeout: 10_000 }).toBe(cuts + 1);
      }
    });
    expect(logged('queue.disconnected')).toHaveLength(4);
    expect(logged('queue.disconnected')[0]?.fields).toMatchObject({ broker: `amqp://127.0.0.1:${proxy.port}` });
    expect(JSON.stringify(installation.log)).not.toMatch(/guest:|password/);
    expect(installation.events.get('republished')).toBeGreaterThan(0);
  });

  it('consumes again after the connection was cut, and drops answers to the dead one', async () => {
    const [producer, worker] = await Promise.all([installation.open(), installation.open({ url: throughProxy })]);
    const extra = await survives(producer, worker, async () => {
      for (let cuts = 0; cuts < 4; cuts += 1) {
        proxy.cut();
        await expect.poll(() => logged('queue.connected').length, { timeout: 10_000 }).toBe(cuts + 1);
      }
    });
    // At most what was in hand at each cut.
    expect(extra).toBeLessThanOrEqual(4 * 20);
  });

  it('gives up a connection that is silent, and makes a new one', async () => {
    const [producer, worker] = await Promise.all([
      installation.open({ url: throughProxy, heartbeatSeconds: 1 }),
      installation.open({ url: throughProxy, heartbeatSeconds: 1 }),
    ]);
    await survives(producer, worker, async () => {
      proxy.freeze();
      await expect.poll(() => logged('queue.disconnected').length, { timeout: 10_000 }).toBeGreaterThan(0);
      proxy.thaw();
      proxy.cut();
      await expect.poll(() => logged('queue.connected').length, { timeout: 30_000 }).toBeGreaterThan(0);
    });
  });

  it.skipIf(!broker?.canStop).each([
    ['stops in order', 'stop' as const],
    ['is killed', 'kill' as const],
  ])('loses nothing when the broker %s and comes back, in mid-publish and mid-consume', { timeout: 180_000 }, async (_, how) => {
    const [producer, worker] = await Promise.all([installation.open(), installation.open()]);
    await survives(producer, worker, async () => {
      await sleep(QUEUE_IS_WRITTEN_MS);
      await broker?.[how]();
      await broker?.start();
    });
    // One outage for each of the two queues, whatever the number of attempts.
    expect(logged('queue.disconnected')).toHaveLength(2);
    await expect.poll(() => logged('queue.connected').length, { timeout: 30_000 }).toBe(2);
    expect(await producer.deadLetters.depth()).toBe(0);
  });

  it('waits for a broker that is not up yet, and says so once', async () => {
    const [later] = (await freePorts(1)) as [number];
    const opening = installation.open({ url: url.replace(`:${port}`, `:${later}`), patienceMs: Infinity });
    await sleep(1500);
    const up = await startTcpProxy(port, later);
    const queue = await opening;
    await queue.tasks.publish(exampleTask(0));
    expect(await take(queue.tasks, 1)).toHaveLength(1);
    expect(installation.log.map(({ event }) => event)).toEqual(['queue.disconnected', 'queue.connected']);
    expect(installation.log[0]?.fields).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });
    await queue.close();
    await up.close();
  });

  it('makes the queue of a run anew when somebody deleted it, and loses nothing that is published afterwards', async () => {
    const queue = await installation.open();
    await queue.tasks.publish(exampleTask(0));
    await installation.directly((channel) => channel.deleteQueue(installation.names.tasks('run-1')));
    await queue.tasks.publish(exampleTask(1));
    expect((await take(queue.tasks, 1)).map(({ index }) => index)).toEqual([1]);
  });

  it('makes the reports queue anew when somebody deleted it', async () => {
    const queue = await installation.open();
    const alive: Report = { v: 1, kind: 'alive', worker: 'w', tasks: [] };
    const consumed = take(queue.reports, 2);
    await queue.reports.publish(alive);
    await expect.poll(() => installation.events.get('delivered')).toBe(1);
    await installation.directly((channel) => channel.deleteQueue(installation.names.reports));
    await queue.reports.publish(alive);
    expect(await consumed).toEqual([alive, alive]);
  });

  it('closes at any moment: while connecting, during an outage, in mid-publish', { timeout: 30_000 }, async () => {
    for (const afterMs of [0, 5, 20, 50]) {
      const stop = new AbortController();
      const opening = openAmqpQueue(installation.options({ url: throughProxy, signal: stop.signal })).then(
        (queue) => queue.close(),
        () => {},
      );
      await sleep(afterMs);
      stop.abort();
      await opening;
    }
    const queue = await installation.open({ url: throughProxy });
    const consumed = queue.tasks.consume(async () => {}, { prefetch: 1, signal: new AbortController().signal });
    const published = Array.from({ length: 500 }, (_, index) => queue.tasks.publish(exampleTask(index)).catch((error: unknown) => error));
    proxy.freeze();
    await sleep(20);
    const from = performance.now();
    await queue.close();
    expect(performance.now() - from).toBeLessThan(4000);
    await consumed;
    const results = await Promise.all(published);
    for (const result of results) if (result !== undefined) expect(result).toMatchObject({ code: 'StorageError', retryable: false });
    expect(results.some((result) => result !== undefined)).toBe(true);
    await expect.poll(() => proxy.connections).toBe(0);
  });
});
