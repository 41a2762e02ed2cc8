import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';

/**
 * Writes files into a folder, each one whole or not at all: a reader, or a kill at any moment, never meets a half of one.
 * @throws StorageError naming the first file that cannot be written; all others are there
 */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await makeFolder(folder);
  const errors: unknown[] = [];
  for (const [name, content] of Object.entries(files)) await writeWhole(join(folder, name), content).catch((error) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(file: string, cause: unknown): StorageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(`cannot be written: ${reason}`, { file, retryable: false, cause });
}
