import { authoritiesOf } from '../authorities.ts';
import { tokenSource } from '../http-token.ts';
import type { StorageSettings } from '../settings.ts';
import { localUser } from './auth.ts';
import type { XrootdOptions } from './server.ts';

/** What the settings mean for XRootD. @throws ConfigError where the folder of certificates cannot be read */
export async function xrootdOptions(settings: StorageSettings): Promise<Pick<XrootdOptions, 'identity' | 'renewedAfter' | 'authorities'>> {
  const { token, xrootd } = settings;
  const user = xrootd.user ?? localUser();
  return {
    // Tokens go nowhere in clear text, so that those who need none are not asked to have one.
    identity: async (overTls) => ({ user, token: overTls ? await tokenSource(token).current() : undefined }),
    renewedAfter: (refused) => tokenSource(token).renewedAfter(refused),
    authorities: await authoritiesOf(settings),
  };
}
