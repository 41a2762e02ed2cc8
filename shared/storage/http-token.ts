import { createHash } from 'node:crypto';
import type { TokenSettings } from './settings.ts';
import { TokenSource } from './token.ts';

/** `dav://` and `davs://` are HTTP and HTTPS by the names that grid sites use. */
export function withoutDav(location: string): string {
  return location.replace(/^dav(s?):\/\//i, 'http$1://');
}

/** One a thread and setting: what one file learns of a new token, the others know too. */
const sources = new Map<string, TokenSource>();

/** The tokens of these settings. */
export function tokenSource(settings: TokenSettings): TokenSource {
  const key = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
  const source = sources.get(key) ?? new TokenSource(settings);
  sources.set(key, source);
  return source;
}

/**
 * Tokens for a web address: for `davs://`, and for `https://` on hosts that the settings name. Never in clear text, except to
 * this machine.
 */
export function httpTokens(location: string, settings: TokenSettings): TokenSource | undefined {
  const url = URL.parse(withoutDav(location));
  if (url === null) return undefined;
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const isMeant = /^davs?:/i.test(location) || settings.hosts.some((host) => host === '*' || host === url.hostname || host === url.host);
  return isMeant && (url.protocol === 'https:' || isHere) ? tokenSource(settings) : undefined;
}
