import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { StorageError } from '../../errors.ts';
import { sleep } from '../../runtime/retry.ts';
import { isFinalFault } from '../final-fault.ts';
import type { LearnedTimeout } from '../timeout.ts';
import { askedKinds, credentialsFor, type XrootdIdentity } from './auth.ts';
import { LoginRefused, XrootdRefusal } from './failure.ts';
import { FrameReader } from './frames.ts';
import * as wire from './wire.ts';

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Refuses to go on where the server does not encrypt (`roots://`). */
  readonly tls: boolean;
  readonly identity: XrootdIdentity;
  /** Trusted besides Node's own list of authorities. */
  readonly authorities: readonly string[] | undefined;
  /** A request about which nothing is heard for this long is given up. */
  readonly timeout: LearnedTimeout;
}

/** What the server answered in the end. */
export type Answer = { readonly kind: 'ok'; readonly body: Uint8Array } | { readonly kind: 'redirect'; readonly to: wire.Redirection };

interface Pending {
  /** Bodies of an answer that comes in parts. */
  readonly parts: Uint8Array[];
  /** More than this is a fault: nothing unbounded is kept. */
  room: number;
  /** Something of the answer has come in. */
  progress(): void;
  settle(status: number, body: Uint8Array): void;
  fail(error: unknown): void;
}

/** Longest that a server may keep a request waiting in all. */
const MAX_WAIT_MS = 600_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** One logged-in connection to one server, with many requests under way at once. */
export class XrootdConnection {
  readonly options: ConnectionOptions;
  /** Called once, when nothing can be asked any more. */
  onEnd: () => void = () => {};
  #socket: Socket | TLSSocket;
  #pending = new Map<number, Pending>();
  #nextId = 1;
  #ended: StorageError | undefined;

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.options = options;
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Connects, agrees on TLS, logs in. @throws StorageError */
  static async open(options: ConnectionOptions): Promise<XrootdConnection> {
    const socket = connect({
      host: options.host.replace(/^\[|\]$/g, ''),
      port: options.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    });
    const connection = new XrootdConnection(socket, options);
    try {
      await connection.#begin();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get usable(): boolean {
    return this.#ended === undefined;
  }

  /** True once all bytes are encrypted. */
  get encrypted(): boolean {
    return 'encrypted' in this.#socket;
  }

  /** Sends a request and waits for its answer, also where the server asks for patience. @throws XrootdRefusal, StorageError */
  async ask(request: wire.RequestFrame, signal?: AbortSignal, maxBytes = MAX_ANSWER_BYTES): Promise<Answer> {
    let waited = 0;
    for (;;) {
      const { status, body } = await this.#send(request, signal, maxBytes);
      if (status === wire.STATUS.ok) return { kind: 'ok', body };
      if (status === wire.STATUS.redirect) {
        const to = wire.parseRedirection(body);
        if (to === undefined || to.host === '') throw this.#broken('redirects to nowhere');
        return { kind: 'redirect', to };
      }
      if (status === wire.STATUS.error) {
        const { number, message } = wire.parseError(body);
        throw new XrootdRefusal(number, message);
      }
      if (status !== wire.STATUS.wait) throw this.#broken(`answers with status ${status}`);
      const seconds = Math.max(1, wire.firstNumber(body));
      waited += seconds * 1000;
      if (waited > MAX_WAIT_MS) throw new StorageError(`asks to wait for more than ${MAX_WAIT_MS / 1000} s`, { file: this.#where });
      await sleep(seconds * 1000, signal);
    }
  }

  /** Ends the connection and all that is under way. */
  close(): void {
    this.#end(new StorageError('connection closed', { file: this.#where }));
  }

  get #where(): string {
    return `root://${this.options.host}:${this.options.port}`;
  }

  async #begin(): Promise<void> {
    // Both at once, in one packet: one round trip less.
    this.#socket.cork();
    const greeted = this.#expect(0, undefined, 64);
    this.#socket.write(wire.handshakeBytes());
    const told = this.ask(wire.protocolRequest(this.options.tls)).then(okOnly);
    this.#socket.uncork();
    const [, { body }] = await Promise.all([greeted, told]);
    const flags = body.length >= 8 ? new DataView(body.buffer, body.byteOffset).getInt32(4) : 0;
    if ((flags & (wire.SERVER_FLAGS.tlsNow | wire.SERVER_FLAGS.tlsForLogin)) !== 0) await this.#encrypt();
    else if (this.options.tls && (flags & wire.SERVER_FLAGS.tlsForSession) === 0) {
      throw new StorageError('the server does not encrypt', {
        file: this.#where,
        retryable: false,
        hint: 'Use root:// if that is all right.',
      });
    }
    const login = okOnly(await this.ask(wire.loginRequest(this.options.identity.user, process.pid)));
    if ((flags & wire.SERVER_FLAGS.tlsForSession) !== 0 && !this.encrypted) await this.#encrypt();
    const security = new TextDecoder().decode(login.body.subarray(16));
    const kinds = askedKinds(security);
    if (kinds.length > 0) await this.#authenticate(kinds);
  }

  async #authenticate(kinds: readonly string[]): Promise<void> {
    let refusal: XrootdRefusal | undefined;
    for (const kind of kinds) {
      const proof = credentialsFor(kind, this.options.identity, this.encrypted);
      if (proof === undefined) continue;
      try {
        return void okOnly(await this.ask(wire.authRequest(kind, proof)));
      } catch (error) {
        if (!(error instanceof XrootdRefusal)) throw error;
        refusal = error;
      }
    }
    const hint = kinds.includes('ztn')
      ? `A bearer token${refusal === undefined ? '' : ' that is still valid'} is needed (BEARER_TOKEN_FILE), over roots://.`
      : 'higgsflow knows bearer tokens (ztn), unix and host.';
    const accepted = `the server accepts only ${kinds.join(', ')} as proof of who you are`;
    throw new LoginRefused(refusal === undefined ? accepted : `login refused: ${refusal.message}`, this.#where, hint);
  }

  #encrypt(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const { host, authorities } = this.options;
    const ca = authorities === undefined ? {} : { ca: [...authorities] };
    // A name is sent along only where it is one: addresses may not be (RFC 6066).
    const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const secure = connectTls({ socket: plain, host: host.replace(/^\[|\]$/g, ''), ...name, ...ca });
    this.#socket = secure;
    this.#listen(secure);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#silent(this.options.timeout.ms())), this.options.timeout.ms());
      const done = (settle: () => void) => {
        clearTimeout(timer);
        settle();
      };
      secure.once('secureConnect', () => done(resolve));
      secure.once('error', (error) => done(() => reject(this.#lost(error))));
      secure.once('close', () => done(() => reject(this.#lost(undefined))));
    });
  }

  #listen(socket: Socket): void {
    const reader = new FrameReader(
      (id, length) => this.#accepts(id, length),
      (id, status, body) => this.#arrived(id, status, body),
      (id) => this.#pending.get(id)?.progress(),
    );
    socket.on('data', (bytes: Uint8Array) => {
      const fault = reader.push(bytes);
      if (fault !== undefined) this.#end(this.#broken(fault));
    });
    socket.on('error', (error) => this.#end(this.#lost(error)));
    socket.on('close', () => this.#end(this.#lost(undefined)));
  }

  /** Why the body of a frame is not taken; undefined where it is. */
  #accepts(id: number, length: number): string | undefined {
    const room = this.#pending.get(id)?.room ?? MAX_ANSWER_BYTES;
    return length < 0 || length > room + wire.ANSWER_HEADER_LENGTH
      ? `sends ${length} bytes where at most ${room} are asked for`
      : undefined;
  }

  #arrived(id: number, status: number, body: Uint8Array): void {
    if (status === wire.STATUS.attention) {
      this.#attention(body);
      return;
    }
    const pending = this.#pending.get(id);
    // Whoever asked has given up.
    if (pending === undefined) return;
    if (status === wire.STATUS.waitForAnswer) {
      pending.progress();
      return;
    }
    if (status === wire.STATUS.okSoFar) {
      pending.parts.push(body);
      pending.room -= body.length;
      return;
    }
    this.#pending.delete(id);
    pending.settle(status, joined([...pending.parts, body]));
    this.#rest();
  }

  #attention(body: Uint8Array): void {
    if (wire.firstNumber(body) !== wire.LATE_ANSWER || body.length < 16) return;
    const view = new DataView(body.buffer, body.byteOffset);
    this.#arrived(view.getUint16(8), view.getUint16(10), body.subarray(16));
  }

  async #send(request: wire.RequestFrame, signal: AbortSignal | undefined, room: number): Promise<{ status: number; body: Uint8Array }> {
    signal?.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    const id = this.#freeId();
    const answer = this.#expect(id, signal, room);
    const frame = request.slice();
    new DataView(frame.buffer).setUint16(0, id);
    this.#socket.ref();
    this.#socket.write(frame);
    return answer;
  }

  #expect(id: number, signal: AbortSignal | undefined, room: number): Promise<{ status: number; body: Uint8Array }> {
    return new Promise((resolve, reject) => {
      const stop = () => settle(() => reject(signal?.reason));
      let given = false;
      const settle = (what: () => void) => {
        given = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        what();
      };
      const { timeout } = this.options;
      const timeoutMs = timeout.ms();
      const began = performance.now();
      const slow = () => {
        timeout.missed();
        this.#end(this.#silent(timeoutMs));
      };
      const timer = setTimeout(slow, timeoutMs);
      signal?.addEventListener('abort', stop, { once: true });
      this.#pending.set(id, {
        parts: [],
        room,
        progress: () => {
          if (!given) timer.refresh();
        },
        settle: (status, body) => {
          if (!given) timeout.learn(performance.now() - began);
          settle(() => resolve({ status, body }));
        },
        fail: (error) => settle(() => reject(error)),
      });
    });
  }

  #freeId(): number {
    while (this.#pending.has(this.#nextId) || this.#nextId === 0) this.#nextId = (this.#nextId + 1) & 0xffff;
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) & 0xffff;
    return id;
  }

  /** A connection on which nothing is under way does not keep the process alive. */
  #rest(): void {
    if (this.#pending.size === 0) this.#socket.unref();
  }

  #end(error: StorageError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#socket.destroy();
    for (const pending of this.#pending.values()) pending.fail(error);
    this.#pending.clear();
    this.onEnd();
  }

  #silent(timeoutMs: number): StorageError {
    return new StorageError(`no answer within ${timeoutMs} ms`, { file: this.#where });
  }

  #broken(how: string): StorageError {
    return new StorageError(`the server breaks the protocol: ${how}`, { file: this.#where, hint: 'Is it an XRootD server?' });
  }

  #lost(error: Error | undefined): StorageError {
    const code = error !== undefined && 'code' in error ? String(error.code) : '';
    return new StorageError(error === undefined ? 'the server ended the connection' : `no connection: ${error.message}`, {
      file: this.#where,
      retryable: !isFinalFault(code),
      hint: code === 'ENOTFOUND' ? 'Check the host name and the network connection.' : undefined,
      cause: error,
    });
  }
}

function okOnly(answer: Answer): { body: Uint8Array } {
  if (answer.kind === 'ok') return answer;
  throw new StorageError(`the server sends logins elsewhere (${answer.to.host})`, { retryable: false });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
