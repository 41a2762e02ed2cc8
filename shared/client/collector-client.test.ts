import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CollectorClient, type CollectorClientOptions } from './collector-client.ts';

describe('the client of the collector', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

  const against = async (listener: RequestListener, options: Partial<CollectorClientOptions> = {}) => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return new CollectorClient({ url, retry: { attempts: 3, baseMs: 1, maxMs: 2 }, timeoutMs: 500, ...options });
  };

  it('tries again while the collector is away, and tells its errors as they are', async () => {
    let asked = 0;
    const client = await against((_, response) => {
      asked += 1;
      if (asked === 1) return response.socket?.destroy();
      response.statusCode = asked === 2 ? 503 : 200;
      response.end(asked === 2 ? '{"error":{"code":"StorageError","message":"starting","retryable":true}}' : '[]');
    });
    expect(await client.runs()).toEqual([]);
    expect(asked).toBe(3);
  });

  it('gives up what will not get better, and what takes too long', async () => {
    let asked = 0;
    const client = await against((request, response) => {
      asked += 1;
      if (request.url === '/runs') return;
      response.statusCode = 400;
      response.end('{"error":{"code":"MessageError","message":"exists with another tree","retryable":false}}');
    });
    await expect(client.freeze('r')).rejects.toMatchObject({ code: 'MessageError', message: 'exists with another tree' });
    expect(asked).toBe(1);
    await expect(client.runs()).rejects.toMatchObject({ code: 'StorageError' });
    expect(asked).toBe(4);
  });

  it('takes a run for removed that is gone when it asks again, but not one that never was', async () => {
    const asked: (string | undefined)[] = [];
    const client = await against(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      if (asked.length === 1) return response.socket?.destroy();
      response.writeHead(404).end('{"error":{"code":"MessageError","message":"there is no run r","retryable":false}}');
    });
    await client.remove('r');
    expect(asked).toEqual(['DELETE /runs/r', 'DELETE /runs/r']);
    await expect(client.remove('r')).rejects.toThrow(/there is no run r/);
  });

  it.each([
    ['a request that is not answered', () => {}],
    ['the wait for another try', (response: ServerResponse) => response.writeHead(503).end()],
  ])('ends %s when the signal aborts', async (_, answer) => {
    let asked = 0;
    const stop = new AbortController();
    const client = await against(
      (_, response) => {
        asked += 1;
        setTimeout(() => stop.abort(new Error('stopped by SIGINT')), 50);
        answer(response);
      },
      { retry: { attempts: 9, baseMs: 60_000, maxMs: 60_000 }, timeoutMs: 60_000, signal: stop.signal },
    );
    await expect(client.runs()).rejects.toThrow('stopped by SIGINT');
    await expect(client.freeze('r')).rejects.toThrow('stopped by SIGINT');
    expect(asked).toBe(1);
  });

  it('says it where something else answers', async () => {
    const client = await against((_, response) => response.writeHead(404).end('<html>'));
    await expect(client.runs()).rejects.toThrow(/the collector answered 404/);
  });
});
