import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import type { BudgetedFolder } from './settings.ts';

/** What is made room for at least when the folder is full, so that not every write has to look. */
const SLACK = 0.1;
/** A file that is being written and has not grown for this long was left behind. */
const ABANDONED_MS = 600_000;
/** What other processes have written since is found out this often. */
const RESCAN_MS = 30_000;
export const PARTIAL_SUFFIX = '.part';

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/**
 * A folder of files that may be removed at any time, kept below a size: those used longest ago go first. Who uses one sets its
 * time of access, which works on mounts with `noatime` too. Several processes may share it. Removing a file does not disturb who
 * has it open.
 */
export class FolderBudget {
  readonly #limit: BudgetedFolder;
  #bytes = 0;
  #scannedAt = Number.NEGATIVE_INFINITY;
  #scanning: Promise<void> | undefined;

  constructor(limit: BudgetedFolder) {
    this.#limit = limit;
  }

  /** Whether there is room for so many bytes, which are counted as there from now on; old files are removed for them. */
  async reserve(bytes: number): Promise<boolean> {
    const { maxBytes } = this.#limit;
    if (bytes > maxBytes) return false;
    if (performance.now() - this.#scannedAt > RESCAN_MS || this.#bytes + bytes > maxBytes) {
      this.#scanning ??= this.#scan(bytes).finally(() => {
        this.#scanning = undefined;
      });
      await this.#scanning;
    }
    if (this.#bytes + bytes > maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives back what was not written after all. */
  release(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  async #scan(wanted: number): Promise<void> {
    const { folder, maxBytes } = this.#limit;
    await makeFolder(folder, { mode: 0o700 });
    const entries = (await listEntries(folder)).sort((a, b) => a.usedMs - b.usedMs);
    this.#bytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    const aim = this.#bytes + wanted > maxBytes ? Math.max(0, maxBytes * (1 - SLACK) - wanted) : maxBytes;
    for (const { path, bytes, usedMs } of entries) {
      const isPartial = path.endsWith(PARTIAL_SUFFIX);
      const isAbandoned = isPartial && Date.now() - usedMs > ABANDONED_MS;
      if (!isAbandoned && (isPartial || this.#bytes <= aim)) continue;
      await rm(path, { force: true });
      this.#bytes -= bytes;
    }
    this.#scannedAt = performance.now();
  }
}

async function listEntries(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // Another process may have removed it.
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined) entries.push({ path, bytes: stats.size, usedMs: Math.max(stats.atimeMs, stats.mtimeMs) });
  }
  return entries;
}

const budgets = new Map<string, FolderBudget>();

/** The one that this thread has for a folder. */
export function budgetOf(limit: BudgetedFolder): FolderBudget {
  const key = `${limit.maxBytes} ${limit.folder}`;
  const budget = budgets.get(key) ?? new FolderBudget(limit);
  budgets.set(key, budget);
  return budget;
}
