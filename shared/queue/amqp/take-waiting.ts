/** Tasks out of a queue without being one of its consumers. */
import type { Channel, GetMessage } from 'amqplib';
import { parseMessage, type Task, taskSchema } from '../messages.ts';
import { decodeMessage } from './codec.ts';

/**
 * Gets up to `limit` waiting tasks, calls `pass` with each, and acks those for which it resolves; the others go back. What is no
 * task goes to the dead letters. Returns how many were passed on.
 */
export async function takeWaiting(channel: Channel, queue: string, limit: number, pass: (task: Task) => Promise<void>): Promise<number> {
  const passing: Promise<boolean>[] = [];
  while (passing.length < limit) {
    const message = await channel.get(queue);
    if (message === false) break;
    passing.push(passOn(channel, message, pass));
  }
  return (await Promise.all(passing)).filter(Boolean).length;
}

async function passOn(channel: Channel, message: GetMessage, pass: (task: Task) => Promise<void>): Promise<boolean> {
  const task = readTask(message);
  if (task === undefined) {
    channel.reject(message, false);
    return false;
  }
  try {
    await pass(task);
  } catch {
    channel.nack(message, false, true);
    return false;
  }
  channel.ack(message);
  return true;
}

function readTask(message: GetMessage): Task | undefined {
  try {
    return parseMessage(taskSchema, decodeMessage(message));
  } catch {
    return undefined;
  }
}
