import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, StorageError } from '../errors.ts';
import type { TokenSettings } from './settings.ts';

/** A token from the environment does not get newer; one from a file may. */
interface FoundToken {
  readonly token: string;
  readonly canChange: boolean;
}

/**
 * Looks for a bearer token where the WLCG says: BEARER_TOKEN, the file of BEARER_TOKEN_FILE, `bt_u<uid>` in XDG_RUNTIME_DIR,
 * `bt_u<uid>` in /tmp. Undefined where there is none.
 * @throws ConfigError where a file that was named cannot be read, or holds nothing
 */
export async function findToken(settings: TokenSettings): Promise<FoundToken | undefined> {
  const value = settings.value?.trim();
  if (value !== undefined && value !== '') return { token: value, canChange: false };
  if (settings.file !== undefined) return { token: await readNamed(settings.file), canChange: true };
  const name = `bt_u${process.geteuid?.() ?? 0}`;
  for (const folder of [settings.runtimeFolder, '/tmp']) {
    if (folder === undefined) continue;
    const token = (await readFile(join(folder, name), 'utf8').catch(() => '')).trim();
    if (token !== '') return { token, canChange: true };
  }
  return undefined;
}

async function readNamed(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : 'cannot be read';
    throw new ConfigError(`no token: ${code}`, { file, object: 'BEARER_TOKEN_FILE' });
  });
  const token = text.trim();
  if (token === '' || !/^[\x21-\x7e]+$/.test(token)) throw new ConfigError('holds no token', { file, object: 'BEARER_TOKEN_FILE' });
  return token;
}

/** Seconds since 1970 at which a JSON web token ends; undefined where it is none, or does not say. */
export function tokenExpiry(token: string): number | undefined {
  const [, payload = ''] = token.split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return typeof claims === 'object' && claims !== null && 'exp' in claims && typeof claims.exp === 'number' ? claims.exp : undefined;
  } catch {
    return undefined;
  }
}

/** A token that is looked up when it is first needed, and again when it has been refused or is about to end. */
export class TokenSource {
  readonly #settings: TokenSettings;
  #found: FoundToken | undefined;
  #looked = false;

  constructor(settings: TokenSettings) {
    this.#settings = settings;
  }

  /** The token; undefined where there is none. @throws ConfigError as `findToken` */
  async current(): Promise<string | undefined> {
    const ends = this.#found === undefined ? undefined : tokenExpiry(this.#found.token);
    const expired = ends !== undefined && ends * 1000 < Date.now() + LEEWAY_MS;
    if (!this.#looked || (expired && this.#found?.canChange)) await this.#look();
    return this.#found?.token;
  }

  /** Whether there is another token than the one that was refused. */
  async renewedAfter(refused: string | undefined): Promise<boolean> {
    if (this.#found?.token === refused) await this.#look();
    return this.#found !== undefined && this.#found.token !== refused;
  }

  async #look(): Promise<void> {
    this.#found = await findToken(this.#settings);
    this.#looked = true;
  }
}

/** Clocks differ, and a request takes time. */
const LEEWAY_MS = 10_000;

/** The server did not take the token. */
export class TokenRefused extends StorageError {
  constructor(file: string, status: number) {
    super(`the server refused the token (${status})`, {
      file,
      retryable: false,
      hint: 'It may have expired, or be for another place: renew it.',
    });
  }
}
