import type { Task } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { TaskList } from '#shared/queue/task-list.ts';
import { type Describe, planRun } from './plan-run.ts';

export interface ProducerOptions {
  readonly spec: RunSpec;
  readonly queue: Pick<Queue, 'tasks'>;
  readonly taskList: TaskList;
  readonly describe: Describe;
  readonly signal: AbortSignal;
}

/** Tasks read back and published at a time. */
const PUBLISH_PAGE = 1000;
/** Tasks published at the same time: the broker confirms many at once. */
const PARALLEL = 200;

/**
 * Spec -> tasks -> queue. The whole list is frozen in the ledger before any of it is published; a producer that starts
 * again plans again if the list was not frozen yet, and then publishes what is still open. A task may so be published
 * twice: the ledger counts it once. Resolves when all is published.
 * @throws MessageError if the run exists with another spec or other files; the signal's reason when aborted.
 */
export async function startProducer({ spec, queue, taskList, describe, signal }: ProducerOptions): Promise<void> {
  const { frozen } = await taskList.open(spec);
  if (!frozen) {
    for await (const page of planRun(spec, { describe, signal })) {
      signal.throwIfAborted();
      await taskList.add(spec.run, page);
    }
    await taskList.freeze(spec.run);
  }
  let published = -1;
  for (;;) {
    signal.throwIfAborted();
    const tasks = await taskList.pending(spec.run, published, PUBLISH_PAGE);
    const last = tasks.at(-1);
    if (last === undefined) return;
    await publishAll(queue, tasks);
    published = last.index;
  }
}

async function publishAll({ tasks: channel }: Pick<Queue, 'tasks'>, tasks: readonly Task[]): Promise<void> {
  for (let from = 0; from < tasks.length; from += PARALLEL) {
    await Promise.all(tasks.slice(from, from + PARALLEL).map((task) => channel.publish(task)));
  }
}
