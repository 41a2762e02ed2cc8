import { fstatSync, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StorageError } from '../errors.ts';
import { nearMisses } from '../near-misses.ts';
import { systemCode, systemMessage } from '../system-message.ts';
import { checkedSource } from './checked-source.ts';
import { changedError } from './read-errors.ts';
import type { CountedSource, ReadMemory, SourceCounters } from './source.ts';

/**
 * A local file, by path or `file:` URL, read at positions.
 * @throws StorageError, not retryable, where there is no such file, it may not be read, or it is no regular file.
 */
export async function openFileSource(location: string): Promise<CountedSource> {
  const path = /^file:/i.test(location) ? fileURLToPath(location) : location;
  const handle = await openRegular(path).catch(async (error: unknown) => {
    throw await openError(path, error);
  });
  const opened = fstatSync(handle.fd);
  const counters: SourceCounters = { requests: 0, bytes: 0, retries: 0 };
  return checkedSource({
    name: path,
    size: opened.size,
    version: `${opened.mtimeMs}`,
    counters,
    read: async (offset, length, signal, memory = freshMemory) => {
      const bytes = memory(length);
      await readFully(handle, path, offset, bytes, counters, signal);
      refuseChange(path, opened, fstatSync(handle.fd));
      return bytes;
    },
    close: () => handle.close(),
  });
}

/** Looks before it opens: opening a pipe for reading would wait for its writer. */
async function openRegular(path: string): Promise<FileHandle> {
  if (!(await stat(path)).isFile()) throw new StorageError('is not a regular file', { file: path, retryable: false });
  return open(path, 'r');
}

/** Not zeroed first: every byte is written, or an error is thrown. */
const freshMemory: ReadMemory = (length) => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);

async function readFully(
  handle: FileHandle,
  path: string,
  offset: number,
  bytes: Uint8Array,
  counters: SourceCounters,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { length } = bytes;
  for (let done = 0; done < length; ) {
    signal?.throwIfAborted();
    counters.requests++;
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done).catch((error: unknown) => {
      throw new StorageError(`cannot be read: ${systemMessage(error)}`, { file: path, offset: offset + done, cause: error });
    });
    if (bytesRead === 0) throw changedError(path, `ended at byte ${offset + done}`);
    counters.bytes += bytesRead;
    done += bytesRead;
  }
  signal?.throwIfAborted();
}

/** Asked after each read: a synchronous fstat of an open file takes about 2 microseconds, an asynchronous one 20 times that. */
function refuseChange(path: string, opened: Stats, now: Stats): void {
  if (now.size !== opened.size) throw changedError(path, `had ${opened.size} bytes when opened, now ${now.size}`);
  if (now.mtimeMs !== opened.mtimeMs) throw changedError(path, `was written to at ${now.mtime.toISOString()}`);
}

async function openError(path: string, error: unknown): Promise<unknown> {
  if (error instanceof StorageError) return error;
  const code = systemCode(error);
  const final = code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EPERM' || code === 'ENAMETOOLONG';
  const link = code === 'ENOENT' ? await readlink(path).catch(() => undefined) : undefined;
  if (link !== undefined)
    return new StorageError(`is a link to ${link}, which is not there`, { file: path, retryable: false, cause: error });
  return new StorageError(code === 'ENOENT' ? 'no such file' : `cannot be opened: ${systemMessage(error)}`, {
    file: path,
    retryable: !final,
    hint: code === 'ENOENT' ? await missingFileHint(path) : undefined,
    cause: error,
  });
}

async function missingFileHint(path: string): Promise<string | undefined> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return `There is no folder ${folder} either.`;
  const near = nearMisses(basename(path), names);
  return near.length === 0 ? undefined : `Did you mean ${near.join(' or ')}?`;
}
