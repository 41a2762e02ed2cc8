import { StorageError } from '../errors.ts';

/** What every request of one source has in common. */
export interface RequestContext {
  /** The file's name as errors show it: without credentials. */
  readonly name: string;
  /** A request that makes no progress for this long is given up. */
  readonly timeoutMs: number;
  /** Aborted when the source closes. */
  readonly closing: AbortSignal;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A server that drips may take this many timeouts in all before it is given up. */
const MAX_TIMEOUTS = 20;

/**
 * One request, given up when it stalls, when `signal` aborts or when the source closes. `use` takes what it needs of the
 * response and calls `progress` as bytes come in; what it leaves of the body is cancelled.
 * @throws StorageError for network faults; the signal's reason when aborted; whatever `use` throws.
 */
export async function request<T>(
  context: RequestContext,
  { url, method, headers, signal }: HttpRequest,
  use: (response: Response, progress: () => void) => Promise<T> | T,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.aborted ? signal.reason : context.closing.reason);
  const slow = () => controller.abort(new StorageError(`no answer within ${context.timeoutMs} ms`, { file: context.name }));
  const idle = setTimeout(slow, context.timeoutMs);
  const whole = setTimeout(slow, context.timeoutMs * MAX_TIMEOUTS);
  for (const source of [signal, context.closing]) source?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted || context.closing.aborted) stop();
  try {
    const response = await fetch(url, { method, headers, redirect: 'follow', signal: controller.signal });
    idle.refresh();
    try {
      return await use(response, () => idle.refresh());
    } finally {
      // A body that was read already, or broken off by the abort, has nothing left to cancel.
      if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
    }
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    throw error instanceof StorageError ? error : networkError(context.name, error);
  } finally {
    clearTimeout(idle);
    clearTimeout(whole);
    for (const source of [signal, context.closing]) source?.removeEventListener('abort', stop);
  }
}

/**
 * Reads a body of exactly `length` bytes, never holding more than that.
 * @throws StorageError, retryable, where the body is shorter or longer.
 */
export async function readBody(name: string, response: Response, length: number, progress: (bytes: number) => void): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  for await (const chunk of response.body ?? []) {
    if (done + chunk.length > length) throw new StorageError(`the server sent more than the ${length} bytes asked for`, { file: name });
    bytes.set(chunk, done);
    done += chunk.length;
    progress(chunk.length);
  }
  if (done < length) throw new StorageError(`the server sent ${done} of ${length} bytes`, { file: name });
  return bytes;
}

const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: 'It asks for a login.',
  403: 'It may ask for a login, or a signed URL may have expired.',
  404: 'Check the address.',
};

/** The error for a status that is not the one hoped for: worth another try if it is the server's fault or its load. */
export function statusError(name: string, { status, statusText }: Response): StorageError {
  const text = statusText === '' ? '' : ` ${statusText}`;
  return new StorageError(`the server answered ${status}${text}`, {
    file: name,
    retryable: status === 408 || status === 429 || (status >= 500 && status !== 501),
    hint: STATUS_HINTS[status],
  });
}

/** Faults that are the same a second later: a wrong host name, a wrong certificate, too many redirects. */
const FINAL_FAULTS = /^ENOTFOUND$|CERT|SELF_SIGNED|UNABLE_TO_|redirect|unknown scheme/;

function networkError(name: string, error: unknown): StorageError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  const final = FINAL_FAULTS.test(code) || (code === '' && FINAL_FAULTS.test(message));
  return new StorageError(`cannot be fetched: ${code === '' || message.includes(code) ? message : `${code}: ${message}`}`, {
    file: name,
    retryable: !final,
    hint: code === 'ENOTFOUND' ? 'Check the host name and the network connection.' : undefined,
    cause: error,
  });
}
