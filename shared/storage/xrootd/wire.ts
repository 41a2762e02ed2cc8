/** Frames of the XRootD protocol 5: what requests and answers look like as bytes, all numbers big-endian. Pure. */

/** Numbers of the requests that are used here. */
export const REQUEST = {
  auth: 3000,
  close: 3003,
  dirlist: 3004,
  protocol: 3006,
  login: 3007,
  open: 3010,
  read: 3013,
  stat: 3017,
  readv: 3025,
} as const;

/** What the status field of an answer says. */
export const STATUS = {
  ok: 0,
  okSoFar: 4000,
  attention: 4001,
  authMore: 4002,
  error: 4003,
  redirect: 4004,
  wait: 4005,
  waitForAnswer: 4006,
} as const;

/** An attention frame of this kind holds the answer to an earlier request. */
export const LATE_ANSWER = 5008;

export const REQUEST_HEADER_LENGTH = 24;
export const ANSWER_HEADER_LENGTH = 8;
/** File handle, length, offset: before each part of a vector read's answer, and for each part in its request. */
export const VECTOR_HEADER_LENGTH = 16;

/** Bits of the `flags` in the answer to `protocol`. */
export const SERVER_FLAGS = { tlsNow: 0x40000000, tlsForLogin: 0x04000000, tlsForSession: 0x08000000 } as const;

const PROTOCOL_VERSION = 0x00000520;
const CLIENT_ABLE_TLS = 0x02;
const CLIENT_WANTS_TLS = 0x04;
const EXPECT_LOGIN = 0x03;
/** Full URLs in redirections, reads may be redirected, both IP versions. */
const LOGIN_ABILITY = 0x01 | 0x04 | 0x08;
/** Version 5 of the client rules, answers may come late. */
const LOGIN_CAPABILITY = 0x85;
const OPEN_READ = 0x0010;
const OPEN_RETURN_STAT = 0x0400;
const LIST_WITH_STAT = 0x02;

/** A request without its stream id, which the connection puts in: 24 bytes and what follows them. */
export type RequestFrame = Uint8Array;

function frame(request: number, fill: (body: DataView) => void, data: Uint8Array = new Uint8Array(0)): RequestFrame {
  const bytes = new Uint8Array(REQUEST_HEADER_LENGTH + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, request);
  view.setInt32(20, data.length);
  fill(new DataView(bytes.buffer, 4, 16));
  bytes.set(data, REQUEST_HEADER_LENGTH);
  return bytes;
}

const text = (value: string) => new TextEncoder().encode(value);

/** The 20 bytes that begin a connection. */
export function handshakeBytes(): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setInt32(12, 4);
  view.setInt32(16, 2012);
  return bytes;
}

/** Asks what the server is and wants. */
export function protocolRequest(wantsTls: boolean): RequestFrame {
  return frame(REQUEST.protocol, (body) => {
    body.setInt32(0, PROTOCOL_VERSION);
    body.setUint8(4, CLIENT_ABLE_TLS | (wantsTls ? CLIENT_WANTS_TLS : 0));
    body.setUint8(5, EXPECT_LOGIN);
  });
}

/** The user's name is cut to 8 bytes: it is for the server's log. */
export function loginRequest(user: string, processId: number): RequestFrame {
  return frame(REQUEST.login, (body) => {
    body.setInt32(0, processId);
    for (const [index, byte] of text(user).subarray(0, 8).entries()) body.setUint8(4 + index, byte);
    body.setUint8(13, LOGIN_ABILITY);
    body.setUint8(14, LOGIN_CAPABILITY);
  });
}

export function authRequest(kind: string, credentials: Uint8Array): RequestFrame {
  return frame(REQUEST.auth, (body) => writeText(body, 12, kind), credentials);
}

/** For reading; asks for the file's `stat` in the same answer. */
export function openRequest(path: string): RequestFrame {
  return frame(REQUEST.open, (body) => body.setUint16(2, OPEN_READ | OPEN_RETURN_STAT), text(path));
}

export function closeRequest(handle: Uint8Array): RequestFrame {
  return frame(REQUEST.close, (body) => writeBytes(body, 0, handle));
}

/** Of an open file. */
export function statHandleRequest(handle: Uint8Array): RequestFrame {
  return frame(REQUEST.stat, (body) => writeBytes(body, 12, handle));
}

/** Names of a folder with what `stat` says of each. */
export function listRequest(path: string): RequestFrame {
  return frame(REQUEST.dirlist, (body) => body.setUint8(15, LIST_WITH_STAT), text(path));
}

export function readRequest(handle: Uint8Array, offset: number, length: number): RequestFrame {
  return frame(REQUEST.read, (body) => {
    writeBytes(body, 0, handle);
    body.setBigInt64(4, BigInt(offset));
    body.setInt32(12, length);
  });
}

/** Several ranges of one file. */
export function vectorReadRequest(handle: Uint8Array, ranges: readonly { offset: number; length: number }[]): RequestFrame {
  const list = new Uint8Array(ranges.length * VECTOR_HEADER_LENGTH);
  const view = new DataView(list.buffer);
  for (const [index, { offset, length }] of ranges.entries()) {
    const at = index * VECTOR_HEADER_LENGTH;
    list.set(handle, at);
    view.setInt32(at + 4, length);
    view.setBigInt64(at + 8, BigInt(offset));
  }
  return frame(REQUEST.readv, () => {}, list);
}

function writeBytes(body: DataView, at: number, bytes: Uint8Array): void {
  for (const [index, byte] of bytes.entries()) body.setUint8(at + index, byte);
}

function writeText(body: DataView, at: number, value: string): void {
  writeBytes(body, at, text(value));
}

/** What a server says about a file. */
export interface XrootdStat {
  readonly id: string;
  readonly size: number;
  readonly flags: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

const IS_FOLDER = 2;

export function isFolder(stat: XrootdStat): boolean {
  return (stat.flags & IS_FOLDER) !== 0;
}

/** `id size flags modified ...`; undefined where it is something else. */
export function parseStat(line: string): XrootdStat | undefined {
  const [id = '', size, flags, modified] = line
    .replace(/\0[\s\S]*$/, '')
    .trim()
    .split(' ');
  const stat = { id, size: Number(size ?? 'none'), flags: Number(flags ?? 'none'), modified: Number(modified ?? 'none') };
  const sound = Number.isSafeInteger(stat.size) && stat.size >= 0 && Number.isInteger(stat.flags) && Number.isInteger(stat.modified);
  return sound ? stat : undefined;
}

/** The file handle and, where the server sends it along, the `stat`. */
export function parseOpened(body: Uint8Array): { handle: Uint8Array; stat: XrootdStat | undefined } | undefined {
  if (body.length < 4) return undefined;
  return { handle: body.slice(0, 4), stat: body.length > 12 ? parseStat(decode(body.subarray(12))) : undefined };
}

/** Name and `stat` of each entry of a folder. */
export function parseList(body: Uint8Array): { name: string; stat: XrootdStat | undefined }[] {
  const lines = decode(body)
    .replace(/\0+$/, '')
    .split('\n')
    .filter((line) => line !== '');
  if (lines[0] !== '.' || parseStat(lines[1] ?? '') === undefined) return lines.map((name) => ({ name, stat: undefined }));
  return Array.from({ length: Math.floor(lines.length / 2) }, (_, index) => {
    return { name: lines[2 * index] ?? '', stat: parseStat(lines[2 * index + 1] ?? '') };
  }).filter(({ name }) => name !== '.');
}

/** Parts of a vector read's answer, in the order sent; undefined where lengths do not add up. */
export function parseVector(body: Uint8Array): { offset: number; bytes: Uint8Array }[] | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const parts: { offset: number; bytes: Uint8Array }[] = [];
  for (let at = 0; at < body.length; ) {
    if (at + VECTOR_HEADER_LENGTH > body.length) return undefined;
    const length = view.getInt32(at + 4);
    const offset = Number(view.getBigInt64(at + 8));
    at += VECTOR_HEADER_LENGTH;
    if (length < 0 || at + length > body.length) return undefined;
    parts.push({ offset, bytes: body.subarray(at, at + length) });
    at += length;
  }
  return parts;
}

/** Where to go instead. `host` may be a whole URL; `opaque` is to be added to the path's query. */
export interface Redirection {
  readonly host: string;
  readonly port: number;
  readonly opaque: string;
}

export function parseRedirection(body: Uint8Array): Redirection | undefined {
  if (body.length < 5) return undefined;
  const port = new DataView(body.buffer, body.byteOffset).getInt32(0);
  const [host = '', opaque = ''] = decode(body.subarray(4))
    .replace(/\0[\s\S]*$/, '')
    .split('?');
  const whole = /^x?roots?:\/\/([^/:]+|\[[^\]]+\])(?::(\d+))?/.exec(host);
  return whole === null ? { host, port, opaque } : { host: whole[1] ?? '', port: Number(whole[2] ?? 1094), opaque };
}

/** The number and the text of an error answer. */
export function parseError(body: Uint8Array): { number: number; message: string } {
  const number = body.length < 4 ? 0 : new DataView(body.buffer, body.byteOffset).getInt32(0);
  return {
    number,
    message: decode(body.subarray(4))
      .replace(/\0[\s\S]*$/, '')
      .trim(),
  };
}

/** The first number of a body, for waits; 0 where there is none. */
export function firstNumber(body: Uint8Array): number {
  return body.length < 4 ? 0 : new DataView(body.buffer, body.byteOffset).getInt32(0);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
