import type { Queue } from '#shared/queue/queue.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { TaskList } from '#shared/queue/task-list.ts';
import { type Describe, planRun } from './plan-run.ts';

export interface ProducerOptions {
  readonly spec: RunSpec;
  readonly queue: Queue;
  readonly taskList: TaskList;
  readonly describe: Describe;
  readonly signal: AbortSignal;
}

/** Tasks read back and published at a time. */
const PUBLISH_PAGE = 1000;

/**
 * Spec -> tasks -> queue. Each page of tasks is frozen in the ledger before it is published; a producer that starts again
 * publishes what is still open and plans on from where the list ends. A task may so be published twice: the ledger counts
 * it once. Resolves when all is published.
 * @throws MessageError if the run exists with another spec; the signal's reason when aborted.
 */
export async function startProducer({ spec, queue, taskList, describe, signal }: ProducerOptions): Promise<void> {
  const state = await taskList.open(spec);
  let published = -1;
  const publishOpen = async () => {
    for (;;) {
      signal.throwIfAborted();
      const tasks = await taskList.pending(spec.run, published, PUBLISH_PAGE);
      for (const task of tasks) await queue.tasks.publish(task);
      const last = tasks.at(-1);
      if (last === undefined) return;
      published = last.index;
    }
  };
  await publishOpen();
  if (state.frozen) return;
  for await (const page of planRun(spec, { state, describe, signal })) {
    signal.throwIfAborted();
    await taskList.add(spec.run, page);
    await publishOpen();
  }
  await taskList.freeze(spec.run);
}
