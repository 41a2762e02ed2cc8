import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server on this machine with one file, which behaves well until it is told otherwise. For tests. */
export interface TestServer {
  readonly url: string;
  /** Replaced at will: the next request sees the new bytes and, where `etag` is said, the new version. */
  setFile(bytes: Uint8Array, etag?: string): void;
  /** Sees each request first. Answering `true` means that it was dealt with. */
  intercept: (request: IncomingMessage, response: ServerResponse, count: number) => boolean;
  /** All requests so far. */
  readonly log: { method: string; path: string; range: string | undefined; headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

/** Serves `bytes` on 127.0.0.1 with ranges, HEAD, a strong ETag and If-Match, as RFC 9110 says. */
export async function startTestServer(bytes: Uint8Array): Promise<TestServer> {
  const file = { bytes, etag: '"v1"' };
  const log: TestServer['log'] = [];
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request;
    log.push({ method, path, range: headers.range, headers });
    if (!started.intercept(request, response, log.length)) serveFile(file, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const started: TestServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.root`,
    setFile: (next, etag) => {
      file.bytes = next;
      file.etag = etag ?? file.etag;
    },
    intercept: () => false,
    log,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return started;
}

function serveFile(file: { bytes: Uint8Array; etag: string }, request: IncomingMessage, response: ServerResponse): void {
  const { bytes, etag } = file;
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', 'bytes');
  if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag) {
    response.writeHead(412).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (range === null || request.method === 'HEAD') {
    response.writeHead(200, { 'content-length': bytes.length }).end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const first = Number(range[1]);
  const last = Math.min(Number(range[2]), bytes.length - 1);
  if (first > last) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  else sendPart(response, bytes, first, last);
}

/** Answers 206 with these bytes. */
export function sendPart(response: ServerResponse, bytes: Uint8Array, first: number, last: number): void {
  response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${bytes.length}`, 'content-length': last - first + 1 });
  response.end(bytes.subarray(first, last + 1));
}

/** A body of `multipart/byteranges` with these parts, each from its first to its last byte. */
export function multipartBody(bytes: Uint8Array, parts: readonly (readonly [number, number])[], boundary: string): Buffer {
  return Buffer.concat([
    ...parts.flatMap(([first, last]) => [
      Buffer.from(`\r\n--${boundary}\r\nContent-Type: x/y\r\nContent-Range: bytes ${first}-${last}/${bytes.length}\r\n\r\n`),
      bytes.subarray(first, last + 1),
    ]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}
