import { expect, it } from 'vitest';
import { exampleTask } from '../../test/example-messages.ts';
import { describeQueue } from './conformance.ts';
import { openMemoryQueue } from './memory.ts';

describeQueue('memory', async () => openMemoryQueue());

it('keeps order and cost with a hundred thousand tasks', async () => {
  const queue = openMemoryQueue();
  const count = 100_000;
  for (let index = 0; index < count; index += 1) await queue.tasks.publish(exampleTask(index));
  const stop = new AbortController();
  let next = 0;
  await queue.tasks.consume(
    async ({ message }) => {
      expect(message.index).toBe(next);
      next += 1;
      if (next === count) stop.abort();
    },
    { prefetch: 3, signal: stop.signal },
  );
  expect(next).toBe(count);
  await queue.close();
});
