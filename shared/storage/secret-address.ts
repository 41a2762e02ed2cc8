/** Addresses with something secret in them: a password, or a signature in the query. */
import { ConfigError } from '../errors.ts';

/** Parameters that let in whoever shows them: presigned addresses of S3, Google and Azure, and tokens by their usual names. */
const SECRET_PARAMETER =
  /^(x-(amz|goog)-.*|awsaccesskeyid|googleaccessid|signature|expires|sig|se|sp|sv|sr|st|spr|skoid|sktid|.*(token|secret|password|apikey|api_key|authz|auth))$/i;

/** The same address without what is secret; the address itself where nothing is. */
export function publicAddress(location: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return location;
  const [, scheme = '', user, rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?(.*)$/is.exec(location) ?? [];
  // A name alone is no secret: root://user@host.
  const shownUser = user?.includes(':') ? '' : (user ?? '');
  const at = rest.indexOf('?');
  if (at < 0) return `${scheme}${shownUser}${rest}`;
  const parameters = rest.slice(at + 1).split('&');
  const shown = parameters.filter((parameter) => !SECRET_PARAMETER.test(decoded(parameter.split('=', 1)[0] ?? '')));
  if (shown.length === parameters.length) return `${scheme}${shownUser}${rest}`;
  return `${scheme}${shownUser}${rest.slice(0, at)}${shown.length === 0 ? '' : `?${shown.join('&')}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Addresses without what is secret, and a table that leads back from them to those with it.
 * @throws ConfigError if two differ in nothing else
 */
export function takeSecrets(locations: readonly string[], known: Readonly<Record<string, string>> = {}) {
  const addresses: Record<string, string> = { ...known };
  const shown = locations.map((location) => {
    const plain = publicAddress(location);
    if (plain === location) return location;
    const other = addresses[plain];
    if (other !== undefined && other !== location) {
      throw new ConfigError('two addresses differ only in their passwords or signatures', { file: plain });
    }
    addresses[plain] = location;
    return plain;
  });
  return { locations: shown, addresses };
}
