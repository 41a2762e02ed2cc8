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
  /** Called when the run is there. */
  readonly onOpen?: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/** Tasks read back, and published, at a time: a broker confirms many at once. */
const PUBLISH_PAGE = 1000;

/**
 * Spec -> tasks -> queue. The whole list is frozen in the ledger before any of it is published; a producer that starts
 * again plans again if the list was not frozen yet, and then publishes what is still open. A task may so be published
 * twice: the ledger counts it once. Resolves when all is published.
 * @throws MessageError if the run exists with another spec or other files; the signal's reason when aborted.
 */
export async function startProducer({ spec, queue, taskList, describe, onOpen, signal }: ProducerOptions): Promise<void> {
  const { frozen } = await taskList.open(spec);
  onOpen?.();
  if (!frozen) {
    let adding: Promise<void> = Promise.resolve();
    for await (const page of planRun(spec, { describe, signal })) {
      signal.throwIfAborted();
      // Two are on their way: the ledger need not wait for the next.
      const next = taskList.add(spec.run, page);
      next.catch(() => {}); // awaited in the next round
      await adding;
      adding = next;
    }
    await adding;
    await taskList.freeze(spec.run);
  }
  let publishing: Promise<unknown> = Promise.resolve();
  for (let last: Task | undefined; ; ) {
    // The next page is read while one is on its way.
    const tasks = await taskList.pending(spec.run, last?.index ?? -1, PUBLISH_PAGE);
    await publishing;
    signal.throwIfAborted();
    last = tasks.at(-1);
    if (last === undefined) return;
    publishing = Promise.all(tasks.map((task) => queue.tasks.publish(task)));
    publishing.catch(() => {}); // awaited in the next round
  }
}
