/** What every implementation of the queue port must pass: `describeQueue('memory', async () => openMemoryQueue())`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleSuccess, exampleTask } from '../../test/example-messages.ts';
import { StorageError } from '../errors.ts';
import { MESSAGE_VERSION, type Report, type Task } from './messages.ts';
import type { Delivery, Handler, Queue } from './queue.ts';

/** Runs the suite against queues that `open` makes: each one empty. */
export function describeQueue(name: string, open: () => Promise<Queue>): void {
  describe(`queue: ${name}`, () => {
    let queue: Queue;
    let stop: AbortController;
    beforeEach(async () => {
      queue = await open();
      stop = new AbortController();
    });
    afterEach(async () => {
      stop.abort();
      await queue.close();
    });

    const consume = (handler: Handler<Task>, prefetch = 1, signal = stop.signal) => queue.tasks.consume(handler, { prefetch, signal });
    const publish = async (...indexes: number[]) => {
      for (const index of indexes) await queue.tasks.publish(exampleTask(index));
    };

    /** Acks and returned messages may take a moment to be counted. */
    const depthBecomes = (count: number, run?: string) => expect.poll(() => queue.tasks.depth(run), { timeout: 3000 }).toBe(count);

    /** Consumes until `count` deliveries were seen; returns them. */
    const take = async (count: number, act: (delivery: Delivery<Task>) => void = () => {}, prefetch = 1) => {
      const seen: Delivery<Task>[] = [];
      const enough = new AbortController();
      const done = consume(
        async (delivery) => {
          seen.push(delivery);
          if (seen.length >= count) setImmediate(() => enough.abort());
          act(delivery);
        },
        prefetch,
        enough.signal,
      );
      await done;
      return seen;
    };

    it('delivers each message once, as published and in order, to one consumer', async () => {
      await publish(0, 1, 2, 3);
      const seen = await take(4);
      expect(seen.map(({ message }) => message)).toEqual([0, 1, 2, 3].map((index) => exampleTask(index)));
      expect(seen.some(({ redelivered }) => redelivered)).toBe(false);
      await depthBecomes(0);
    });

    it('delivers messages that are published while a consumer waits', async () => {
      const seen = take(2);
      await publish(7, 8);
      expect((await seen).map(({ message }) => message.index)).toEqual([7, 8]);
    });

    it('counts what waits, by run and in all', async () => {
      await publish(0, 1);
      await queue.tasks.publish(exampleTask(0, 'run-2'));
      expect(await queue.tasks.depth('run-1')).toBe(2);
      expect(await queue.tasks.depth('run-2')).toBe(1);
      expect(await queue.tasks.depth()).toBe(3);
      expect(await queue.tasks.depth('unknown')).toBe(0);
    });

    it('never has more deliveries in hand than the prefetch', async () => {
      await publish(0, 1, 2, 3, 4, 5);
      let inHand = 0;
      let most = 0;
      let done = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      const consumed = consume(async () => {
        most = Math.max(most, ++inHand);
        await new Promise((later) => setTimeout(later, 5));
        inHand -= 1;
        if (++done === 6) resolve();
      }, 2);
      await promise;
      stop.abort();
      await consumed;
      expect(most).toBe(2);
    });

    it('delivers again what a handler gave back with a retryable error, and says so', async () => {
      await publish(0);
      let failures = 0;
      const seen = await take(3, () => {
        if (failures++ < 2) throw new StorageError('try again');
      });
      expect(seen.map(({ redelivered }) => redelivered)).toEqual([false, true, true]);
      await depthBecomes(0);
    });

    it('sends a message whose handler fails for good to the dead letters, with the reason', async () => {
      await publish(0, 1);
      await take(2, ({ message }) => {
        if (message.index === 0) throw new TypeError('cannot be handled');
      });
      const letters: unknown[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const consumed = queue.deadLetters.consume(
        async ({ message }) => {
          letters.push(message);
          resolve();
        },
        { prefetch: 1, signal: stop.signal },
      );
      await promise;
      stop.abort();
      await consumed;
      expect(letters).toEqual([
        {
          message: exampleTask(0),
          reason: expect.stringContaining('cannot be handled'),
          queue: expect.stringContaining('tasks'),
          deliveries: 1,
        },
      ]);
    });

    it('delivers both copies of a message that was published twice', async () => {
      await publish(5, 5);
      expect((await take(2)).map(({ message }) => message.index)).toEqual([5, 5]);
    });

    it('gives the unacked messages of a consumer that dies to another one', async () => {
      await publish(0, 1, 2);
      const dying = new AbortController();
      const { promise: holding, resolve: holds } = Promise.withResolvers<void>();
      let held = 0;
      const died = consume(
        async () => {
          if (++held === 2) holds();
          await new Promise<void>((_, reject) => dying.signal.addEventListener('abort', () => reject(new Error('died'))));
        },
        2,
        dying.signal,
      );
      await holding;
      dying.abort();
      await died;
      const seen = await take(3);
      expect(seen.map(({ message }) => message.index).sort()).toEqual([0, 1, 2]);
      expect(seen.filter(({ redelivered }) => redelivered)).toHaveLength(2);
    });

    it('awaits what is in hand when the signal aborts, and acks it', async () => {
      await publish(0, 1);
      const enough = new AbortController();
      const finished: number[] = [];
      await consume(
        async ({ message }) => {
          enough.abort();
          await new Promise((later) => setTimeout(later, 10));
          finished.push(message.index);
        },
        1,
        enough.signal,
      );
      expect(finished).toEqual([0]);
      await depthBecomes(1);
    });

    it('shares the messages between consumers', async () => {
      await publish(...Array.from({ length: 20 }, (_, index) => index));
      const seen: number[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const by = [0, 0];
      const consumers = [0, 1].map((which) =>
        consume(async ({ message }) => {
          by[which] = (by[which] ?? 0) + 1;
          await new Promise((later) => setTimeout(later, 1));
          seen.push(message.index);
          if (seen.length === 20) resolve();
        }),
      );
      await promise;
      stop.abort();
      await Promise.all(consumers);
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
      expect(Math.min(...by)).toBeGreaterThan(0);
    });

    it('lets runs take turns', async () => {
      await publish(0, 1, 2, 3, 4, 5);
      await queue.tasks.publish(exampleTask(0, 'small'));
      const seen = await take(7);
      expect(seen.findIndex(({ message }) => message.run === 'small')).toBeLessThan(3);
    });

    it('serves a run again that was deleted', async () => {
      await publish(0);
      await queue.deleteRun('run-1');
      await publish(1);
      expect((await take(1)).map(({ message }) => message.index)).toEqual([1]);
    });

    it('lets a run be opened, twice too, before anything of it is published', async () => {
      await queue.openRun('run-1');
      await queue.openRun('run-1');
      expect(await queue.tasks.depth('run-1')).toBe(0);
      const seen = take(1);
      await publish(3);
      expect((await seen).map(({ message }) => message.index)).toEqual([3]);
    });

    it('deletes a run that it never saw', async () => {
      await queue.deleteRun('unknown');
    });

    it('carries reports with their bytes', async () => {
      const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);
      const report = exampleSuccess({ histograms: { m4l: bytes, cutFlow: new Uint8Array(0) } });
      const others: Report[] = [
        { v: MESSAGE_VERSION, kind: 'started', run: 'run-1', index: 0, attempt: 1, worker: 'w' },
        { v: MESSAGE_VERSION, kind: 'alive', worker: 'w', tasks: [{ run: 'run-1', index: 0 }] },
      ];
      for (const each of [report, ...others]) await queue.reports.publish(each);
      const seen: Report[] = [];
      const enough = new AbortController();
      await queue.reports.consume(
        async ({ message }) => {
          seen.push(message);
          if (seen.length === 3) enough.abort();
        },
        { prefetch: 10, signal: enough.signal },
      );
      expect(seen).toEqual([report, ...others]);
    });

    it('forgets the waiting tasks of a deleted run, also those given back later', async () => {
      await publish(0, 1, 2);
      await queue.tasks.publish(exampleTask(0, 'other'));
      const { promise: deleted, resolve } = Promise.withResolvers<void>();
      const enough = new AbortController();
      const consumed = consume(
        async ({ message }) => {
          if (message.run === 'other') return;
          await queue.deleteRun('run-1');
          resolve();
          enough.abort();
          throw new StorageError('given back');
        },
        1,
        enough.signal,
      );
      await deleted;
      await consumed;
      await depthBecomes(0, 'run-1');
    });

    it('tells a consumer that has tasks of a run in hand when the run is cancelled', async () => {
      await publish(0);
      const { promise: cancelled, resolve: onCancelled } = Promise.withResolvers<string>();
      const enough = new AbortController();
      const handler = async () => {
        await queue.cancelRun('run-1');
        expect(await cancelled).toBe('run-1');
        enough.abort();
      };
      await queue.tasks.consume(handler, { prefetch: 1, signal: enough.signal, onCancelled });
      await depthBecomes(0, 'run-1');
    });

    it('refuses to publish and to consume after close, and close ends the consumers', async () => {
      const consumed = consume(async () => {});
      await queue.close();
      await consumed;
      await expect(queue.tasks.publish(exampleTask(0))).rejects.toMatchObject({ code: 'StorageError' });
      await expect(consume(async () => {})).rejects.toMatchObject({ code: 'StorageError' });
    });

    it('can be closed while deliveries are not acked yet', async () => {
      await publish(0);
      const { promise: inHand, resolve: taken } = Promise.withResolvers<void>();
      const { promise: release, resolve: end } = Promise.withResolvers<void>();
      const consumed = consume(async () => {
        taken();
        await release;
      });
      await inHand;
      const closed = queue.close();
      end();
      await Promise.all([closed, consumed]);
    });
  });
}
