/** Keys of runs: a file each in a folder that only its owner reads; on a cluster a mounted Secret. They are in no message. */
import { readFileSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { ConfigError, isPipelineError, StorageError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { text } from '../schema.ts';
import { systemCode } from '../system-message.ts';
import { sleep } from './retry.ts';
import { RUN_SECRETS } from './storage-settings.ts';

/** What is kept for a run. Never printed. */
const credentialsSchema = v.strictObject({
  /** Variables of storage-settings.ts. */
  variables: v.optional(v.record(v.picklist(RUN_SECRETS), text), {}),
  /** Addresses with what is secret in them (signatures, passwords), by the addresses without. */
  addresses: v.optional(v.record(v.string(), v.string()), {}),
});

export type Credentials = v.InferOutput<typeof credentialsSchema>;

/** How often a folder is looked at that does not have the credentials yet. */
const LOOK_MS = 250;

/** The credentials as text to be kept; what is empty is left out. */
export function credentialsText({ variables, addresses }: Credentials): string {
  return `${JSON.stringify({ variables, addresses })}\n`;
}

/** True if there is nothing to be kept. */
export function isEmpty({ variables, addresses }: Credentials): boolean {
  return Object.keys(variables).length === 0 && Object.keys(addresses).length === 0;
}

/** Changes with the file: who keeps what was in it can tell that it is another. Undefined where there is no file. */
export function credentialsStamp(folder: string, name: string): string | undefined {
  const stats = statSync(join(folder, name), { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? undefined : `${stats.mtimeNs} ${stats.ino} ${stats.size}`;
}

/**
 * The credentials of this name. Synchronous: they are read once a run.
 * @throws StorageError, retryable, if there are none; ConfigError if the file holds something else. Neither shows what is in it
 */
export function readCredentials(folder: string, name: string): Credentials {
  if (credentialsStamp(folder, name) === undefined) throw missingCredentials(folder, name);
  try {
    const parsed = v.safeParse(credentialsSchema, JSON.parse(readFileSync(join(folder, name), 'utf8')));
    if (parsed.success) return parsed.output;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code !== undefined) throw new ConfigError(`the credentials cannot be read: ${code}`, { file: join(folder, name) });
  }
  throw new ConfigError('these are no credentials of a run', { file: join(folder, name), hint: 'Submit the run again with its keys.' });
}

/** Resolves when the credentials are there: a Secret takes a while to get to a pod that runs. @throws StorageError, retryable, if they do not come in time */
export async function waitForCredentials(folder: string, name: string, patienceMs: number, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (credentialsStamp(folder, name) === undefined) {
    if (performance.now() >= deadline) throw missingCredentials(folder, name);
    await sleep(LOOK_MS, signal);
  }
}

/** Keeps them, for the owner's eyes only; replaces what was there. Returns the file's path. @throws ConfigError if it cannot be written */
export async function keepCredentials(folder: string, name: string, credentials: Credentials): Promise<string> {
  const path = join(folder, name);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await makeFolder(folder, { mode: 0o700 });
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(credentialsText(credentials));
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const why = systemCode(isPipelineError(error) ? error.cause : error) ?? 'unknown';
    throw new ConfigError(`the credentials cannot be kept: ${why}`, { file: path, hint: 'Name another folder: CREDENTIALS_DIR.' });
  }
}

/** Forgets them; nothing happens where there are none. */
export async function forgetCredentials(folder: string, name: string): Promise<void> {
  await rm(join(folder, name), { force: true });
}

function missingCredentials(folder: string, name: string): StorageError {
  return new StorageError(`the credentials of the run, ${name}, are not there`, {
    file: folder,
    hint: 'Submit the run again with its keys; workers need the same folder (CREDENTIALS_DIR), or the Secret mounted there.',
  });
}
