/** Tasks out of a queue without being one of its consumers. */
import type { Channel, GetMessage } from 'amqplib';
import { parseMessage, type Task, taskSchema } from '../messages.ts';
import type { PassOn } from '../queue.ts';
import { decodeMessage } from './codec.ts';

/**
 * Gets up to `limit` waiting tasks, calls `pass` with all of them, and acks them when it resolves; otherwise they go back. What is no
 * task goes to the dead letters. `taken` is how many were passed on, `failure` why none was: it is no fault of the channel.
 */
export async function takeWaiting(
  channel: Channel,
  queue: string,
  limit: number,
  pass: PassOn,
): Promise<{ readonly taken: number; readonly failure?: unknown }> {
  const taken: { readonly message: GetMessage; readonly task: Task }[] = [];
  while (taken.length < limit) {
    const message = await channel.get(queue);
    if (message === false) break;
    const task = readTask(message);
    if (task === undefined) channel.reject(message, false);
    else taken.push({ message, task });
  }
  if (taken.length === 0) return { taken: 0 };
  try {
    await pass(taken.map(({ task }) => task));
  } catch (failure) {
    for (const { message } of taken) channel.nack(message, false, true);
    return { taken: 0, failure };
  }
  for (const { message } of taken) channel.ack(message);
  return { taken: taken.length };
}

function readTask(message: GetMessage): Task | undefined {
  try {
    return parseMessage(taskSchema, decodeMessage(message));
  } catch {
    return undefined;
  }
}
