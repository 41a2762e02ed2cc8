import { type ConnectionOptions, XrootdConnection } from './connection.ts';

/** Time that a connection nobody uses is kept: files of one server come one after the other. */
const IDLE_MS = 10_000;

interface Entry {
  readonly connecting: Promise<XrootdConnection>;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

/** Connections of this thread: all files of one server and one identity share one. */
const entries = new Map<string, Entry>();

/** A connection on loan. */
export interface Loan {
  readonly connection: XrootdConnection;
  /** Whether it had to be made. */
  readonly fresh: boolean;
  /** Gives it back; once. */
  release(): void;
}

/** A connection to this server, a new one where there is none that works. @throws StorageError where none can be made */
export async function borrowConnection(options: ConnectionOptions): Promise<Loan> {
  const { host, port, tls, identity } = options;
  const key = JSON.stringify([host, port, tls, identity.user, identity.token]);
  const known = entries.get(key);
  const entry = known ?? makeEntry(key, options);
  entry.users++;
  clearTimeout(entry.idle);
  const release = () => {
    entry.users--;
    if (entry.users === 0) entry.idle = setTimeout(() => void endEntry(key, entry), IDLE_MS).unref();
  };
  try {
    return { connection: await entry.connecting, fresh: known === undefined, release };
  } catch (error) {
    release();
    throw error;
  }
}

function makeEntry(key: string, options: ConnectionOptions): Entry {
  const forget = () => {
    if (entries.get(key) === entry) entries.delete(key);
  };
  const connecting = XrootdConnection.open(options);
  const entry: Entry = { connecting, users: 0, idle: undefined };
  entries.set(key, entry);
  connecting.then((connection) => {
    connection.onEnd = forget;
    if (!connection.usable) forget();
  }, forget);
  return entry;
}

async function endEntry(key: string, entry: Entry): Promise<void> {
  if (entries.get(key) === entry) entries.delete(key);
  const connection = await entry.connecting.catch(() => undefined);
  connection?.close();
}
