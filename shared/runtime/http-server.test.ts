import { afterEach, describe, expect, it, vi } from 'vitest';
import { AnalysisError, StorageError } from '../errors.ts';
import { healthRoutes } from './health.ts';
import { type HttpRoute, type HttpServer, type HttpServerOptions, NotFoundError, startHttpServer } from './http-server.ts';
import { createMetrics } from './metrics.ts';

const open: HttpServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

async function serve(routes: readonly HttpRoute[], onAnswer?: HttpServerOptions['onAnswer']): Promise<string> {
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, routes, ...(onAnswer ? { onAnswer } : {}) });
  open.push(server);
  return server.url;
}

const echo: HttpRoute = {
  method: 'POST',
  path: '/things/:name/echo',
  maxBytes: 20,
  handle: async ({ params, query, json }) => ({ status: 201, json: { name: params['name'], q: query.get('q'), body: await json() } }),
};
const post = (url: string, body: string) => fetch(url, { method: 'POST', body });

describe('the HTTP server', () => {
  it('finds the route, and gives it path, query and body', async () => {
    const response = await post(`${await serve([echo])}/things/a%2Fb/echo?q=1`, '{"x":1}');
    expect([response.status, await response.json()]).toEqual([201, { name: 'a/b', q: '1', body: { x: 1 } }]);
  });

  it('says what is wrong with a request', async () => {
    const url = await serve([echo]);
    const statusOf = async (answer: Promise<Response>) => {
      const { status, json } = await answer.then(async (each) => ({ status: each.status, json: (await each.json()) as object }));
      return [status, JSON.stringify(json)];
    };
    expect(await statusOf(fetch(`${url}/things/a/echo`))).toEqual([405, expect.stringContaining('takes no GET')]);
    expect(await statusOf(fetch(`${url}/nothing`))).toEqual([404, expect.stringContaining('there is nothing at /nothing')]);
    expect(await statusOf(post(`${url}/things/%E0%A4%A/echo`, '{}'))).toEqual([404, expect.anything()]);
    expect(await statusOf(post(`${url}/things/a/echo`, '{"x"'))).toEqual([400, expect.stringContaining('no JSON')]);
    expect(await statusOf(post(`${url}/things/a/echo`, JSON.stringify('x'.repeat(30))))).toEqual([
      400,
      expect.stringContaining('over 20 bytes'),
    ]);
  });

  it('tells errors by their kind, and hides what is not meant for others', async () => {
    const onAnswer = vi.fn();
    const fail = (path: string, error: Error): HttpRoute => ({ method: 'GET', path, handle: () => Promise.reject(error) });
    const errors = {
      '/a': new StorageError('away'),
      '/b': new AnalysisError('wrong'),
      '/c': new NotFoundError('none'),
      '/d': new Error('secret'),
    };
    const url = await serve(
      Object.entries(errors).map(([path, error]) => fail(path, error)),
      onAnswer,
    );
    const answers = await Promise.all(
      Object.keys(errors).map(async (path) => {
        const response = await fetch(`${url}${path}`);
        return [response.status, await response.text()];
      }),
    );
    expect(answers).toEqual([
      [503, expect.stringContaining('"retryable":true')],
      [400, expect.stringContaining('AnalysisError')],
      [404, expect.stringContaining('none')],
      [500, expect.not.stringContaining('secret')],
    ]);
    expect(onAnswer).toHaveBeenCalledWith({ method: 'GET', path: '/d', status: 500, error: errors['/d'] });
  });

  it('sends text as it comes, and stops it when the client goes', async () => {
    let stopped = false;
    async function* endless(signal: AbortSignal) {
      try {
        while (!signal.aborted) {
          yield 'x\n';
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        stopped = true;
      }
    }
    const url = await serve([{ method: 'GET', path: '/', handle: ({ signal }) => ({ type: 'text/plain', text: endless(signal) }) }]);
    const abort = new AbortController();
    const response = await fetch(url, { signal: abort.signal });
    const first = await response.body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString()).toMatch(/^x/);
    abort.abort();
    await vi.waitFor(() => expect(stopped).toBe(true));
  });

  it('answers probes and metrics', async () => {
    let reason: string | undefined = 'starting';
    const metrics = createMetrics('worker');
    metrics.task('success');
    metrics.read({ entries: 10, bytes: 20, stagesMs: { read: 500 } });
    metrics.gauge('higgsflow_threads', () => 3);
    metrics.completeness(async () => [{ run: 'r', dataset: 'd', value: 0.5 }]);
    const url = await serve(healthRoutes({ notReady: () => reason, metrics }));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const notReady = await fetch(`${url}/readyz`);
    expect([notReady.status, await notReady.json()]).toEqual([503, { status: 'not ready', reason: 'starting' }]);
    reason = undefined;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('higgsflow_tasks_total{outcome="success",service="worker"} 1');
    expect(text).toContain('higgsflow_stage_seconds_total{stage="read",service="worker"} 0.5');
    expect(text).toContain('higgsflow_threads{service="worker"} 3');
    expect(text).toContain('higgsflow_completeness{run="r",dataset="d",service="worker"} 0.5');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('names the address that is taken', async () => {
    const { port } = new URL(await serve([]));
    await expect(startHttpServer({ host: '127.0.0.1', port: Number(port), routes: [] })).rejects.toMatchObject({ code: 'ConfigError' });
  });
});
