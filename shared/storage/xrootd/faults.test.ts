import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeByteSource, EXAMPLE_BYTES } from '../conformance.ts';
import { openSource } from '../open.ts';
import { parseStorageSettings } from '../parse-settings.ts';
import { openXrootdSource } from '../xrootd.ts';
import { askedKinds, credentialsFor } from './auth.ts';
import { FrameReader } from './frames.ts';
import { answerFrame, say, startXrootdTestServer, wellBehaved, type XrootdTestServer } from './test-server.ts';
import { parseError, parseList, parseOpened, parseRedirection, parseStat, parseVector } from './wire.ts';

const options = { timeoutMs: 400, identity: async () => ({ user: 'tester', token: undefined }) };
const good = wellBehaved(EXAMPLE_BYTES);
const many = [{ offset: 10, length: 5 }, { offset: 9000, length: 7 }]; // biome-ignore format: one line
const expected = many.map(({ offset, length }) => EXAMPLE_BYTES.slice(offset, offset + length));

describe('XRootD servers that misbehave, or use their freedom', () => {
  let server: XrootdTestServer;
  beforeEach(async () => {
    server = await startXrootdTestServer(EXAMPLE_BYTES);
  });
  afterEach(() => server.close());
  const location = () => `root://127.0.0.1:${server.port}//data/a.root`;
  /** Answers requests of one kind so, the first `times` times. */
  const instead = (kind: number, answer: XrootdTestServer['answer'], times = Number.POSITIVE_INFINITY) => {
    server.answer = (request, count) => (request.kind === kind && count <= times ? answer(request, count) : good(request, count));
  };
  const final = { code: 'StorageError', retryable: false, file: expect.stringContaining('root://127.0.0.1') };
  const again = { ...final, retryable: true };

  it('waits and asks again where it is told to wait', async () => {
    instead(3010, () => [[4005, Buffer.concat([say.number(1), Buffer.from('staging')])]], 1);
    const began = performance.now();
    const source = await openXrootdSource(location(), options);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(source.size).toBe(EXAMPLE_BYTES.length);
    await source.close();
  });

  it('takes an answer that was promised for later, and one in pieces', async () => {
    instead(3013, ({ id }) => {
      const late = say.late(id, [0, EXAMPLE_BYTES.subarray(8, 10)]);
      return Buffer.concat([
        answerFrame(id, [4006, say.number(5)]),
        answerFrame(id, [4000, EXAMPLE_BYTES.subarray(5, 8)]),
        answerFrame(0, [4001, late]),
      ]);
    });
    const source = await openXrootdSource(location(), options);
    expect(await source.read(5, 5)).toEqual(EXAMPLE_BYTES.slice(5, 10));
    await source.close();
  });

  it('asks for the size where the server does not tell it on opening', async () => {
    instead(3010, () => [[0, Buffer.from('hndl')]]);
    const source = await openXrootdSource(location(), options);
    expect(source.size).toBe(EXAMPLE_BYTES.length);
    await source.close();
  });

  it.each([3000, 3013])('reads ranges one by one where the server answers a vector read with error %i', async (code) => {
    instead(3025, () => [[4003, say.error(code, 'no readv')]]);
    const source = await openXrootdSource(location(), options);
    expect(await source.readMany(many)).toEqual(expected);
    expect(await source.readMany(many)).toEqual(expected);
    expect(server.log.filter(({ kind }) => kind === 3025)).toHaveLength(1);
    await source.close();
  });

  it.each([
    ['other ranges', () => [[0, Buffer.concat([Buffer.alloc(16), Buffer.alloc(4)])]] as const],
    ['a cut answer', () => [[0, Buffer.alloc(20)]] as const],
  ])('does not take %s for a vector read', async (_what, answer) => {
    instead(3025, answer);
    const source = await openXrootdSource(location(), options);
    await expect(source.readMany(many)).rejects.toMatchObject(again);
    await source.close();
  });

  it('does not take a short answer, nor more than it asked for', async () => {
    const source = await openXrootdSource(location(), options);
    instead(3013, () => [[0, new Uint8Array(3)]]);
    await expect(source.read(0, 5)).rejects.toMatchObject(again);
    instead(3013, () => [[0, new Uint8Array(60)]]);
    await expect(source.read(0, 5)).rejects.toMatchObject({ ...again, reason: expect.stringContaining('60 bytes') });
    await source.close();
  });

  it.each([
    ['a redirection in a circle', (): ReturnType<XrootdTestServer['answer']> => [[4004, say.redirect(server.port, '127.0.0.1')]], final],
    ['a redirection to nowhere', () => [[4004, say.number(1)]], again],
    ['an overloaded server', () => [[4003, say.error(3024, 'too busy')]], again],
    ['a missing file', () => [[4003, say.error(3011, 'no such file')]], final],
    ['an unknown status', () => [[4999, new Uint8Array(0)]], again],
    ['an impossible length', () => Buffer.from([0, 3, 0, 0, 0xff, 0xff, 0xff, 0xff]), again],
    ['silence', () => undefined, { ...again, reason: expect.stringContaining('400 ms') }],
  ] as [string, XrootdTestServer['answer'], object][])('says so: %s', async (_what, answer, says) => {
    instead(3010, answer);
    await expect(openXrootdSource(location(), options)).rejects.toMatchObject(says);
  });

  it('follows a whole URL with a query for the next server', async () => {
    const next = await startXrootdTestServer(EXAMPLE_BYTES);
    instead(3010, () => [[4004, say.redirect(-1, `root://127.0.0.1:${next.port}//x?token=planted`)]]);
    const source = await openXrootdSource(`${location()}?mine=1`, options);
    expect(next.log.find(({ kind }) => kind === 3010)?.data.toString()).toBe('/data/a.root?mine=1&token=planted');
    expect(source.name).not.toMatch(/planted|mine/);
    await source.close();
    await next.close();
  });

  it('opens the file again after the connection was lost, and refuses another one', async () => {
    const settings = parseStorageSettings({});
    const retry = { attempts: 3, baseMs: 1, maxMs: 2 };
    const source = await openSource(location(), { settings, retry, timeoutMs: 300 });
    instead(3013, () => undefined, 1);
    expect(await source.read(3, 3)).toEqual(EXAMPLE_BYTES.slice(3, 6));
    expect(server.log.filter(({ kind }) => kind === 3010)).toHaveLength(2);
    server.answer = (request, count) => {
      const other = wellBehaved(EXAMPLE_BYTES, `1 ${EXAMPLE_BYTES.length} 16 2000`);
      return request.kind === 3025 && count === 1 ? undefined : other(request, count);
    };
    await expect(source.readMany(many)).rejects.toMatchObject({ ...final, reason: expect.stringContaining('changed') });
    await source.close();
  });

  it.each([
    ['is no XRootD server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['ends the connection', ''],
  ])('says what is wrong with a server that %s', async (_what, text) => {
    instead(3006, () => Buffer.from(text));
    await expect(openXrootdSource(location(), options)).rejects.toMatchObject({ code: 'StorageError', retryable: true });
  });
});

let replaced = 0;
describeByteSource(
  'root, by a stand-in without vector reads',
  (location) => openXrootdSource(location, options),
  async (bytes) => {
    const server = await startXrootdTestServer(bytes);
    const serve = (content: Uint8Array) => {
      const well = wellBehaved(content, `1 ${content.length} 16 ${replaced++}`);
      server.answer = (request, count) => (request.kind === 3025 ? [[4003, say.error(3013, 'no')]] : well(request, count));
    };
    serve(bytes);
    const replace = async (next: Uint8Array) => {
      await new Promise((resolve) => setTimeout(resolve, 220));
      serve(next);
    };
    return { location: `root://127.0.0.1:${server.port}//a.root`, replace, close: () => server.close() };
  },
);

describe('what comes over the wire', () => {
  it('is cut into the same frames however it arrives', () => {
    const frame = fc.tuple(fc.nat(0xffff), fc.nat(0xffff), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (frames, cuts) => {
        const wire = Buffer.concat(frames.map(([id, status, body]) => answerFrame(id, [status, body])));
        const seen: [number, number, Uint8Array][] = [];
        const reader = new FrameReader(() => undefined, (id, status, body) => seen.push([id, status, body]), () => {}); // biome-ignore format: one line
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const length = cuts[turn % cuts.length] as number;
          reader.push(new Uint8Array(wire.subarray(at, at + length)));
          at += length;
        }
        expect(seen.map(([id, status, body]) => [id, status, [...body]])).toEqual(
          frames.map(([id, status, body]) => [id, status, [...body]]),
        );
      }),
    );
  });

  it('does not throw when it is nonsense', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const parse of [parseError, parseList, parseOpened, parseRedirection, parseVector]) parse(bytes);
        parseStat(new TextDecoder().decode(bytes));
      }),
    );
  });

  it('lists names with and without what is known of them', () => {
    const list = (text: string) => parseList(new TextEncoder().encode(text));
    expect(list('.\n0 0 0 0\na b.root\n7 12 16 5\nsub\n8 0 51 5\n.x\n9 1 16 5\0')).toMatchObject([
      { name: 'a b.root', stat: { size: 12 } },
      { name: 'sub', stat: { flags: 51 } },
      { name: '.x', stat: { size: 1 } },
    ]);
    expect(list('a\nb\0')).toEqual([{ name: 'a', stat: undefined }, { name: 'b', stat: undefined }]); // biome-ignore format: one line
    expect(list('\0')).toEqual([]);
  });

  it('proves who it is only as asked, and sends tokens only over TLS', () => {
    expect(askedKinds('&P=gsi,v:10400,c:ssl&P=ztn,0:4096:&P=unix')).toEqual(['gsi', 'ztn', 'unix']);
    const identity = { user: 'ada', token: 'abc' };
    expect(credentialsFor('gsi', identity, true)).toBeUndefined();
    expect(credentialsFor('ztn', identity, false)).toBeUndefined();
    expect(Buffer.from(credentialsFor('ztn', identity, true) ?? []).toString('latin1')).toBe('ztn\0\0T\0\0\0\u0004abc\0\0\0');
    expect(Buffer.from(credentialsFor('unix', identity, false) ?? []).toString()).toBe('unix\0ada ada\0');
  });
});
