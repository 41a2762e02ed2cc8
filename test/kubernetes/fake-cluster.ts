/** An API server that knows the objects it is given: real HTTP, no cluster. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

export interface FakeCluster extends AsyncDisposable {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Answers by path without query; a function may look at the request. What is missing is 404. */
  readonly objects: Map<string, unknown>;
}

/** Starts it on a free port of this machine. An answer `{ status: <number>, body }` sets the HTTP status. */
export async function startFakeCluster(objects: Readonly<Record<string, unknown>> = {}): Promise<FakeCluster> {
  const seen: SeenRequest[] = [];
  const known = new Map(Object.entries(objects));
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const { method = '', url = '', headers } = request;
    const path = url.split('?', 1)[0] ?? '';
    const asked = { method, path: url, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    seen.push(asked);
    const found = known.get(`${method} ${path}`) ?? (method === 'GET' || method === 'PATCH' ? known.get(path) : undefined);
    const answer = typeof found === 'function' ? ((found as (asked: SeenRequest) => unknown)(asked) as unknown) : found;
    const { status = 200, body = answer } =
      answer !== null && typeof answer === 'object' && 'httpStatus' in answer
        ? { status: answer.httpStatus as number, body: 'body' in answer ? answer.body : {} }
        : {};
    const created = method === 'PATCH' && answer === undefined;
    response.statusCode = created ? 201 : answer === undefined ? 404 : status;
    response.end(JSON.stringify(created ? asked.body : answer === undefined ? { message: 'not found' } : body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    objects: known,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
