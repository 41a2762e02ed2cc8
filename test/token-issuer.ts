/** Signs tokens as a WLCG issuer would, and makes an xrootd believe it: its keys are put where scitokens-cpp remembers them. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const ISSUER = 'https://issuer.test/';
const AUDIENCE = 'https://wlcg.cern.ch/jwt/v1/any';

/** What an xrootd needs for tokens besides `xrd.tls`. */
export const TOKEN_CONFIG = [
  'ofs.authorize 1',
  'ofs.authlib libXrdAccSciTokens.so config={folder}/scitokens.cfg',
  'xrootd.seclib libXrdSec.so',
  'sec.protocol ztn',
  'sec.protbind * only ztn',
  'http.header2cgi Authorization authz',
] as const;

/** Why tests with tokens cannot run here; undefined where they can. */
export function whyNoTokens(): string | undefined {
  const places = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'];
  if (places.some((place) => existsSync(join(place, 'libXrdAccSciTokens-5.so')))) return undefined;
  return 'there is no libXrdAccSciTokens on this machine (Debian: xrootd-scitokens-plugins)';
}

export interface TokenIssuer {
  /** A token that ends in so many seconds. */
  token(seconds: number): string;
  /** For `startXrootdServer`: writes into its folder before it starts. */
  prepare(folder: string): Promise<void>;
}

export function makeTokenIssuer(): TokenIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }] };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    token: (seconds) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: ISSUER,
        sub: 'tester',
        aud: AUDIENCE,
        iat: now - 100,
        nbf: now - 100,
        exp: now + seconds,
        jti: `${now}`,
        scope: 'storage.read:/',
        'wlcg.ver': '1.0',
      };
      const text = `${encode({ alg: 'ES256', typ: 'JWT', kid: 'one' })}.${encode(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
    prepare: async (folder) => {
      const config = [
        '[Global]',
        `audience = ${AUDIENCE}`,
        '[Issuer test]',
        `issuer = ${ISSUER}`,
        'base_path = /',
        'default_user = nobody',
      ];
      await writeFile(join(folder, 'scitokens.cfg'), `${config.join('\n')}\n`);
      await mkdir(join(folder, '.cache', 'scitokens'), { recursive: true });
      const database = new DatabaseSync(join(folder, '.cache', 'scitokens', 'scitokens_cpp.sqllite'));
      database.exec('CREATE TABLE keycache (issuer text UNIQUE PRIMARY KEY NOT NULL, keys text NOT NULL)');
      const later = Math.floor(Date.now() / 1000) + 86_400;
      const keys = JSON.stringify({ expires: later, next_update: later, jwks });
      database.prepare('INSERT INTO keycache VALUES (?, ?)').run(ISSUER, keys);
      database.close();
    },
  };
}
