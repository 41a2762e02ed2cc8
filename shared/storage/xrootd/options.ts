import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { ConfigError } from '../../errors.ts';
import { tokenSource } from '../http-token.ts';
import type { StorageSettings } from '../settings.ts';
import { localUser } from './auth.ts';
import type { XrootdOptions } from './server.ts';

const folders = new Map<string, Promise<string[]>>();

/** What the settings mean for XRootD. @throws ConfigError where the folder of certificates cannot be read */
export async function xrootdOptions({
  token,
  xrootd,
}: StorageSettings): Promise<Pick<XrootdOptions, 'identity' | 'renewedAfter' | 'authorities'>> {
  const folder = xrootd.authoritiesFolder;
  const user = xrootd.user ?? localUser();
  return {
    // Tokens go nowhere in clear text, so that those who need none are not asked to have one.
    identity: async (overTls) => ({ user, token: overTls ? await tokenSource(token).current() : undefined }),
    renewedAfter: (refused) => tokenSource(token).renewedAfter(refused),
    authorities: folder === undefined ? undefined : await readAuthorities(folder),
  };
}

function readAuthorities(folder: string): Promise<string[]> {
  const known = folders.get(folder) ?? readFolder(folder);
  folders.set(folder, known);
  return known;
}

/** Grid sites keep certificates as `<hash>.0` and `<name>.pem`. */
async function readFolder(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`cannot be read: ${why}`, { file: folder, object: 'X509_CERT_DIR' });
  });
  const files = names.filter((name) => /\.(pem|crt|\d)$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return [...rootCertificates, ...texts.filter((text) => text.includes('BEGIN CERTIFICATE'))];
}
