import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StorageError } from './errors.ts';
import { systemCode, systemMessage } from './system-message.ts';

/** How a folder is made, and what to tell where it cannot be. */
export interface FolderOptions {
  /** What the user can do about it. */
  readonly hint?: string | undefined;
  /** Permissions of every folder that is made. */
  readonly mode?: number | undefined;
}

/**
 * Makes a folder and those above it, where they are missing. One by one: Node's own `recursive` never returns where the system
 * answers ENOENT below a folder that is there, as in /proc.
 * Returns true if it was not there: of several that make it at the same time this is told to one.
 * @throws StorageError, not retryable, if it cannot be made
 */
export async function makeFolder(path: string, { hint, mode }: FolderOptions = {}): Promise<boolean> {
  try {
    let isNew = false;
    for (const folder of await missingFolders(resolve(path))) isNew = await makeOne(folder, mode);
    return isNew;
  } catch (cause) {
    throw new StorageError(`cannot be made (${systemMessage(cause)})`, { file: path, retryable: false, hint, cause });
  }
}

/** What is not there of a path, the outermost first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path; !(await isFolder(at)); at = dirname(at)) {
    missing.unshift(at);
    if (dirname(at) === at) break;
  }
  return missing;
}

async function makeOne(folder: string, mode: number | undefined): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    return true;
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (systemCode(error) !== 'EEXIST' || !(await isFolder(folder))) throw error;
    return false;
  }
}

/** False where nothing is there, or a file is. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}
