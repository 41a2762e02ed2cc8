import { openRootFile } from '#shared/root/file.ts';
import { openTree, type Tree } from '#shared/root/tree.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import { openSource } from '#shared/storage/open.ts';
import type { CountedSource, SourceCounters } from '#shared/storage/source.ts';
import { isToyFile } from '#shared/toy/toy-mark.ts';

export interface OpenFile {
  readonly source: CountedSource;
  readonly tree: Tree;
  /** True for a generated file. */
  readonly toy: boolean;
  /** What the source had cost before this task: opening it belongs to the task that did. */
  readonly before: Readonly<Pick<SourceCounters, 'bytes' | 'requests'>>;
}

/** Chunks of a file come one after the other, and mostly to threads that had one of them before. */
const CAPACITY = 4;

/** Files that a thread keeps open between tasks, the one used last at the end. Reads of one task at a time. */
export class FileCache {
  readonly #files = new Map<string, Omit<OpenFile, 'before'>>();

  readonly #retry: RetryPolicy;

  constructor(retry: RetryPolicy) {
    this.#retry = retry;
  }

  /** @throws PipelineError as `openSource` and `openTree` do; nothing is kept then. */
  async open(url: string, treeName: string, signal: AbortSignal): Promise<OpenFile> {
    const key = `${treeName}\n${url}`;
    const known = this.#files.get(key);
    if (known) {
      this.#files.delete(key);
      this.#files.set(key, known);
      return { ...known, before: { ...known.source.counters } };
    }
    for (const oldest of [...this.#files.keys()].slice(0, Math.max(0, this.#files.size - CAPACITY + 1))) await this.#close(oldest);
    const source = await openSource(url, { signal, retry: this.#retry });
    try {
      const root = await openRootFile(source);
      const tree = await openTree(root, treeName);
      const file = { source, tree, toy: isToyFile(await root.keys()) };
      this.#files.set(key, file);
      return { ...file, before: { bytes: 0, requests: 0 } };
    } catch (error) {
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
