import { ConfigError, PipelineError, StorageError } from '../../errors.ts';
import { untilAborted } from '../abort.ts';
import type { SourceCounters } from '../source.ts';
import { timeoutOf } from '../timeout.ts';
import type { XrootdIdentity } from './auth.ts';
import type { Answer, ConnectionOptions, XrootdConnection } from './connection.ts';
import { LoginRefused, refusedError, XROOTD_ERROR, XrootdRefusal } from './failure.ts';
import { borrowConnection, type Loan } from './pool.ts';
import type { Redirection, RequestFrame } from './wire.ts';

export interface XrootdOptions {
  readonly timeoutMs: number;
  /** Asked again for each new connection, so that a token which was renewed is taken up. */
  identity(overTls: boolean): Promise<XrootdIdentity>;
  /** Whether there is another token than this one, which was refused. */
  renewedAfter?(token: string): Promise<boolean>;
  /** PEM certificates that are trusted besides Node's own. */
  readonly authorities?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whoever reads asks for changes in the end: reads need not. */
  readonly verifies?: boolean | undefined;
}

/** A location taken apart. */
export interface XrootdAddress {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly path: string;
  /** What follows `?`: for the server only, it may hold a signature. */
  readonly opaque: string;
  /** The address as errors show it. */
  readonly name: string;
}

const DEFAULT_PORT = 1094;
const MAX_REDIRECTIONS = 16;

/** @throws ConfigError where it is no `root://host[:port]//path` */
export function parseXrootdAddress(location: string): XrootdAddress {
  const match = /^(x?roots?):\/\/(?:([^@/?]*)@)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?\/([^?#]*)(?:\?(.*))?$/i.exec(location);
  const [, scheme = '', login, host = '', port, path = '', opaque = ''] = match ?? [];
  if (match === null || path === '' || Number(port ?? DEFAULT_PORT) > 65_535) {
    throw new ConfigError('is not an XRootD address', {
      file: location.replace(/\?.*|\/\/[^/]*@/g, '...'),
      hint: 'They look like root://host:1094//folder/file.root.',
    });
  }
  const where = port === undefined ? host : `${host}:${port}`;
  return {
    tls: /s$/i.test(scheme),
    host,
    port: Number(port ?? DEFAULT_PORT),
    user: login?.replace(/:.*$/, ''),
    // root://host//a/b is the path /a/b; with one slash it means the same here.
    path: path.startsWith('/') ? path : `/${path}`,
    opaque,
    name: `${scheme.toLowerCase()}://${where}/${path}${opaque === '' ? '' : '?...'}`,
  };
}

/** A place that answered, and its answer. Whoever gets it gives the loan back. */
export interface Reached {
  readonly loan: Loan;
  readonly body: Uint8Array;
}

/**
 * Asks the server of an address, and whoever it sends us on to, until somebody answers.
 * @throws StorageError
 */
export async function askServers(
  address: XrootdAddress,
  options: XrootdOptions,
  counters: SourceCounters,
  request: (pathAndOpaque: string) => RequestFrame,
  signal: AbortSignal | undefined = options.signal,
): Promise<Reached> {
  let place = { host: address.host, port: address.port, opaque: address.opaque };
  for (let hop = 0; hop <= MAX_REDIRECTIONS; hop++) {
    const loan = await connectTo(address, place, options, counters, signal);
    try {
      counters.requests++;
      const answer = await askOnce(address.name, loan.connection, request(withOpaque(address.path, place.opaque)), signal);
      if (answer.kind === 'ok') return { loan, body: answer.body };
      place = follow(place, answer.to, address.opaque);
    } catch (error) {
      loan.release();
      throw error;
    }
    loan.release();
  }
  throw new StorageError(`the servers redirect more than ${MAX_REDIRECTIONS} times`, { file: address.name, retryable: false });
}

/** One request on one connection, its refusal as an error that names the file. @throws StorageError */
export async function askOnce(
  name: string,
  connection: XrootdConnection,
  request: RequestFrame,
  signal?: AbortSignal,
  maxBytes?: number,
): Promise<Answer> {
  try {
    return await connection.ask(request, signal, maxBytes);
  } catch (error) {
    throw xrootdError(name, error);
  }
}

async function connectTo(
  address: XrootdAddress,
  place: { readonly host: string; readonly port: number },
  options: XrootdOptions,
  counters: SourceCounters,
  signal: AbortSignal | undefined,
): Promise<Loan> {
  signal?.throwIfAborted();
  const known = await options.identity(address.tls);
  const identity = address.user === undefined ? known : { ...known, user: address.user };
  const { timeoutMs, authorities } = options;
  const timeout = timeoutOf(`root://${place.host}:${place.port}`, timeoutMs);
  const wanted: ConnectionOptions = { host: place.host, port: place.port, tls: address.tls, identity, authorities, timeout };
  const borrowing = borrowConnection(wanted);
  try {
    const loan = await untilAborted(borrowing, signal);
    // Greeting with protocol, and login.
    if (loan.fresh) counters.requests += 2;
    return loan;
  } catch (error) {
    // Whoever stops waiting does not keep what comes.
    if (signal?.aborted) borrowing.then(({ release }) => release()).catch(() => undefined);
    const refused = error instanceof LoginRefused && identity.token !== undefined;
    if (refused && (await options.renewedAfter?.(identity.token))) return connectTo(address, place, options, counters, signal);
    throw xrootdError(address.name, error);
  }
}

function follow(from: { host: string; port: number }, to: Redirection, opaque: string): { host: string; port: number; opaque: string } {
  return { host: to.host, port: to.port > 0 ? to.port : from.port, opaque: [opaque, to.opaque].filter((part) => part !== '').join('&') };
}

function withOpaque(path: string, opaque: string): string {
  return opaque === '' ? path : `${path}?${opaque}`;
}

/** What went wrong, in words of this file. */
export function xrootdError(name: string, error: unknown): unknown {
  if (error instanceof XrootdRefusal) return refusedError(name, error.number, error.message);
  if (!(error instanceof PipelineError)) return error;
  return error.file === name
    ? error
    : new StorageError(`${error.file === undefined ? '' : `${error.file}: `}${error.reason}`, {
        file: name,
        retryable: error.retryable,
        hint: error.hint,
        cause: error,
      });
}

/** True where a server knows the request not, as those without vector reads. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof XrootdRefusal && [3000, 3002, 3006, XROOTD_ERROR.unsupported].includes(error.number);
}
