/** A small HTTP server: routes as data, JSON in and out, bounded bodies. For services that have no page. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConfigError, isPipelineError, MessageError } from '../errors.ts';

/** What a route is given. */
export interface HttpRequest {
  /** The parts of the path that the pattern names. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Aborts when the client goes, or the server closes. */
  readonly signal: AbortSignal;
  /** The body as JSON. @throws MessageError if it is none or longer than the route permits */
  json(): Promise<unknown>;
}

/** An answer: JSON, or text pieces as they come. */
export type HttpAnswer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status?: number; readonly type: string; readonly text: string | AsyncIterable<string> };

export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Like `/runs/:run/events`. */
  readonly path: string;
  /** Of the body; 1 MB unless said. */
  readonly maxBytes?: number;
  handle(request: HttpRequest): Promise<HttpAnswer> | HttpAnswer;
}

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly HttpRoute[];
  /** Called after each answer; `error` is what a route threw that was not the request's fault. */
  readonly onAnswer?: (answer: {
    readonly method: string;
    readonly path: string;
    readonly status: number;
    readonly error?: unknown;
  }) => void;
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

const ONE_MB = 1_000_000;

/** Serves until disposed. @throws ConfigError if the address cannot be listened on */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const stop = new AbortController();
  const server = createServer({ requestTimeout: 120_000 }, (request, response) => void answer(request, response, options, stop.signal));
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = ['0.0.0.0', '::'].includes(options.host) ? '127.0.0.1' : options.host;
  const close = async () => {
    const closed = once(server, 'close');
    stop.abort(new Error('the server closes'));
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://${host}:${port}`, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, { host, port }: HttpServerOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new ConfigError(`cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions, stop: AbortSignal): Promise<void> {
  const { method = '', url = '/' } = request;
  const path = url.split('?', 1)[0] ?? '/';
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the client is gone')));
  let error: unknown;
  try {
    const result = await dispatch(request, options.routes, AbortSignal.any([gone.signal, stop]));
    await send(response, result);
  } catch (thrown) {
    const { status, body } = errorAnswer(thrown);
    if (status >= 500 && !gone.signal.aborted && !stop.aborted) error = thrown;
    if (!response.headersSent) await send(response, { status, json: body }).catch(() => {});
    else response.destroy();
  }
  options.onAnswer?.({ method, path, status: response.statusCode, ...(error === undefined ? {} : { error }) });
}

async function dispatch(request: IncomingMessage, routes: readonly HttpRoute[], signal: AbortSignal): Promise<HttpAnswer> {
  const url = URL.parse(request.url ?? '/', 'http://localhost');
  if (url === null) return { status: 400, json: errorBody('MessageError', 'the address cannot be read') };
  const matches = routes.flatMap((route) => {
    const params = match(route.path, url.pathname);
    return params === undefined ? [] : [{ route, params }];
  });
  if (matches.length === 0) return { status: 404, json: errorBody('MessageError', `there is nothing at ${url.pathname}`) };
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const found = matches.find(({ route }) => route.method === method);
  if (found === undefined) return { status: 405, json: errorBody('MessageError', `${url.pathname} takes no ${request.method}`) };
  const { route, params } = found;
  return route.handle({ params, query: url.searchParams, signal, json: () => readJson(request, route.maxBytes ?? ONE_MB) });
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const text = given[i] ?? '';
    if (!part.startsWith(':')) {
      if (part !== text) return undefined;
    } else {
      try {
        params[part.slice(1)] = decodeURIComponent(text);
      } catch {
        return undefined;
      }
    }
  }
  return params;
}

async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const tooLong = () => new MessageError(`the body is over ${maxBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLong();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw tooLong();
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch (cause) {
    throw new MessageError('the body is no JSON', { cause });
  }
}

async function send(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  response.statusCode = answer.status ?? 200;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if ('json' in answer) return end(response, 'application/json', `${JSON.stringify(answer.json)}\n`);
  if (typeof answer.text === 'string') return end(response, answer.type, answer.text);
  response.setHeader('Content-Type', answer.type);
  response.flushHeaders();
  await pipeline(Readable.from(answer.text), response);
}

function end(response: ServerResponse, type: string, text: string): void {
  response.setHeader('Content-Type', type);
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly retryable: boolean };
}

function errorBody(code: string, message: string, retryable = false): ErrorBody {
  return { error: { code, message, retryable } };
}

/** What a route throws where the thing that the path names does not exist. */
export class NotFoundError extends MessageError {}

/** The request's own faults are told; those of this side only by their kind, unless they are ours to tell. */
function errorAnswer(error: unknown): { status: number; body: ErrorBody } {
  if (!isPipelineError(error)) return { status: 500, body: errorBody('StorageError', 'the server failed; its log says why') };
  const { code, message, retryable } = error;
  const status = error instanceof NotFoundError ? 404 : code === 'StorageError' ? 503 : 400;
  return { status, body: errorBody(code, message, retryable) };
}
