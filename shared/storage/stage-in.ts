import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../errors.ts';
import { untilAborted } from './abort.ts';
import { budgetOf, PARTIAL_SUFFIX } from './budget.ts';
import { versionKey } from './disk-cache.ts';
import { openFileSource } from './file.ts';
import type { BudgetedFolder } from './settings.ts';
import type { CountedSource } from './source.ts';

/** Copied at a time. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Copies under way in this thread: who wants the same file waits for the same copy. */
const underWay = new Map<string, Promise<string | undefined>>();

/**
 * The same file as a whole copy in a fast folder, read from there. Where the folder has no room for it, or the file's
 * version cannot be told, the source itself.
 * @throws StorageError where the source cannot be read
 */
export async function withStageIn(source: CountedSource, limit: BudgetedFolder, signal?: AbortSignal): Promise<CountedSource> {
  const path = await stage(source, limit, signal);
  if (path === undefined) return source;
  const copy = await openFileSource(path).catch(() => undefined);
  // Removed in this moment to make room.
  if (copy === undefined) return source;
  // Cut in this moment.
  if (copy.size !== source.size) {
    await copy.close();
    return source;
  }
  const { counters } = copy;
  return {
    ...source,
    // The copy does not change.
    verify: undefined,
    places: () => ({
      ...source.places?.(),
      ...(counters.requests > 0 ? { 'stage-in': { bytes: counters.bytes, requests: counters.requests } } : {}),
    }),
    read: (offset, length, either, memory) => copy.read(offset, length, either, memory).catch(renamed(source.name)),
    readMany: (ranges, either, memory) => copy.readMany(ranges, either, memory).catch(renamed(source.name)),
    close: async () => {
      await copy.close();
      await source.close();
    },
  };
}

/** An error about the copy is one about the file. */
function renamed(file: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof StorageError)) throw error;
    const { reason, offset, kind, retryable, hint } = error;
    throw new StorageError(reason, { file, offset, kind, retryable, hint, cause: error });
  };
}

async function stage(source: CountedSource, limit: BudgetedFolder, signal: AbortSignal | undefined): Promise<string | undefined> {
  const key = versionKey(source);
  if (key === undefined) return undefined;
  const path = join(limit.folder, key);
  if (await isThere(path, source.size)) return path;
  // Whoever copies it may be ended, and then this one goes on.
  const copied = await untilAborted(underWay.get(path)?.catch(() => undefined) ?? Promise.resolve(undefined), signal);
  if (copied !== undefined) return copied;
  const copying = copyWhole(source, path, limit, signal).finally(() => underWay.delete(path));
  underWay.set(path, copying);
  return copying;
}

/** Whether there is a whole copy, which counts as used now. By its handle: another copy may take its name meanwhile. */
async function isThere(path: string, size: number): Promise<boolean> {
  await using copy = await open(path).catch(() => undefined);
  const known = await copy?.stat().catch(() => undefined);
  if (known?.size !== size) return false;
  // Its time of modification stays: whoever has it open sees by that whether it changed.
  await copy?.utimes(new Date(), known.mtime).catch(() => undefined);
  return true;
}

async function copyWhole(
  source: CountedSource,
  path: string,
  limit: BudgetedFolder,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const budget = budgetOf(limit);
  if (!(await budget.reserve(source.size).catch(() => false))) return undefined;
  const partial = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}${PARTIAL_SUFFIX}`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(partial, 'wx', 0o600);
    for (let offset = 0; offset < source.size; offset += PIECE_BYTES) {
      const bytes = await source.read(offset, Math.min(PIECE_BYTES, source.size - offset), signal);
      await writeFully(handle, bytes, offset);
    }
    // Only what is whole on the disk gets the name that others look for.
    await source.verify?.(signal);
    await handle.sync();
    // A whole number of milliseconds: no other time is set again just as it was read.
    const now = new Date();
    await handle.utimes(now, now);
    await handle.close();
    await rename(partial, path);
    return path;
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(partial, { force: true }).catch(() => undefined);
    budget.release(source.size);
    // A full or read-only folder is no reason to fail; a source that cannot be read is.
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/** A disk that is full just then writes fewer bytes than it is given, and that is no error. @throws Error of the system */
async function writeFully(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    if (bytesWritten === 0) throw Object.assign(new Error('ENOSPC: nothing was written'), { code: 'ENOSPC', syscall: 'write' });
    done += bytesWritten;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
