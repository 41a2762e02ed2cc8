import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXAMPLE_BYTES } from './conformance.ts';
import { openHttpSource } from './http.ts';
import { multipartBoundary, parseByteRanges } from './multi-range.ts';
import { multipartBody, sendPart, startTestServer, type TestServer } from './test-server.ts';

describe('parseByteRanges', () => {
  it('takes apart what it was put together from, also where parts hold line ends and boundaries', () => {
    const text = new TextEncoder().encode('\r\n--b\r\n\r\n--b--\r\nContent-Range: bytes 0-1/2\r\n\r\n--b');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(text.length - 1)), { minLength: 1, maxLength: 5 }), (pairs) => {
        const parts = pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as [number, number]);
        const parsed = parseByteRanges(multipartBody(text, parts, 'b'), 'b');
        expect(parsed?.map(({ first, last, bytes }) => [first, last, [...bytes]])).toEqual(
          parts.map(([first, last]) => [first, last, [...text.subarray(first, last + 1)]]),
        );
      }),
    );
  });

  it('takes no body that is cut, nor any other', () => {
    const whole = multipartBody(EXAMPLE_BYTES, [[0, 9], [20, 29]], 'b'); // biome-ignore format: one line
    for (let length = 0; length < whole.length - 4; length++) expect(parseByteRanges(whole.subarray(0, length), 'b')).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array(), (bytes) => parseByteRanges(bytes, 'b') === undefined));
  });

  it.each([
    ['multipart/byteranges; boundary=abc', 'abc'],
    ['multipart/byteranges; charset=x; boundary="a b"', 'a b'],
    ['text/plain; boundary=abc', undefined],
    [null, undefined],
  ])('knows the boundary of %s', (header, boundary) => {
    expect(multipartBoundary(header)).toBe(boundary);
  });
});

describe('several ranges by one request', () => {
  const ranges = [{ offset: 0, length: 10 }, { offset: 500, length: 0 }, { offset: 1000, length: 10 }]; // biome-ignore format: one line
  const options = { timeoutMs: 2000, maxWholeBytes: 1e6, headers: {}, multiRange: true };
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer(EXAMPLE_BYTES);
  });
  afterEach(() => server.close());
  const answerMany = (parts: [number, number][], status = 206) => {
    server.intercept = (request, response) => {
      if (!request.headers.range?.includes(',')) return false;
      response.writeHead(status, { 'content-type': 'multipart/byteranges; boundary=b' }).end(multipartBody(EXAMPLE_BYTES, parts, 'b'));
      return true;
    };
  };
  const expectAll = async (requests: number) => {
    const source = await openHttpSource(server.url, options);
    expect(await source.readMany(ranges)).toEqual(ranges.map(({ offset, length }) => EXAMPLE_BYTES.slice(offset, offset + length)));
    expect(server.log).toHaveLength(requests);
    await source.close();
  };

  it('are read from one answer, also where the server joined them', async () => {
    answerMany([[0, 9], [1000, 1009]]); // biome-ignore format: one line
    await expectAll(2);
    answerMany([[0, 1200]]);
    await expectAll(4);
  });

  it('are read one by one where a part is missing', async () => {
    answerMany([[0, 9]]);
    await expectAll(4);
    answerMany([[0, 1200]]);
    await expectAll(4 + 2);
  });

  it.each([
    ['the whole file', (response: ServerResponse) => response.writeHead(200).end(EXAMPLE_BYTES)],
    ['one of them', (response: ServerResponse) => sendPart(response, EXAMPLE_BYTES, 0, 9)],
  ])('are asked for once only of a server that answers with %s', async (_what, answer) => {
    server.intercept = (request, response) => {
      if (!request.headers.range?.includes(',')) return false;
      answer(response);
      return true;
    };
    await expectAll(4);
    await expectAll(4 + 3);
  });

  it('are asked for again of a server whose file was shorter for a while', async () => {
    const source = await openHttpSource(server.url, options);
    server.setFile(EXAMPLE_BYTES.slice(0, 5));
    answerMany([], 416);
    await expect(source.readMany(ranges)).rejects.toMatchObject({ kind: 'changed', retryable: false });
    await source.close();
    server.setFile(EXAMPLE_BYTES);
    answerMany([[0, 9], [1000, 1009]]); // biome-ignore format: one line
    await expectAll(3 + 2);
  });

  it('are read one by one where the server refuses several, and the file is the same', async () => {
    answerMany([], 416);
    await expectAll(4);
  });

  it('may be asked again after an error', async () => {
    const source = await openHttpSource(server.url, options);
    answerMany([], 503);
    await expect(source.readMany(ranges)).rejects.toMatchObject({ retryable: true, reason: expect.stringContaining('503') });
    await source.close();
  });
});
