import { Worker } from 'node:worker_threads';
import type { Task } from '#shared/queue/messages.ts';
import { NO_COST, type ReadCost } from '#shared/storage/read-cost.ts';
import { isLocal } from '#shared/storage/schemes.ts';
import type { FromStageThread, ThreadSettings, ToStageThread } from './thread-protocol.ts';

const ENTRY = new URL('./stage-thread.ts', import.meta.url);

/** Copies files of tasks that wait into the fast folder, in a thread of its own. */
export class StageAhead {
  readonly #settings: ThreadSettings;
  readonly #waiting = new Map<number, (cost: ReadCost) => void>();
  #worker: Worker | undefined;
  #next = 0;

  constructor(settings: ThreadSettings) {
    this.#settings = settings;
  }

  /** Resolves when the file of the task is there, or cannot be; with what that cost. Undefined where there is nothing to copy. */
  fetch(task: Task): Promise<ReadCost> | undefined {
    if (isLocal(task.url)) return undefined;
    this.#worker ??= this.#start();
    const id = this.#next++;
    this.#worker.postMessage({ id, task } satisfies ToStageThread);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** Ends it; what is waited for is given up. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(ENTRY, { workerData: this.#settings });
    worker.on('message', ({ id, cost }: FromStageThread) => {
      this.#waiting.get(id)?.(cost);
      this.#waiting.delete(id);
    });
    worker.on('error', () => {}); // 'exit' follows
    // The next task starts another one; those that wait are read from afar.
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const resolve of this.#waiting.values()) resolve(NO_COST);
      this.#waiting.clear();
    });
    return worker;
  }
}
