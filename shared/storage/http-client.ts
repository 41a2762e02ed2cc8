import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** One request as it goes out, without redirects. */
export interface PlainRequest {
  readonly url: URL;
  readonly method: string;
  /** Names are sent as they are written: XrdHttp up to 5.5 knows `Range` and `Depth`, but not `range`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly authorities?: readonly string[] | undefined;
}

/** An answer whose body is still to come. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up what is left of the body. */
  discard(): void;
}

const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };
/** A rest no longer than this is read to its end, so that the connection can be used again. */
const SHORT_BODY = 64 * 1024;

/**
 * Sends one request. A kept connection that the server has closed in the meantime is not an error: another one is made.
 * @throws the system's error; what the signal is aborted with may come as an AbortError
 */
export async function sendRequest(request: PlainRequest): Promise<HttpResponse> {
  try {
    return await sendOnce(request);
  } catch (error) {
    if (!(error instanceof StaleConnection) || request.signal.aborted) throw error instanceof StaleConnection ? error.cause : error;
    return sendRequest(request);
  }
}

/** Says that the server had closed a kept connection. */
class StaleConnection extends Error {}

function sendOnce({ url, method, headers, signal, authorities }: PlainRequest): Promise<HttpResponse> {
  const isPlain = url.protocol === 'http:';
  const trust = isPlain || authorities === undefined ? {} : { ca: [...authorities] };
  const options = { method, headers: withCase(headers), signal, agent: isPlain ? agents['http:'] : agents['https:'], ...trust };
  return new Promise((resolve, reject) => {
    const outgoing = (isPlain ? requestHttp : requestHttps)(url, options);
    outgoing.on('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      const isStale = outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
      reject(isStale ? new StaleConnection('stale', { cause: error }) : error);
    });
    outgoing.on('response', (incoming) => resolve(asResponse(incoming, method)));
    outgoing.end();
  });
}

function withCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(headers).map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()), value]);
  return Object.fromEntries(named);
}

function asResponse(incoming: IncomingMessage, method: string): HttpResponse {
  const status = incoming.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) for (const value of values ?? []) headers.append(name, value);
  const discard = () => {
    const length = method === 'HEAD' ? 0 : Number(headers.get('content-length') ?? Number.POSITIVE_INFINITY);
    // A cut connection is of no interest any more.
    incoming.on('error', () => {});
    if (length <= SHORT_BODY) incoming.resume();
    else incoming.destroy();
  };
  return { status, statusText: incoming.statusMessage ?? '', ok: status >= 200 && status < 300, headers, body: incoming, discard };
}
