import { userInfo } from 'node:os';

/** What a client can prove who it is with. */
export interface XrootdIdentity {
  readonly user: string;
  /** A bearer token; only ever sent over TLS. */
  readonly token: string | undefined;
}

/** The user's own name, for servers that believe it. */
export function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that has no name.
    return 'nobody';
  }
}

const bytesOf = (value: string) => new TextEncoder().encode(value);

/** Kinds of authentication that a server asks for in its login answer: `&P=ztn,0:4096:&P=host`, the one it likes best first. */
export function askedKinds(security: string): string[] {
  return [...security.matchAll(/&P=([a-z0-9]+)/gi)].map((match) => (match[1] ?? '').toLowerCase());
}

/** The proof of one kind; undefined where this client has none. */
export function credentialsFor(kind: string, { user, token }: XrootdIdentity, overTls: boolean): Uint8Array | undefined {
  if (kind === 'host') return bytesOf('host\0');
  if (kind === 'unix') return bytesOf(`unix\0${user} ${user}\0`);
  return kind === 'ztn' && token !== undefined && overTls ? tokenCredentials(token) : undefined;
}

/** `ztn`, version 0, `T` for token, two zeros, the length with the zero that ends it, the token. */
function tokenCredentials(token: string): Uint8Array {
  const value = bytesOf(`${token}\0`);
  // Two more zeros: servers compute the length with the padding of a C struct.
  const bytes = new Uint8Array(10 + value.length + 2);
  bytes.set(bytesOf('ztn'));
  bytes[5] = 'T'.charCodeAt(0);
  new DataView(bytes.buffer).setUint16(8, value.length);
  bytes.set(value, 10);
  return bytes;
}
