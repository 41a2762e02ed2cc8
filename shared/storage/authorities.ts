import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { ConfigError } from '../errors.ts';
import type { StorageSettings } from './settings.ts';

const folders = new Map<string, Promise<readonly string[]>>();

/**
 * Certificates that TLS trusts: the public ones and those of the settings' folder; undefined where there is none, for the
 * public ones alone. The same array each time.
 * @throws ConfigError where the folder cannot be read
 */
export async function authoritiesOf({ authoritiesFolder: folder }: StorageSettings): Promise<readonly string[] | undefined> {
  if (folder === undefined) return undefined;
  const known = folders.get(folder) ?? readFolder(folder);
  folders.set(folder, known);
  return known;
}

/** Grid sites keep certificates as `<hash>.0` and `<name>.pem`. */
async function readFolder(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`cannot be read: ${why}`, { file: folder, object: 'X509_CERT_DIR' });
  });
  const files = names.filter((name) => /\.(pem|crt|\d)$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return [...rootCertificates, ...texts.filter((text) => text.includes('BEGIN CERTIFICATE'))];
}
