import { StorageError } from '../errors.ts';
import { isFinalFault } from './final-fault.ts';
import { type HttpResponse, sendRequest } from './http-client.ts';
import { type RequestContext, unlessStalled } from './stall.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'PROPFIND';
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Where `headers` do not do: what is sent to the origin that is named here, and to no other. */
  readonly credentials: { readonly origin: string; readonly headers: Readonly<Record<string, string>> };
}

const MAX_REDIRECTS = 10;

/**
 * One request, given up when it stalls, when `signal` aborts or when the source closes. `use` takes what it needs of the
 * response and calls `progress` as bytes come in; what it leaves of the body is cancelled.
 * @throws StorageError for network faults; the signal's reason when aborted; whatever `use` throws.
 */
export async function request<T>(
  context: RequestContext,
  asked: HttpRequest,
  use: (response: HttpResponse, url: URL, progress: () => void) => Promise<T> | T,
): Promise<T> {
  const work = async (signal: AbortSignal, progress: () => void) => {
    const { response, url } = await follow(context, asked, signal);
    progress();
    try {
      return await use(response, url, progress);
    } finally {
      response.discard();
    }
  };
  return unlessStalled(context, asked.signal, work, (error) => networkError(context.name, error));
}

/** Follows redirects; credentials go to the origin that they are for, and to no other. */
async function follow(
  { name, authorities }: RequestContext,
  asked: HttpRequest,
  signal: AbortSignal,
): Promise<{ response: HttpResponse; url: URL }> {
  let { url } = asked;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const headers = { ...asked.headers, ...(url.origin === asked.credentials.origin ? asked.credentials.headers : {}) };
    const response = await sendRequest({ url, method: asked.method, headers, signal, authorities });
    const location = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get('location') : null;
    if (location === null) return { response, url };
    response.discard();
    const next = URL.parse(location, url);
    if (next === null || !/^https?:$/.test(next.protocol)) {
      throw new StorageError('the server redirects to something that is no web address', { file: name, retryable: false });
    }
    next.username = '';
    next.password = '';
    url = next;
  }
  throw new StorageError(`the server redirects more than ${MAX_REDIRECTS} times`, { file: name, retryable: false });
}

const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: 'It asks for a login.',
  403: 'It may ask for a login, or a signed URL may have expired.',
  404: 'Check the address.',
};

/** The error for a status that is not the one hoped for: worth another try if it is the server's fault or its load. */
export function statusError(
  name: string,
  { status, statusText, headers }: Pick<HttpResponse, 'status' | 'statusText' | 'headers'>,
): StorageError {
  const text = statusText === '' ? '' : ` ${statusText}`;
  return new StorageError(`the server answered ${status}${text}`, {
    file: name,
    retryable: status === 408 || status === 429 || (status >= 500 && status !== 501),
    retryAfterMs: retryAfterMs(headers.get('retry-after'), Date.now()),
    hint: STATUS_HINTS[status],
  });
}

/** What `Retry-After` says, seconds or a date, as time from now; undefined where it says nothing sound. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const untilMs = Date.parse(header);
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs - nowMs);
}

function networkError(name: string, error: unknown): StorageError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(`cannot be fetched: ${code === '' || message.includes(code) ? message : `${code}: ${message}`}`, {
    file: name,
    retryable: !isFinalFault(code),
    hint: code === 'ENOTFOUND' ? 'Check the host name and the network connection.' : undefined,
    cause: error,
  });
}
