import { StorageError } from '../errors.ts';
import { untilAborted } from './abort.ts';
import { checkedSource } from './checked-source.ts';
import type { FolderEntry } from './folder.ts';
import { changedError, closedError } from './read-errors.ts';
import type { ByteRange, CountedSource, SourceCounters } from './source.ts';
import type { XrootdConnection } from './xrootd/connection.ts';
import type { Loan } from './xrootd/pool.ts';
import {
  askOnce,
  askServers,
  isUnsupported,
  parseXrootdAddress,
  type XrootdAddress,
  type XrootdOptions,
  xrootdError,
} from './xrootd/server.ts';
import * as wire from './xrootd/wire.ts';

/** What servers take in one vector read unless they are told otherwise: parts, and bytes of one part. */
export const XROOTD_VECTOR = { ranges: 1024, rangeBytes: 2_097_136 } as const;

/** A short read so soon after it has been asked for changes does not ask again: servers tell times in whole seconds. */
const RECHECK_MS = 200;
const SHORT_READ_BYTES = 64 * 1024;

/** A file as one server has it open. */
interface Handle {
  readonly loan: Loan;
  readonly id: Uint8Array;
}

/**
 * A file on an XRootD server, `root://host[:port]//path`; `roots://` insists on TLS. Several ranges are one vector read.
 * It makes one try a request: after a lost connection the next read opens the file again and refuses another version.
 * @throws StorageError where the server does not give the file; ConfigError where `location` is no such address.
 */
export async function openXrootdSource(location: string, options: XrootdOptions): Promise<CountedSource> {
  const file = new XrootdFile(parseXrootdAddress(location), options);
  const size = await file.open(options.signal);
  return checkedSource({
    name: file.address.name,
    size,
    version: file.version,
    counters: file.counters,
    read: async (offset, length, signal) => file.read(offset, length, signal),
    readVector: (ranges, signal) => file.readVector(ranges, signal),
    verify: (signal) => file.verify(signal),
    close: () => file.close(),
  });
}

class XrootdFile {
  readonly address: XrootdAddress;
  readonly counters: SourceCounters = { requests: 0, bytes: 0, retries: 0 };
  readonly #options: XrootdOptions;
  readonly #closing = new AbortController();
  /** Whoever reads asks for changes in the end. */
  readonly #verifies: boolean;
  #handle: Promise<Handle> | undefined;
  #stat: wire.XrootdStat | undefined;
  #hasVectorReads = true;
  #checkedAt = 0;

  constructor(address: XrootdAddress, options: XrootdOptions) {
    this.address = address;
    this.#options = options;
    this.#verifies = options.verifies ?? false;
  }

  get version(): string | undefined {
    return this.#stat === undefined ? undefined : `${this.#stat.modified}`;
  }

  async open(signal: AbortSignal | undefined): Promise<number> {
    await this.#opened(signal);
    return this.#stat?.size ?? 0;
  }

  async read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const mayTrust = this.#verifies || (length <= SHORT_READ_BYTES && performance.now() - this.#checkedAt < RECHECK_MS);
    return this.#use(signal, !mayTrust, async ({ loan, id }, either) => {
      const bytes = await this.#ask(loan.connection, wire.readRequest(id, offset, length), either, length);
      this.counters.bytes += bytes.length;
      if (bytes.length === length) return bytes;
      throw new StorageError(`the server sent ${bytes.length} of ${length} bytes`, { file: this.address.name, offset });
    });
  }

  async readVector(ranges: readonly ByteRange[], signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    if (!this.#hasVectorReads || ranges.some(({ length }) => length > XROOTD_VECTOR.rangeBytes))
      return this.#readSeparately(ranges, signal);
    return this.#use(signal, !this.#verifies, async ({ loan, id }, either) => {
      const room = ranges.reduce((sum, { length }) => sum + length + wire.VECTOR_HEADER_LENGTH, 0);
      this.counters.requests++;
      const answer = await loan.connection.ask(wire.vectorReadRequest(id, ranges), either, room);
      const parts = answer.kind === 'ok' ? wire.parseVector(answer.body) : undefined;
      const answers = ranges.map(({ offset, length }, index) => {
        const part = parts?.[index];
        if (part?.offset === offset && part.bytes.length === length) return part.bytes;
        throw new StorageError('the server sent other ranges than it was asked for', { file: this.address.name, offset });
      });
      for (const { length } of answers) this.counters.bytes += length;
      return answers;
    }).catch((error: unknown) => {
      if (!isUnsupported(error)) throw xrootdError(this.address.name, error);
      this.#hasVectorReads = false;
      return this.#readSeparately(ranges, signal);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(closedError(this.address.name, 'closed during a read'));
    const handle = await this.#handle?.catch(() => undefined);
    if (handle === undefined) return;
    // Nobody waits for it: the server forgets the file with the connection at the latest.
    if (handle.loan.connection.usable) handle.loan.connection.ask(wire.closeRequest(handle.id)).catch(() => undefined);
    handle.loan.release();
  }

  /** @throws StorageError where the file is not the one that was opened any more */
  async verify(signal: AbortSignal | undefined): Promise<void> {
    await this.#use(signal, true, async () => undefined);
  }

  #readSeparately(ranges: readonly ByteRange[], signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    return Promise.all(ranges.map(({ offset, length }) => (length === 0 ? new Uint8Array(0) : this.read(offset, length, signal))));
  }

  /** Runs a read together with a question about the file's size and time: both go out at once. */
  async #use<T>(signal: AbortSignal | undefined, check: boolean, read: (handle: Handle, signal: AbortSignal) => Promise<T>): Promise<T> {
    const either = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    const handle = await untilAborted(this.#opened(this.#closing.signal), either);
    const asked = this.#handle;
    try {
      const look = () => this.#ask(handle.loan.connection, wire.statHandleRequest(handle.id), either);
      const reading = read(handle, either);
      const [checked, result] = await Promise.allSettled([check ? look() : undefined, reading]);
      either.throwIfAborted();
      // A read that fails because the file has changed is to say so.
      const stat =
        checked.status === 'fulfilled' && result.status === 'rejected'
          ? (checked.value ?? (await look().catch(() => undefined)))
          : undefined;
      const seen = stat ?? (checked.status === 'fulfilled' ? checked.value : undefined);
      if (seen !== undefined) this.#refuseChange(wire.parseStat(new TextDecoder().decode(seen)));
      if (result.status === 'rejected') throw result.reason;
      if (checked.status === 'rejected') throw checked.reason;
      return result.value;
    } catch (error) {
      if (!handle.loan.connection.usable && this.#handle === asked) this.#forget(handle);
      throw error;
    }
  }

  #forget(handle: Handle): void {
    this.#handle = undefined;
    handle.loan.release();
  }

  async #ask(
    connection: XrootdConnection,
    request: wire.RequestFrame,
    signal: AbortSignal | undefined,
    room?: number,
  ): Promise<Uint8Array> {
    this.counters.requests++;
    const answer = await askOnce(this.address.name, connection, request, signal, room);
    if (answer.kind === 'ok') return answer.body;
    throw new StorageError('the server sends us elsewhere in the middle of a file', { file: this.address.name });
  }

  /** The open file; opened anew after its connection was lost. Shared by all reads: one read's abort does not end it. */
  #opened(signal: AbortSignal | undefined): Promise<Handle> {
    this.#handle ??= this.#openOnce(signal).catch((error: unknown) => {
      this.#handle = undefined;
      throw error;
    });
    return this.#handle;
  }

  async #openOnce(signal: AbortSignal | undefined): Promise<Handle> {
    const { loan, body } = await askServers(this.address, this.#options, this.counters, wire.openRequest, signal);
    try {
      const opened = wire.parseOpened(body);
      if (opened === undefined) throw new StorageError('the server opened the file without saying as what', { file: this.address.name });
      const stat = opened.stat ?? (await this.#statOf(loan.connection, opened.handle));
      this.#stat ??= stat;
      this.#refuseChange(stat);
      return { loan, id: opened.handle };
    } catch (error) {
      loan.release();
      throw error;
    }
  }

  async #statOf(connection: XrootdConnection, handle: Uint8Array): Promise<wire.XrootdStat> {
    const stat = wire.parseStat(new TextDecoder().decode(await this.#ask(connection, wire.statHandleRequest(handle), undefined)));
    if (stat === undefined)
      throw new StorageError('the server does not say how long the file is', { file: this.address.name, retryable: false });
    return stat;
  }

  /** Servers tell times in whole seconds. */
  #refuseChange(now: wire.XrootdStat | undefined): void {
    const opened = this.#stat;
    this.#checkedAt = performance.now();
    if (opened === undefined || now === undefined) return;
    if (now.size !== opened.size) throw changedError(this.address.name, `had ${opened.size} bytes when opened, now ${now.size}`);
    if (now.modified !== opened.modified) {
      throw changedError(this.address.name, `was written to at ${new Date(now.modified * 1000).toISOString()}`);
    }
  }
}

/** Names of a folder's entries, with sizes; folders are marked. @throws StorageError */
export async function listXrootdFolder(location: string, options: XrootdOptions): Promise<FolderEntry[]> {
  const address = parseXrootdAddress(location);
  const { loan, body } = await askServers(address, options, { requests: 0, bytes: 0, retries: 0 }, wire.listRequest);
  loan.release();
  return wire.parseList(body).map(({ name, stat }) => ({
    name,
    size: stat?.size ?? 0,
    isFolder: stat !== undefined && wire.isFolder(stat),
  }));
}
