import type { Task } from '#shared/queue/messages.ts';
import { openRootFile } from '#shared/root/file.ts';
import { openTree, type Tree } from '#shared/root/tree.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import { openSource } from '#shared/storage/open.ts';
import { NO_COST, type ReadCost, readCostOf } from '#shared/storage/read-cost.ts';
import type { RunSettings } from '#shared/storage/run-settings.ts';
import type { CountedSource } from '#shared/storage/source.ts';
import { isToyFile } from '#shared/toy/toy-mark.ts';

export interface OpenFile {
  readonly source: CountedSource;
  readonly tree: Tree;
  /** True for a generated file. */
  readonly toy: boolean;
  /** What the source had cost before this task: opening it belongs to the task that did. */
  readonly before: ReadCost;
}

/** Chunks of a file come one after the other, and mostly to threads that had one of them before. */
const CAPACITY = 4;

/** Of runs that say nothing: the thread's own. */
const OWN = { settings: undefined, key: '', locationOf: (url: string) => url };

/** Schemas are loaded only where a run says something. */
async function settingsOf(task: Pick<Task, 'storage' | 'secret'>): Promise<RunSettings | typeof OWN> {
  if (task.storage === undefined && task.secret === undefined) return OWN;
  return (await import('#shared/storage/run-settings.ts')).runSettings(task);
}

/**
 * Files that a thread keeps open between tasks of a run, the one used last at the end: another run may find another file at the
 * same place. Reads of one task at a time.
 */
export class FileCache {
  readonly #files = new Map<string, Omit<OpenFile, 'before'>>();

  readonly #retry: RetryPolicy;

  constructor(retry: RetryPolicy) {
    this.#retry = retry;
  }

  /**
   * The file of the task, opened as its run says. @throws PipelineError as `runSettings`, `openSource` and `openTree` do; nothing
   * is kept then, and `onFailure` hears what was read of it.
   */
  async open(
    task: Pick<Task, 'run' | 'url' | 'replicas' | 'tree' | 'storage' | 'secret'>,
    signal: AbortSignal,
    onFailure: (cost: ReadCost) => void,
  ): Promise<OpenFile> {
    const { settings, locationOf, key: how } = await settingsOf(task);
    const key = `${task.run}\n${how}\n${task.tree}\n${task.url}`;
    const known = this.#files.get(key);
    if (known) {
      this.#files.delete(key);
      this.#files.set(key, known);
      return { ...known, before: readCostOf(known.source) };
    }
    for (const oldest of [...this.#files.keys()].slice(0, Math.max(0, this.#files.size - CAPACITY + 1))) await this.#close(oldest);
    const replicas = task.replicas?.map(locationOf);
    const source = await openSource(locationOf(task.url), { signal, retry: this.#retry, settings, replicas, verifies: true });
    try {
      const root = await openRootFile(source);
      const tree = await openTree(root, task.tree);
      const file = { source, tree, toy: isToyFile(await root.keys()) };
      this.#files.set(key, file);
      return { ...file, before: NO_COST };
    } catch (error) {
      onFailure(readCostOf(source));
      await source.close();
      throw error;
    }
  }

  /** After an error: the next attempt must not meet the same connection or half-read state. */
  async forget(url: string): Promise<void> {
    for (const key of [...this.#files.keys()]) if (key.endsWith(`\n${url}`)) await this.#close(key);
  }

  async close(): Promise<void> {
    for (const key of [...this.#files.keys()]) await this.#close(key);
  }

  async #close(key: string): Promise<void> {
    const file = this.#files.get(key);
    this.#files.delete(key);
    await file?.source.close();
  }
}
