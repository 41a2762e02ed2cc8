import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A request as it came in. */
export interface XrootdRequest {
  readonly id: number;
  readonly kind: number;
  /** The 16 bytes after the numbers. */
  readonly body: Buffer;
  readonly data: Buffer;
}

type Answer = readonly [status: number, body: Uint8Array];

/** A stand-in that says whatever it is told to, where a real server cannot be made to misbehave. For tests. */
export interface XrootdTestServer {
  readonly port: number;
  readonly log: XrootdRequest[];
  /** Answers of one request, in order; or bytes to be sent as they are; nothing for silence. */
  answer: (request: XrootdRequest, count: number) => readonly Answer[] | Uint8Array | undefined;
  close(): Promise<void>;
}

const number = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value, index * 4);
  return bytes;
};

/** What a data server answers whose only file holds `content`. */
export function wellBehaved(content: Uint8Array, stat = `1 ${content.length} 16 1000`): XrootdTestServer['answer'] {
  return ({ kind, body, data }) => {
    if (kind === 3006) return [[0, number(0x500, 1)]];
    if (kind === 3007) return [[0, new Uint8Array(16)]];
    if (kind === 3010) return [[0, Buffer.concat([Buffer.from('hndl'), number(0, 0), Buffer.from(`${stat}\0`)])]];
    if (kind === 3017) return [[0, Buffer.from(`${stat}\0`)]];
    if (kind === 3013)
      return [[0, content.subarray(Number(body.readBigInt64BE(4)), Number(body.readBigInt64BE(4)) + body.readInt32BE(12))]];
    if (kind !== 3025) return [[0, new Uint8Array(0)]];
    const parts = Array.from({ length: data.length / 16 }, (_, index) => data.subarray(index * 16, index * 16 + 16));
    const answers = parts.flatMap((part) => {
      const from = Number(part.readBigInt64BE(8));
      return [part, content.subarray(from, from + part.readInt32BE(4))];
    });
    return [[0, Buffer.concat(answers)]];
  };
}

/** An answer as it goes over the wire. */
export function answerFrame(id: number, [status, body]: Answer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(status, 2);
  header.writeInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** Bodies of answers: wait, redirect, error, late answer. */
export const say = {
  number,
  redirect: (port: number, host: string) => Buffer.concat([number(port), Buffer.from(host)]),
  error: (code: number, text: string) => Buffer.concat([number(code), Buffer.from(`${text}\0`)]),
  late: (id: number, answer: Answer) => Buffer.concat([number(5008, 0), answerFrame(id, answer)]),
};

export async function startXrootdTestServer(content: Uint8Array): Promise<XrootdTestServer> {
  const log: XrootdRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let rest = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      if (!greeted && rest.length >= 20) {
        greeted = true;
        rest = rest.subarray(20);
        socket.write(answerFrame(0, [0, number(0x500, 1)]));
      }
      while (greeted && rest.length >= 24 && rest.length >= 24 + rest.readInt32BE(20)) {
        const end = 24 + rest.readInt32BE(20);
        const request = { id: rest.readUInt16BE(0), kind: rest.readUInt16BE(2), body: rest.subarray(4, 20), data: rest.subarray(24, end) };
        rest = rest.subarray(end);
        log.push(request);
        const answers = started.answer(request, log.filter(({ kind }) => kind === request.kind).length);
        if (answers instanceof Uint8Array) socket.write(answers);
        else for (const answer of answers ?? []) socket.write(answerFrame(request.id, answer));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const started: XrootdTestServer = {
    port: (server.address() as AddressInfo).port,
    log,
    answer: wellBehaved(content),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return started;
}
