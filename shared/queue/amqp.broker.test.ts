import { encode } from '@msgpack/msgpack';
import type { ConsumeMessage } from 'amqplib';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startBroker } from '../../test/broker.ts';
import { exampleSuccess, exampleTask } from '../../test/example-messages.ts';
import { MessageError, StorageError } from '../errors.ts';
import { MAX_MESSAGE_BYTES } from './amqp/codec.ts';
import { openAmqpQueue } from './amqp.ts';
import { describeQueue } from './conformance.ts';
import { MESSAGE_VERSION, type Report } from './messages.ts';
import type { Queue } from './queue.ts';
import { collect, Installation, take } from './test-amqp.ts';

const broker = await startBroker({ tls: true });
const url = broker?.url ?? '';
afterAll(() => broker?.close());

if (broker) {
  const installations: Installation[] = [];
  afterAll(() => Promise.all(installations.map((each) => each.close(['run-1', 'run-2', 'small', 'other']))));
  describeQueue('amqp', () => {
    const installation = new Installation(url);
    installations.push(installation);
    return installation.open();
  });
}

describe.skipIf(!broker)('the queue over AMQP', () => {
  let installation: Installation;
  let queue: Queue;
  beforeEach(async () => {
    installation = new Installation(url);
    queue = await installation.open();
  });
  afterEach(() => installation.close(['run-1', 'small']));

  const success = (bytes: number) => exampleSuccess({ index: 3, histograms: { m4l: new Uint8Array(bytes) } });

  it('declares the same things again and again, from several processes', async () => {
    const others = await Promise.all([installation.open(), installation.open({ pool: 'pool' })]);
    await Promise.all([queue, ...others].map((each) => each.openRun('run-1')));
    expect(await queue.tasks.depth('run-1')).toBe(0);
  });

  it('says so where a queue exists with other properties', async () => {
    await installation.directly((channel) => channel.assertQueue(installation.names.tasks('small'), { durable: true }));
    const refusal = { code: 'ConfigError', message: expect.stringContaining('other properties') };
    await expect(queue.tasks.publish(exampleTask(0, 'small'))).rejects.toMatchObject(refusal);
    await expect(queue.openRun('small')).rejects.toMatchObject(refusal);
    await queue.tasks.publish(exampleTask(1)); // others go on
  });

  it('sends persistent messages with id, type, version, trace and content type', async () => {
    await queue.tasks.publish(exampleTask(7));
    await queue.reports.publish(success(10));
    const received = (name: string) =>
      installation.directly(async (channel) => {
        const { promise, resolve } = Promise.withResolvers<ConsumeMessage | null>();
        await channel.consume(name, resolve, { noAck: true });
        const message = await promise;
        if (message === null) throw new Error('no message');
        return message;
      });
    const task = await received(installation.names.tasks('run-1'));
    const report = await received(installation.names.reports);
    const common = { deliveryMode: 2, appId: 'higgsflow', headers: { 'x-higgsflow-version': 1 } };
    expect(task.properties).toMatchObject({ ...common, contentType: 'application/json', type: 'task', messageId: 'run-1/7/1' });
    expect(report.properties).toMatchObject({
      ...common,
      contentType: 'application/msgpack',
      type: 'reports',
      messageId: 'run-1/3/1/success',
    });
    expect(task.properties.headers?.['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(JSON.parse(task.content.toString())).toEqual(exampleTask(7));
  });

  it('refuses messages over the limit when they are published, and takes those below', async () => {
    const refusal = {
      code: 'MessageError',
      retryable: false,
      message: expect.stringMatching(/over the limit of 1000000.*fewer histograms/),
    };
    await expect(queue.reports.publish(success(MAX_MESSAGE_BYTES))).rejects.toMatchObject(refusal);
    const big = success(MAX_MESSAGE_BYTES - 1000);
    await queue.reports.publish(big);
    expect(await take(queue.reports, 1)).toEqual([big]);
  });

  it('sends what is no message to the dead letters, with the reason, and goes on', async () => {
    const { tasks } = installation.names;
    await queue.openRun('run-1');
    const json = { contentType: 'application/json' };
    await installation.directly(async (channel) => {
      channel.sendToQueue(tasks('run-1'), Buffer.from('{"v":1'), json);
      channel.sendToQueue(tasks('run-1'), Buffer.from(JSON.stringify({ ...exampleTask(1), index: -1 })), json);
      channel.sendToQueue(tasks('run-1'), Buffer.from('hello'), { contentType: 'text/plain' });
      channel.sendToQueue(tasks('run-1'), Buffer.from('{}'), { ...json, headers: { 'x-higgsflow-version': 2 } });
      channel.sendToQueue(tasks('run-1'), Buffer.alloc(MAX_MESSAGE_BYTES + 1), json);
      // An array that claims four billion elements.
      channel.sendToQueue(tasks('run-1'), Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), { contentType: 'application/msgpack' });
    });
    await queue.tasks.publish(exampleTask(9));
    const taken = take(queue.tasks, 1);
    const letters = await take(queue.deadLetters, 6);
    expect((await taken).map(({ index }) => index)).toEqual([9]);
    const reasons = [
      /no application\/json/,
      /index/,
      /unknown content type "text\/plain"/,
      /version 2/,
      /over the limit/,
      /no application\/msgpack/,
    ];
    expect(reasons.filter((reason) => !letters.some((letter) => reason.test(letter.reason)))).toEqual([]);
    expect(letters.every((letter) => letter.queue === tasks('run-1') && letter.deliveries === 1)).toBe(true);
    expect(letters.find(({ reason }) => /index/.test(reason))?.message).toMatchObject({ index: -1 });
    expect(installation.events.get('invalid')).toBe(6);
    expect(installation.log.filter(({ event }) => event === 'queue.invalid')).toHaveLength(6);
  });

  it('brings reports that come together in few messages, in their order', async () => {
    const reports = Array.from({ length: 250 }, (_, index) => exampleSuccess({ index, histograms: { m4l: Uint8Array.of(index) } }));
    await Promise.all(reports.map((report) => queue.reports.publish(report)));
    expect(await queue.reports.depth()).toBe(3);
    expect(await take(queue.reports, 250)).toEqual(reports);
    expect(await queue.reports.depth()).toBe(0);
    const big = Array.from({ length: 5 }, (_, index) => exampleSuccess({ index, histograms: { m4l: new Uint8Array(60_000) } }));
    await Promise.all(big.map((report) => queue.reports.publish(report)));
    expect(await queue.reports.depth()).toBe(5);
    expect(await take(queue.reports, 5)).toEqual(big);
  });

  it('of reports in one message refuses the bad ones, and handles the others', async () => {
    const good = [exampleSuccess({ index: 0 }), exampleSuccess({ index: 1 }), exampleSuccess({ index: 2 })];
    const content = Buffer.from(encode([good[0], { ...good[1], index: -1 }, good[1], 'no report', good[2]]));
    const json = Buffer.from(JSON.stringify(Array.from({ length: 1001 }, () => ({}))));
    await installation.directly(async (channel) => {
      channel.sendToQueue(installation.names.reports, content, { contentType: 'application/msgpack' });
      channel.sendToQueue(installation.names.reports, json, { contentType: 'application/json' });
    });
    const done = new AbortController();
    const seen: number[] = [];
    const consumed = queue.reports.consume(
      async ({ message }) => {
        if (message.kind !== 'success') throw new Error('unexpected');
        seen.push(message.index);
        if (message.index === 1) throw new MessageError('refused by its handler');
      },
      { prefetch: 5, signal: done.signal },
    );
    const letters = await take(queue.deadLetters, 4);
    done.abort();
    await consumed;
    expect(seen).toEqual([0, 1, 2]);
    const told = letters.map(({ message, reason, queue: from }) => ({ message, reason, from }));
    const from = installation.names.reports;
    expect(told).toContainEqual({ message: good[1], reason: 'refused by its handler', from });
    expect(told).toContainEqual({ message: 'no report', reason: expect.stringMatching(/expected object/i), from });
    expect(told).toContainEqual({ message: { ...good[1], index: -1 }, reason: expect.stringMatching(/index/), from });
    expect(told).toContainEqual({ message: expect.anything(), reason: expect.stringMatching(/1001 parts/), from });
    expect(await queue.reports.depth()).toBe(0);
  });

  it('brings a message with several reports again where one of them was given back', async () => {
    await Promise.all([0, 1, 2].map((index) => queue.reports.publish(exampleSuccess({ index }))));
    const done = new AbortController();
    const seen: (readonly [number, boolean])[] = [];
    await queue.reports.consume(
      async ({ message, redelivered }) => {
        if (message.kind !== 'success') throw new Error('unexpected');
        seen.push([message.index, redelivered]);
        if (message.index === 1 && !redelivered) throw new StorageError('not now');
        if (message.index === 2 && redelivered) done.abort();
      },
      { prefetch: 5, signal: done.signal },
    );
    const all = (isAgain: boolean) => [0, 1, 2].map((index) => [index, isAgain]);
    expect(seen).toEqual([...all(false), ...all(true)]);
    expect(await queue.reports.depth()).toBe(0);
  });

  it.each([
    { how: 'one after the other', turns: [[4], [0], [2]], open: [1, 3, 5] },
    { how: 'some of them at once', turns: [[4, 0, 1], [3]], open: [2, 5] },
  ])('acks what was handled, in any order, $how, and nothing else', async ({ turns, open }) => {
    await Promise.all(Array.from({ length: 6 }, (_, index) => queue.tasks.publish(exampleTask(index))));
    const worker = await installation.open();
    const { promise: allIn, resolve } = Promise.withResolvers<void>();
    const release = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    let inHand = 0;
    const consumed = worker.tasks.consume(
      async ({ message }) => {
        if (++inHand === 6) resolve();
        await release[message.index]?.promise;
      },
      { prefetch: 6, signal: new AbortController().signal },
    );
    await allIn;
    for (const turn of turns) {
      for (const index of turn) release[index]?.resolve();
      await new Promise((next) => setTimeout(next, 20));
    }
    // It dies with the others in its hands.
    await worker.close();
    for (const { resolve: end } of release) end();
    await consumed;
    const left = await take(queue.tasks, open.length);
    expect(left.map(({ index }) => index).sort()).toEqual(open);
    expect(await queue.tasks.depth('run-1')).toBe(0);
  });

  it('gives up a message that was delivered too often, and says how often and where', async () => {
    await queue.tasks.publish(exampleTask(0));
    // Workers that die with the task in their hands.
    await installation.directly(async (channel) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let deliveries = 0;
      await channel.consume(installation.names.tasks('run-1'), (message) => {
        if (message) channel.nack(message);
        deliveries += 1;
        if (deliveries === 51) resolve();
      });
      await promise;
    });
    const [letter] = await take(queue.deadLetters, 1);
    expect(letter).toMatchObject({ message: exampleTask(0), queue: installation.names.tasks('run-1'), deliveries: 51 });
    expect(letter?.reason).toMatch(/too often.*delivery limit/);
  });

  it('shows the tasks of one pool to no other', async () => {
    const other = await installation.open({ pool: 'other' });
    await queue.tasks.publish(exampleTask(1));
    const stop = new AbortController();
    const seen: number[] = [];
    const consumed = other.tasks.consume(async ({ message }) => void seen.push(message.index), { prefetch: 5, signal: stop.signal });
    expect((await take(queue.tasks, 1)).map(({ index }) => index)).toEqual([1]);
    stop.abort();
    await consumed;
    expect(seen).toEqual([]);
    await installation.directly((channel) => channel.deleteExchange(`${installation.prefix}.runs.other`));
  });

  it('lets a worker that starts later, with nobody publishing, find the open runs', async () => {
    await queue.tasks.publish(exampleTask(4));
    await queue.close();
    const collector = await installation.open();
    await collector.openRun('run-1');
    const worker = await installation.open();
    expect((await take(worker.tasks, 1)).map(({ index }) => index)).toEqual([4]);
  });

  it('lets a worker find new runs again after somebody has deleted the exchange of announcements', async () => {
    const worker = await installation.open();
    const taken = take(worker.tasks, 2);
    await queue.tasks.publish(exampleTask(1));
    await vi.waitFor(async () => expect(await queue.tasks.depth('run-1')).toBe(0), 5000);
    await installation.directly((channel) => channel.deleteExchange(installation.names.runs()));
    await queue.tasks.publish(exampleTask(2, 'small'));
    expect((await taken).map(({ run }) => run)).toEqual(['run-1', 'small']);
  });

  it('serves a small run at once while a big one is under way, and gives back its share to the big one', async () => {
    const worker = await installation.open();
    await Promise.all(Array.from({ length: 300 }, (_, index) => queue.tasks.publish(exampleTask(index))));
    const order: string[] = [];
    let most = 0;
    let inHand = 0;
    const done = new AbortController();
    const consumed = worker.tasks.consume(
      async ({ message }) => {
        most = Math.max(most, ++inHand);
        await new Promise((resolve) => setTimeout(resolve, 10));
        inHand -= 1;
        order.push(message.run);
        if (order.length === 50) void Promise.all([0, 1, 2, 3].map((index) => queue.tasks.publish(exampleTask(index, 'small'))));
        if (order.length === 304) done.abort();
      },
      { prefetch: 3, signal: done.signal },
    );
    await consumed;
    expect(most).toBe(3);
    expect(order.lastIndexOf('small')).toBeGreaterThanOrEqual(50);
    expect(order.lastIndexOf('small')).toBeLessThan(290);
    expect(order.filter((run) => run === 'small')).toHaveLength(4);
  });

  it('lets a second collector wait until the first one ends', async () => {
    const second = await installation.open();
    const stop = new AbortController();
    const seen: string[] = [];
    const consume = (by: Queue, name: string, signal: AbortSignal) =>
      by.reports.consume(async () => void seen.push(name), { prefetch: 5, signal });
    const first = consume(queue, 'first', stop.signal);
    const alive: Report = { v: MESSAGE_VERSION, kind: 'alive', worker: 'w', tasks: [] };
    await queue.reports.publish(alive);
    await expect.poll(() => seen).toEqual(['first']);
    const stopSecond = new AbortController();
    const other = consume(second, 'second', stopSecond.signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let i = 0; i < 4; i += 1) await queue.reports.publish(alive);
    await expect.poll(() => seen).toEqual(Array.from({ length: 5 }, () => 'first'));
    stop.abort();
    await first;
    await second.reports.publish(alive);
    await expect.poll(() => seen.at(-1)).toBe('second');
    stopSecond.abort();
    await other;
  });

  it('forgets a deleted run in all workers, which go on with others', async () => {
    const worker = await installation.open();
    const taken = collect(worker.tasks, (tasks) => tasks.some(({ run }) => run === 'small'), 1);
    await queue.tasks.publish(exampleTask(0));
    await queue.deleteRun('run-1');
    await queue.tasks.publish(exampleTask(1, 'small'));
    expect((await taken).at(-1)?.run).toBe('small');
    const left = await installation.directly(async (channel) => {
      return channel.checkQueue(installation.names.tasks('run-1')).catch((error: unknown) => String(error));
    });
    expect(left).toMatch(/NOT_FOUND/);
  });
});

describe.skipIf(!broker)('connecting to a broker', () => {
  const installation = new Installation(url);
  const refusal = async (more: Parameters<Installation['options']>[0]) => {
    const error: unknown = await openAmqpQueue(installation.options(more)).then(
      () => 'no error',
      (reason: unknown) => reason,
    );
    // Nothing of it, in any field, may tell the password.
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toMatch(/secret/);
    return error;
  };
  const at = (text: string) => new URL(text, url).port;

  it('says that user or password are wrong', async () => {
    const error = await refusal({ user: 'guest', password: 'secret-1' });
    expect(error).toMatchObject({ code: 'ConfigError', message: expect.stringMatching(/refuses user "guest".*Check user and password/) });
  });

  it('says that the vhost is not there', async () => {
    expect(await refusal({ vhost: 'nowhere' })).toMatchObject({ code: 'ConfigError', message: expect.stringContaining('vhost "nowhere"') });
  });

  it('says that nobody listens, after its patience', async () => {
    const error = await refusal({ url: 'amqp://me:secret-2@127.0.0.1:1', patienceMs: 500 });
    expect(error).toMatchObject({
      code: 'StorageError',
      retryable: true,
      message: expect.stringMatching(/^amqp:\/\/127.0.0.1:1: no connection to the broker: .*ECONNREFUSED.*Is the broker up/),
    });
  });

  it.each(['http://x', 'secret', 'amqp://', 'amqp://me:secret@'])('refuses %j as a URL', async (wrong) => {
    expect(await refusal({ url: wrong })).toMatchObject({ code: 'ConfigError' });
  });

  it('stops waiting when the signal aborts', async () => {
    const error = refusal({ url: 'amqp://127.0.0.1:1', patienceMs: Infinity, signal: AbortSignal.timeout(300) });
    expect(await error).toMatchObject({ name: 'TimeoutError' });
  });

  describe.skipIf(!broker?.tls)('with TLS and client certificates', () => {
    const { port, certificates } = broker?.tls ?? { port: 0, certificates: undefined };
    const secure = url.replace('amqp:', 'amqps:').replace(`:${at('')}`, `:${port}`);
    const { ca, client, otherCa, otherClient, server } = certificates ?? ({} as NonNullable<typeof certificates>);
    const files = (caFile: string | undefined, pem?: { certFile: string; keyFile: string }) => ({ url: secure, tls: { caFile, ...pem } });

    it('works with the right ones', async () => {
      const queue = await installation.open(files(ca.certFile, client));
      await queue.tasks.publish(exampleTask(0));
      expect(await take(queue.tasks, 1)).toEqual([exampleTask(0)]);
      await installation.close(['run-1']);
    });

    it.each([
      ['none', () => files(ca.certFile), /refuses the client certificate/],
      ['one of another CA', () => files(ca.certFile, otherClient), /refuses the client certificate/],
      [
        'a key of another certificate',
        () => files(ca.certFile, { ...client, keyFile: server.keyFile }),
        /certificate and key cannot be used/,
      ],
      ['a certificate without key', () => ({ url: secure, tls: { caFile: ca.certFile, certFile: client.certFile } }), /needs its key/],
    ])('refuses %s', async (_, options, reason) => {
      expect(await refusal(options())).toMatchObject({ code: 'ConfigError', message: expect.stringMatching(reason) });
    });

    it.each([
      ['the broker is signed by another CA', () => files(otherCa.certFile, client), /certificate is not trusted/],
      ['the broker is signed by no known CA', () => files(undefined, client), /certificate is not trusted/],
      ['a file is missing', () => files('/nowhere/ca.pem', client), /\/nowhere\/ca.pem: cannot be read \(ENOENT\)/],
      ['the file is no certificate', () => files(client.keyFile, client), /ConfigError|cannot be used|not trusted/],
      ['the port speaks no TLS', () => ({ ...files(ca.certFile, client), url: url.replace('amqp:', 'amqps:') }), /does not speak TLS/],
    ])('says that %s', async (_, options, reason) => {
      expect(await refusal(options())).toMatchObject({ code: 'ConfigError', message: expect.stringMatching(reason) });
    });

    it('hints at amqps:// where a TLS port is spoken to in plain', async () => {
      const error = await refusal({ url: url.replace(`:${at('')}`, `:${port}`), patienceMs: 300 });
      expect(error).toMatchObject({ code: 'StorageError', message: expect.stringContaining('amqps://') });
    });
  });
});
