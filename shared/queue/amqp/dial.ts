/** One attempt at a connection. */
import { readFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import amqplib, { type ChannelModel, type Options, type SocketOptions } from 'amqplib';
import { ConfigError } from '../../errors.ts';
import { connectError, type Place } from './connect-error.ts';
import type { AmqpOptions, TlsFiles } from './options.ts';

/** No answer within this time counts as none. */
const CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_HEARTBEAT_SECONDS = 20;

/** A dialled connection, and a way to end it that needs no answer. */
export interface Dialled {
  readonly model: ChannelModel;
  readonly destroy: () => void;
}

export interface Target {
  readonly place: Place;
  readonly connect: Options.Connect;
}

/** @throws ConfigError if the URL or a name is none; the text holds no secret */
export function parseTarget(options: AmqpOptions): Target {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url === undefined || !/^amqps?:$/.test(url.protocol) || url.hostname === '') {
    throw new ConfigError('the broker URL is not one', { hint: 'It looks like amqp://user:password@host:5672/vhost (or amqps://).' });
  }
  if (!/^[a-z0-9-]{1,40}$/.test(options.pool)) throw new ConfigError(`"${options.pool}" is no pool name: small letters, digits and dashes`);
  if (!/^[a-z0-9.-]{1,40}$/i.test(options.prefix)) throw new ConfigError(`"${options.prefix}" is no prefix: letters, digits, dots, dashes`);
  const protocol = url.protocol.slice(0, -1);
  const port = Number(url.port) || (protocol === 'amqp' ? 5672 : 5671);
  const user = options.user ?? (url.username === '' ? 'guest' : decoded(url.username));
  const password = options.password ?? (url.password === '' ? 'guest' : decoded(url.password));
  const vhost = options.vhost ?? (url.pathname.length > 1 ? decoded(url.pathname.slice(1)) : '/');
  return {
    place: { address: `${protocol}://${url.hostname}:${port}`, user, vhost },
    connect: {
      protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port,
      username: user,
      password,
      vhost: encodeURIComponent(vhost),
      heartbeat: options.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS,
    },
  };
}

/** A part of the URL; not told in errors: it may be a password. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ConfigError('the broker URL has a % that stands for itself', {
      hint: 'Write it as %25, or give user and password apart from the URL (AMQP_USERNAME, AMQP_PASSWORD).',
    });
  }
}

/**
 * Connects once.
 * @throws ConfigError or StorageError, see connectError
 */
export async function dial({ place, connect }: Target, tls: TlsFiles | undefined, stop: AbortSignal): Promise<Dialled> {
  const end = new AbortController();
  const signal = AbortSignal.any([end.signal, stop]);
  try {
    const files = connect.protocol === 'amqps' ? await readTls(tls) : {};
    const socket = { noDelay: true, keepAlive: true, timeout: CONNECT_TIMEOUT_MS, signal, ...files };
    const model = await amqplib.connect(connect, socket as SocketOptions);
    gatherWrites((model as unknown as { connection: { stream: Writable } }).connection.stream);
    return { model, destroy: () => end.abort() };
  } catch (error) {
    end.abort();
    throw connectError(error, place);
  }
}

/** A system call for each acknowledgement is dear: what is written within so long goes out together. */
const GATHER_MS = 1;

function gatherWrites(stream: Writable): void {
  const write = stream.write.bind(stream) as (chunk: unknown) => boolean;
  stream.write = (chunk: unknown) => {
    if (stream.writableCorked === 0) {
      stream.cork();
      setTimeout(() => stream.uncork(), GATHER_MS);
    }
    return write(chunk);
  };
}

async function readTls({ caFile, certFile, keyFile }: TlsFiles = {}): Promise<{ ca?: Buffer; cert?: Buffer; key?: Buffer }> {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readPem));
  if ((cert === undefined) !== (key === undefined)) throw new ConfigError('a client certificate needs its key, and a key its certificate');
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  return readFile(file).catch((error: unknown) => {
    throw new ConfigError(`cannot be read (${(error as NodeJS.ErrnoException).code})`, { file, hint: 'It is named as a TLS file.' });
  });
}
