/** Keys of runs on this machine: files in a folder that only its owner reads. */
import type { RunRequest } from '#shared/queue/run-request.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { readEnvironment } from '#shared/runtime/config.ts';
import { type Credentials, credentialsStamp, forgetCredentials, keepCredentials } from '#shared/runtime/credentials.ts';

/** Keeps them under the name that the request has for them; returns the file. */
export function keepLocalKeys({ secret = '' }: Pick<RunRequest, 'secret'>, credentials: Credentials): Promise<string> {
  return keepCredentials(readEnvironment().credentialsFolder, secret, credentials);
}

/** True if there are keys of this name. */
export function hasLocalKeys(name: string): boolean {
  return credentialsStamp(readEnvironment().credentialsFolder, name) !== undefined;
}

/** Nothing happens where there are none. */
export async function forgetLocalKeys(run: string): Promise<void> {
  await forgetCredentials(readEnvironment().credentialsFolder, run);
}

/** Does something with the keys at hand, under a name of their own, and forgets them again. */
export async function withLocalKeys<T>(
  request: RunRequest | RunSpec,
  credentials: Credentials | undefined,
  action: (request: RunRequest | RunSpec) => Promise<T>,
): Promise<T> {
  if (credentials === undefined) return action(request);
  const mine = { ...request, secret: `dry-run-${process.pid}` };
  try {
    await keepLocalKeys(mine, credentials);
    return await action(mine);
  } finally {
    await forgetLocalKeys(mine.secret);
  }
}
