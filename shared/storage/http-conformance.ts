/** What every backend that speaks HTTP must survive: servers that misbehave. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXAMPLE_BYTES } from './conformance.ts';
import type { OpenOptions } from './open.ts';
import type { CountedSource } from './source.ts';
import { multipartBody, sendPart, startTestServer, type TestServer } from './test-server.ts';

const QUICK = { timeoutMs: 300, headBytes: 0, retry: { attempts: 3, baseMs: 1, maxMs: 2 } };

/** Runs the suite with sources that `open` makes of a test server's URL. */
export function describeHttpFaults(name: string, open: (url: string, options: OpenOptions) => Promise<CountedSource>): void {
  describe(`misbehaving servers: ${name}`, () => {
    let server: TestServer;
    const opened: CountedSource[] = [];
    beforeEach(async () => {
      server = await startTestServer(EXAMPLE_BYTES);
    });
    afterEach(async () => {
      for (const source of opened.splice(0)) await source.close();
      await server.close();
    });

    const openServer = async (options: OpenOptions = {}) => {
      const source = await open(server.url, { ...QUICK, ...options });
      opened.push(source);
      return source;
    };
    /** Lets `answer` deal with the first `times` GET requests. */
    const faultyGets = (times: number, answer: (response: ServerResponse, request: IncomingMessage) => void) => {
      let left = times;
      server.intercept = (request, response) => {
        if (request.method !== 'GET' || left-- <= 0) return false;
        answer(response, request);
        return true;
      };
    };
    const part = (offset: number, length: number) => EXAMPLE_BYTES.slice(offset, offset + length);
    const final = { code: 'StorageError', retryable: false };

    it.each([403, 405, 501])('asks for the first byte where HEAD is refused with %i', async (status) => {
      server.intercept = (request, response) => {
        if (request.method === 'HEAD') response.writeHead(status).end();
        return request.method === 'HEAD';
      };
      const source = await openServer();
      expect(source.size).toBe(EXAMPLE_BYTES.length);
      expect(server.log.map(({ method, range }) => [method, range])).toEqual([['HEAD', undefined], ['GET', 'bytes=0-0']]); // biome-ignore format: one line
      expect(await source.read(7, 9)).toEqual(part(7, 9));
    });

    it('asks for the first byte where HEAD does not say the length', async () => {
      server.intercept = (request, response) => {
        if (request.method === 'HEAD') response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
        return request.method === 'HEAD';
      };
      expect((await openServer()).size).toBe(EXAMPLE_BYTES.length);
    });

    it('opens an empty file where HEAD is refused', async () => {
      server.setFile(new Uint8Array(0));
      server.intercept = (request, response) => {
        if (request.method === 'HEAD') response.writeHead(405).end();
        return request.method === 'HEAD';
      };
      expect((await openServer()).size).toBe(0);
    });

    it.each([401, 403, 404])('fails once and for all where the server answers %i', async (status) => {
      server.intercept = (_request, response) => {
        response.writeHead(status).end('secret page');
        return true;
      };
      await expect(openServer()).rejects.toMatchObject({ ...final, reason: expect.stringContaining(String(status)) });
      expect(server.log.length).toBeLessThanOrEqual(2);
    });

    it.each([429, 500, 502, 503, 504])('tries again after two answers of %i', async (status) => {
      const source = await openServer();
      faultyGets(2, (response) => response.writeHead(status).end());
      expect(await source.read(10, 20)).toEqual(part(10, 20));
      expect(source.counters).toEqual({ requests: 4, bytes: 20, retries: 2 });
    });

    it('tries again to open', async () => {
      server.intercept = (_request, response, count) => {
        if (count <= 2) response.writeHead(503).end();
        return count <= 2;
      };
      expect((await openServer()).counters.retries).toBe(2);
    });

    it('gives up after the last attempt, with the reason', async () => {
      const source = await openServer();
      faultyGets(99, (response) => response.writeHead(503).end());
      await expect(source.read(0, 10)).rejects.toMatchObject({
        code: 'StorageError',
        retryable: true,
        reason: expect.stringContaining('503'),
      });
      expect(server.log).toHaveLength(1 + QUICK.retry.attempts);
    });

    it('stays away as long as the server asks', async () => {
      const source = await openServer();
      faultyGets(1, (response) => response.writeHead(503, { 'retry-after': '1' }).end());
      const began = performance.now();
      expect(await source.read(10, 20)).toEqual(part(10, 20));
      expect(performance.now() - began).toBeGreaterThan(990);
    });

    it('gives up a server that accepts and then says nothing', async () => {
      const source = await openServer();
      faultyGets(99, () => undefined);
      await expect(source.read(0, 10)).rejects.toMatchObject({
        code: 'StorageError',
        retryable: true,
        reason: expect.stringContaining('300 ms'),
      });
    });

    it('gives up a body that stops in the middle', async () => {
      const source = await openServer();
      faultyGets(1, (response) => {
        response.writeHead(206, { 'content-range': `bytes 0-999/${EXAMPLE_BYTES.length}`, 'content-length': 1000 });
        response.write(part(0, 500));
      });
      expect(await source.read(0, 1000)).toEqual(part(0, 1000));
      expect(source.counters.retries).toBe(1);
    });

    it('lets a slow body finish that goes on within the timeout', async () => {
      const source = await openServer();
      faultyGets(1, (response) => {
        response.writeHead(206, { 'content-range': `bytes 0-4/${EXAMPLE_BYTES.length}`, 'content-length': 5 });
        for (let index = 0; index < 5; index++) setTimeout(() => response.write(part(index, 1)), index * 150);
      });
      expect(await source.read(0, 5)).toEqual(part(0, 5));
      expect(source.counters.retries).toBe(0);
    });

    it('tries again where the connection is cut in the middle of a body', async () => {
      const source = await openServer();
      faultyGets(1, (response) => {
        response.writeHead(206, { 'content-range': `bytes 0-999/${EXAMPLE_BYTES.length}`, 'content-length': 1000 });
        response.write(part(0, 500), () => response.destroy());
      });
      expect(await source.read(0, 1000)).toEqual(part(0, 1000));
      expect(source.counters.retries).toBe(1);
    });

    it.each([
      ['shorter', 10],
      ['longer', 30],
    ])('tries again where a body is %s than the range', async (_how, length) => {
      const source = await openServer();
      faultyGets(1, (response) => {
        response.writeHead(206, { 'content-range': `bytes 0-19/${EXAMPLE_BYTES.length}`, 'transfer-encoding': 'chunked' });
        response.end(part(0, length));
      });
      expect(await source.read(0, 20)).toEqual(part(0, 20));
      expect(source.counters.retries).toBe(1);
    });

    it('never takes the bytes of another range', async () => {
      const source = await openServer();
      faultyGets(99, (response) => sendPart(response, EXAMPLE_BYTES, 100, 119));
      await expect(source.read(0, 20)).rejects.toMatchObject({ code: 'StorageError', reason: expect.stringContaining('100-119') });
    });

    it.each([['none'], ['bytes 0-19/*'], ['bytes 19-0/100000'], ['lines 0-19/100000']])(
      'refuses a part with Content-Range: %s',
      async (header) => {
        const source = await openServer();
        faultyGets(1, (response) => response.writeHead(206, header === 'none' ? {} : { 'content-range': header }).end(part(0, 20)));
        await expect(source.read(0, 20)).rejects.toMatchObject(final);
      },
    );

    it('reads a whole file once, however many ranges are asked, where the server answers 200', async () => {
      const source = await openServer();
      server.intercept = (request) => {
        delete request.headers.range;
        return false;
      };
      const answers = await Promise.all([0, 1000, 50_000].map((offset) => source.read(offset, 100)));
      expect(answers).toEqual([part(0, 100), part(1000, 100), part(50_000, 100)]);
      expect(await source.read(99_000, 1000)).toEqual(part(99_000, 1000));
      const whole = server.log.filter(({ method, range }) => method === 'GET' && range === undefined);
      expect(whole.length).toBe(1);
    });

    it('keeps the whole file for others when one of the readers aborts', async () => {
      const source = await openServer();
      server.intercept = (request) => {
        delete request.headers.range;
        return false;
      };
      const controller = new AbortController();
      const aborted = source.read(0, 10, controller.signal);
      const other = source.read(10, 10);
      controller.abort(new Error('enough'));
      await expect(aborted).rejects.toThrow('enough');
      expect(await other).toEqual(part(10, 10));
    });

    it('refuses a large file of a server that answers 200, and says what to do', async () => {
      const source = await openServer({ maxWholeBytes: EXAMPLE_BYTES.length - 1 });
      server.intercept = (request) => {
        delete request.headers.range;
        return false;
      };
      await expect(source.read(0, 10)).rejects.toMatchObject({ ...final, hint: expect.stringContaining('local folder') });
    });

    it('refuses a body that is compressed', async () => {
      const source = await openServer();
      faultyGets(99, (response) => {
        response.writeHead(206, { 'content-range': `bytes 0-19/${EXAMPLE_BYTES.length}`, 'content-encoding': 'gzip' }).end(part(0, 20));
      });
      await expect(source.read(0, 20)).rejects.toMatchObject({ ...final, reason: expect.stringContaining('gzip') });
    });

    it.each([
      ['size', () => server.setFile(EXAMPLE_BYTES.slice(1))],
      ['ETag', () => server.setFile(EXAMPLE_BYTES, '"v2"')],
      [
        'ETag, but ignores If-Match',
        () => faultyGets(99, (response) => response.setHeader('etag', '"v2"') && sendPart(response, EXAMPLE_BYTES, 0, 9)),
      ],
      ['length below the range', () => server.setFile(new Uint8Array(0))],
    ])('refuses to go on when the server changes the %s', async (_what, change) => {
      const source = await openServer();
      await source.read(0, 10);
      change();
      await expect(source.read(0, 10)).rejects.toMatchObject({ ...final, reason: expect.stringContaining('changed') });
    });

    it.each([
      ['size', EXAMPLE_BYTES.slice(1), '"v1"'],
      ['ETag', EXAMPLE_BYTES, '"v2"'],
    ])('refuses several ranges of a file with another %s, where the server ignores If-Match', async (_what, bytes, etag) => {
      const source = await openServer();
      faultyGets(99, (response) => {
        response.writeHead(206, { 'content-type': 'multipart/byteranges; boundary=b', etag });
        response.end(multipartBody(bytes, [[0, 9], [50_000, 50_009]], 'b')); // biome-ignore format: one line
      });
      const ranges = [0, 50_000].map((offset) => ({ offset, length: 10 }));
      await expect(source.readMany(ranges)).rejects.toMatchObject({ ...final, kind: 'changed' });
      expect(server.log).toHaveLength(2);
    });

    it.each([
      ['size', EXAMPLE_BYTES.slice(1), '"v1"'],
      ['ETag', EXAMPLE_BYTES, '"v2"'],
    ])(
      'says that the %s is another one where the server answers 200 and ignores If-Match, however large the file',
      async (_what, bytes, etag) => {
        const source = await openServer({ maxWholeBytes: 10 });
        faultyGets(99, (response) => response.writeHead(200, { 'content-length': bytes.length, etag }).end(bytes));
        await expect(source.read(0, 10)).rejects.toMatchObject({ ...final, kind: 'changed' });
      },
    );

    it('refuses to go on when Last-Modified changes and there is no ETag', async () => {
      let day = 1;
      server.intercept = (request, response) => {
        response.setHeader('last-modified', `Sun, 0${day} Nov 2026 10:00:00 GMT`);
        if (request.method === 'HEAD') response.writeHead(200, { 'content-length': EXAMPLE_BYTES.length }).end();
        else sendPart(response, EXAMPLE_BYTES, 0, 9);
        return true;
      };
      const source = await openServer();
      expect(await source.read(0, 10)).toEqual(part(0, 10));
      day = 2;
      await expect(source.read(0, 10)).rejects.toMatchObject({ ...final, reason: expect.stringContaining('changed') });
    });

    it('follows a redirect once and then goes straight to where it led', async () => {
      server.intercept = (request, response) => {
        if (request.url !== '/file.root') return false;
        response.writeHead(302, { location: '/mirror/file.root?signature=secret' }).end();
        return true;
      };
      const source = await openServer();
      expect(await source.read(0, 10)).toEqual(part(0, 10));
      expect(server.log.map(({ path }) => path)).toEqual(['/file.root', '/mirror/file.root?signature=secret', '/mirror/file.root?signature=secret']); // biome-ignore format: one line
      expect(source.name).toBe(server.url);
    });

    it('asks the first address again when the one it was redirected to has expired', async () => {
      let valid = 'one';
      server.intercept = (request, response) => {
        if (request.url === '/file.root') response.writeHead(302, { location: `/signed?token=${valid}` }).end();
        else if (request.url !== `/signed?token=${valid}`) response.writeHead(403).end();
        else return false;
        return true;
      };
      const source = await openServer();
      valid = 'two';
      expect(await source.read(0, 10)).toEqual(part(0, 10));
    });

    it('fails where redirects go in a circle', async () => {
      server.intercept = (_request, response) => {
        response.writeHead(302, { location: '/file.root' }).end();
        return true;
      };
      await expect(openServer()).rejects.toMatchObject(final);
    });

    it('says so where nobody listens', async () => {
      await server.close();
      await expect(openServer()).rejects.toMatchObject({
        code: 'StorageError',
        retryable: true,
        reason: expect.stringContaining('ECONNREFUSED'),
      });
    });
  });
}
