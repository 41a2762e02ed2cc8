import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { type ClusterApi, openApi } from './api.ts';

/** Where Kubernetes puts a pod's token, and who signs the API server's certificate. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster that this pod runs in, by the token of its service account. Loads no package: a service that asks one
 * question every few seconds is not to carry all of the Kubernetes client.
 * @throws ConfigError where there is no token
 */
export async function openInCluster(server = 'https://kubernetes.default.svc', folder = ACCOUNT): Promise<ClusterApi> {
  const ca = await readAccount(folder, 'ca.crt');
  await readAccount(folder, 'token');
  // The kubelet replaces the token every hour or so.
  return openApi(server, async () => ({ ca, headers: { authorization: `Bearer ${(await readAccount(folder, 'token')).trim()}` } }));
}

async function readAccount(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    const hint = 'This runs in a pod whose service account gives it a token.';
    throw new ConfigError(`there is no ${name} of a service account`, { file: join(folder, name), hint, cause });
  }
}
