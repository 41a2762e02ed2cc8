/** The Kubernetes API as requests for JSON: how to get in is the opener's business, paths and fields are the callers'. */
import { request as requestPlain } from 'node:http';
import { type RequestOptions, request as requestSecure } from 'node:https';
import { ConfigError, StorageError } from '../errors.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiRequest {
  readonly method?: Method | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A cluster that answers. */
export interface ClusterApi {
  /**
   * The answer's JSON; undefined where there is no such object (404).
   * @throws ConfigError if the cluster refuses (401, 403, 422); StorageError, retryable, if it cannot be asked or fails
   */
  request(path: string, request?: ApiRequest): Promise<unknown>;
}

/** What goes with each request: certificates, an agent, headers that say who asks. */
export type Credentials = Pick<RequestOptions, 'agent' | 'auth' | 'ca' | 'cert' | 'headers' | 'key' | 'rejectUnauthorized'>;

const TIMEOUT_MS = 20_000;
/** No answer to any question of ours is longer. */
const MAX_ANSWER = 64 * 2 ** 20;

/** A cluster at `server`; the credentials are asked for anew each time, because tokens run out. */
export function openApi(server: string, credentials: () => Promise<Credentials>): ClusterApi {
  return {
    async request(path, { method = 'GET', body, contentType = 'application/json', signal } = {}) {
      const { status, text } = await send(new URL(path, server), await credentials(), { method, body, contentType, signal });
      if (status === 404) return undefined;
      if (status >= 200 && status < 300) return JSON.parse(text) as unknown;
      throw refusal(status, text, `${method} ${path}`);
    },
  };
}

function send(url: URL, credentials: Credentials, asked: ApiRequest): Promise<{ status: number; text: string }> {
  const { headers, ...tls } = credentials;
  const payload = asked.body === undefined ? undefined : JSON.stringify(asked.body);
  // Node sends no length with DELETE by itself.
  const bodyHeaders =
    payload === undefined ? {} : { 'content-type': asked.contentType ?? '', 'content-length': Buffer.byteLength(payload) };
  const request = url.protocol === 'http:' ? requestPlain : requestSecure;
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(asked.signal?.aborted ? asked.signal.reason : unreachable(url, cause));
    const outgoing = request(
      url,
      {
        ...tls,
        method: asked.method,
        headers: { accept: 'application/json', ...headers, ...bodyHeaders },
        timeout: TIMEOUT_MS,
        ...(asked.signal && { signal: asked.signal }),
      },
      (answer) => {
        const parts: Buffer[] = [];
        let length = 0;
        answer.on('data', (part: Buffer) => {
          length += part.length;
          if (length > MAX_ANSWER) answer.destroy(new Error('the answer is too long'));
          else parts.push(part);
        });
        answer.on('error', fail);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    outgoing.on('error', fail);
    outgoing.end(payload);
  });
}

function unreachable(url: URL, cause: Error): StorageError {
  const hint = 'Is the cluster running? `kubectl cluster-info` asks the same.';
  return new StorageError(`the cluster at ${url.host} cannot be reached: ${cause.message}`, { hint, cause });
}

function refusal(status: number, text: string, what: string): ConfigError | StorageError {
  const reason = `the cluster answers ${status} to ${what}: ${messageOf(text)}`;
  if (status === 401 || status === 403) return new ConfigError(reason, { hint: 'Ask for the right with `kubectl auth can-i`.' });
  return status < 500 && status !== 409 && status !== 429 ? new ConfigError(reason) : new StorageError(reason);
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text.slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}
