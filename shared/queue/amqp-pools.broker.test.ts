import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBroker } from '../../test/broker.ts';
import { exampleTask } from '../../test/example-messages.ts';
import type { Task } from './messages.ts';
import type { Queue } from './queue.ts';
import { collect, Installation } from './test-amqp.ts';

const broker = await startBroker();
afterAll(() => broker?.close());

const inPool = (index: number, pool: string, run = 'run-1'): Task => ({ ...exampleTask(index, run), pool });
const indexes = (tasks: readonly Task[]) => tasks.map(({ index }) => index);

describe.skipIf(!broker)('pools of one run over AMQP', () => {
  let installation: Installation;
  let collector: Queue;
  let a: Queue;
  let b: Queue;
  beforeEach(async () => {
    installation = new Installation(broker?.url ?? '');
    [collector, a, b] = await Promise.all(['pool', 'a', 'b'].map((pool) => installation.open({ pool })) as [never, never, never]);
  });
  afterEach(async () => {
    for (const run of ['run-1', 'run-2']) await collector.deleteRun(run, ['a', 'b']);
    await installation.close(['run-1']);
  });

  const publish = async (...tasks: Task[]) => {
    for (const task of tasks) await collector.tasks.publish(task);
  };

  it('take the tasks that name them, and no others', async () => {
    const seen = Promise.all([collect(a.tasks, (tasks) => tasks.length === 2), collect(b.tasks, (tasks) => tasks.length === 3)]);
    await publish(inPool(0, 'a'), inPool(1, 'b'), inPool(2, 'b'), inPool(3, 'a'), inPool(4, 'b'), exampleTask(5));
    expect((await seen).map(indexes)).toEqual([
      [0, 3],
      [1, 2, 4],
    ]);
    expect(await collector.tasks.depth('run-1', 'pool')).toBe(1);
  });

  it('are counted apart and together', async () => {
    await publish(inPool(0, 'a'), inPool(1, 'b'), inPool(2, 'b'), inPool(0, 'b', 'run-2'), exampleTask(5));
    expect(await collector.tasks.depth('run-1', 'a')).toBe(1);
    expect(await collector.tasks.depth('run-1', 'b')).toBe(2);
    expect(await collector.tasks.depth('run-1')).toBe(4);
    expect(await collector.tasks.depth()).toBe(5);
  });

  it('hear of runs that another process keeps open, workers that start later too', async () => {
    await publish(inPool(1, 'b'));
    const restarted = await installation.open();
    await collector.close();
    await restarted.openRun('run-1', ['a', 'b']);
    const late = await installation.open({ pool: 'b' });
    expect(indexes(await collect(late.tasks, (tasks) => tasks.length === 1))).toEqual([1]);
    collector = restarted;
  });

  it('forget a run in all of them', async () => {
    await publish(inPool(0, 'a'), inPool(1, 'b'));
    await collector.deleteRun('run-1', ['a', 'b']);
    expect(await collector.tasks.depth('run-1')).toBe(0);
    const names = ['a', 'b'].map((pool) => installation.names.tasks('run-1', pool));
    for (const name of names) {
      await expect(installation.directly((channel) => channel.checkQueue(name))).rejects.toThrow('no queue');
    }
  });

  it('pass waiting tasks on, at most as many as asked for, the oldest first', async () => {
    await publish(...[0, 1, 2, 3, 4].map((index) => inPool(index, 'a')));
    const pass = async (tasks: readonly Task[]) => publish(...tasks.map((task) => ({ ...task, pool: 'b' })));
    expect(await collector.takeWaiting({ run: 'run-1', pool: 'a' }, 3, pass)).toBe(3);
    expect(await collector.tasks.depth('run-1', 'a')).toBe(2);
    expect(indexes(await collect(b.tasks, (tasks) => tasks.length === 3))).toEqual([0, 1, 2]);
    expect(await collector.takeWaiting({ run: 'run-1', pool: 'a' }, 30, pass)).toBe(2);
    expect(await collector.takeWaiting({ run: 'run-1', pool: 'nowhere' }, 30, pass)).toBe(0);
  });

  it('keep what could not be passed on; what is no task goes to the dead letters', async () => {
    await publish(inPool(0, 'a'));
    const queue = installation.names.tasks('run-1', 'a');
    await installation.directly(async (channel) => channel.sendToQueue(queue, Buffer.from('no task'), { contentType: 'application/json' }));
    const refuse = async () => {
      throw new Error('nowhere to put it');
    };
    await expect(collector.takeWaiting({ run: 'run-1', pool: 'a' }, 10, refuse)).rejects.toThrow('nowhere to put it');
    await expect.poll(() => collector.tasks.depth('run-1', 'a')).toBe(1);
    await expect.poll(() => collector.deadLetters.depth()).toBe(1);
  });
});
