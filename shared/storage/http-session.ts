import { ConfigError, StorageError } from '../errors.ts';
import type { HttpResponse } from './http-client.ts';
import { type HttpRequest, request } from './http-request.ts';
import { displayName } from './http-version.ts';
import { closedError } from './read-errors.ts';
import type { SourceCounters } from './source.ts';
import type { RequestContext } from './stall.ts';
import { timeoutOf } from './timeout.ts';
import { TokenRefused, type TokenSource } from './token.ts';

/** What all requests for one file have in common. */
export interface SessionOptions {
  /** A request that makes no progress for this long is given up. */
  readonly timeoutMs: number;
  /** Sent with each request to the host named in the URL, and to no other. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bearer tokens for that host; another one is tried once where it answers 401. */
  readonly tokens?: TokenSource | undefined;
  /** Certificates that are trusted, where not just the public ones. */
  readonly authorities?: readonly string[] | undefined;
}

type Use<T> = (response: HttpResponse, progress: (bytes: number) => void) => Promise<T> | T;

/** Requests for one file, which share where redirects led, credentials, tokens and counters, and end when it closes. */
export class HttpSession {
  /** The address as errors show it. */
  readonly name: string;
  readonly counters: SourceCounters = { requests: 0, bytes: 0, retries: 0 };
  readonly #asked: URL;
  readonly #credentials: Readonly<Record<string, string>>;
  readonly #tokens: TokenSource | undefined;
  readonly #context: RequestContext;
  readonly #closing = new AbortController();
  /** Where the last redirect led. */
  #found: URL;

  /** @throws ConfigError where `location` is no URL */
  constructor(location: string, options: SessionOptions) {
    const url = URL.parse(location);
    if (url === null) throw new ConfigError('is not a URL', { file: location.replace(/\?.*|\/\/[^/]*@/g, '...') });
    this.name = displayName(url);
    this.#credentials = { ...options.headers, ...basicAuthorization(url) };
    url.username = '';
    url.password = '';
    url.hash = '';
    this.#asked = url;
    this.#found = url;
    this.#tokens = options.tokens;
    this.#context = {
      name: this.name,
      timeout: timeoutOf(url.origin, options.timeoutMs),
      closing: this.#closing.signal,
      authorities: options.authorities,
    };
  }

  /** Of the address that was asked for, wherever that led. */
  get origin(): string {
    return this.#asked.origin;
  }

  /** Ends the requests that are under way. */
  close(): void {
    this.#closing.abort(closedError(this.name, 'closed during a read'));
  }

  /**
   * One request to where the last redirect led; where that place no longer serves (a signed URL ran out), the next one asks the
   * start again. `use` gets the answer, whatever its status, and says how many bytes came in.
   * @throws StorageError for network faults, a refused token and compressed answers; whatever `use` throws
   */
  async send<T>(how: Pick<HttpRequest, 'method' | 'signal'>, headers: Record<string, string>, use: Use<T>): Promise<T> {
    const token = await this.#tokens?.current();
    try {
      return await this.#sendWith(token, how, headers, use);
    } catch (error) {
      if (!(error instanceof TokenRefused) || !(await this.#tokens?.renewedAfter(token))) throw error;
      return await this.#sendWith(await this.#tokens?.current(), how, headers, use);
    }
  }

  #sendWith<T>(
    token: string | undefined,
    how: Pick<HttpRequest, 'method' | 'signal'>,
    headers: Record<string, string>,
    use: Use<T>,
  ): Promise<T> {
    const from = this.#found;
    const encoding = { 'accept-encoding': 'identity' };
    const bearer: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const credentials = { origin: this.#asked.origin, headers: { ...bearer, ...this.#credentials } };
    this.counters.requests++;
    return request(this.#context, { ...how, url: from, headers: { ...encoding, ...headers }, credentials }, (response, url, progress) => {
      if (from !== this.#asked && [401, 403, 404, 410].includes(response.status)) {
        this.#found = this.#asked;
        throw new StorageError(`the server it was redirected to answered ${response.status}`, { file: this.name });
      }
      if ((response.status === 401 || response.status === 403) && token !== undefined) throw new TokenRefused(this.name, response.status);
      if (response.ok) this.#found = url;
      refuseEncoding(this.name, response.headers);
      return use(response, (bytes) => {
        this.counters.bytes += bytes;
        progress();
      });
    });
  }
}

function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Offsets in compressed bytes are not offsets in the file. */
function refuseEncoding(name: string, headers: Headers): void {
  const encoding = headers.get('content-encoding');
  if (encoding === null || encoding === '' || encoding === 'identity') return;
  throw new StorageError(`the server sends it compressed (Content-Encoding: ${encoding}) although it was asked not to`, {
    file: name,
    retryable: false,
  });
}
