import { describe, expect, it } from 'vitest';
import { describeByteSource } from './conformance.ts';
import { openHttpSource } from './http.ts';
import { describeHttpFaults } from './http-conformance.ts';
import { openSource } from './open.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const options = { timeoutMs: 5000, maxWholeBytes: 1e6, headers: {} };

async function serveHttp(bytes: Uint8Array) {
  const server = await startTestServer(bytes);
  return { location: server.url, replace: async (next: Uint8Array) => server.setFile(next, '"v2"'), close: () => server.close() };
}

describeByteSource('HTTP, bare', (location) => openHttpSource(location, options), serveHttp);
describeByteSource('HTTP, as opened', (location) => openSource(location), serveHttp);
describeHttpFaults('HTTP', openSource);

async function withServer(use: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await startTestServer(new Uint8Array(100));
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

describe('openHttpSource', () => {
  it('keeps credentials and signatures out of names and errors', () =>
    withServer(async (server) => {
      const secret = server.url.replace('http://', 'http://ada:pa55word@').concat('?X-Signature=abc123#part');
      const source = await openHttpSource(secret, options);
      expect(source.name).toBe(`${server.url}?...`);
      const error = await source.read(99, 2).catch((thrown: Error) => thrown);
      expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/pa55word|abc123/);
      expect(server.log[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ada:pa55word').toString('base64')}`);
      expect(server.log[0]?.path).toContain('X-Signature=abc123');
      await source.close();
    }));

  it('keeps credentials out of the error about a URL that is none', async () => {
    await expect(openHttpSource('http://ada:pa55word@[bad/file?key=abc123', options)).rejects.toSatisfy(
      (error: Error) => error.name === 'ConfigError' && !/pa55word|abc123/.test(error.message),
    );
  });

  it('sends credentials to no other host than the one they were given for', () =>
    withServer((mirror) =>
      withServer(async (server) => {
        server.intercept = (_request, response) => {
          response.writeHead(307, { location: mirror.url }).end();
          return true;
        };
        const source = await openHttpSource(server.url.replace('http://', 'http://ada:pa55word@'), {
          ...options,
          headers: { 'x-token': 'abc123' },
        });
        await source.read(0, 10);
        expect(server.log[0]?.headers).toMatchObject({ authorization: expect.any(String), 'x-token': 'abc123' });
        expect(mirror.log.length).toBe(2);
        for (const { headers } of mirror.log) {
          expect(headers.authorization).toBeUndefined();
          expect(headers['x-token']).toBeUndefined();
        }
        await source.close();
      }),
    ));

  it('ends a read that is under way when the source is closed', () =>
    withServer(async (server) => {
      const source = await openHttpSource(server.url, options);
      server.intercept = () => true;
      const reading = source.read(0, 10);
      await source.close();
      await expect(reading).rejects.toMatchObject({ code: 'StorageError', retryable: false });
    }));

  it('asks for bytes that are not compressed', () =>
    withServer(async (server) => {
      const source = await openHttpSource(server.url, options);
      await source.read(0, 10);
      expect(server.log.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'identity']);
      await source.close();
    }));
});
