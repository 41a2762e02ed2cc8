import { StorageError } from '../errors.ts';
import { untilAborted } from './abort.ts';
import { checkedSource, type RawSource, readEach } from './checked-source.ts';
import { withFirstBytes } from './first-bytes.ts';
import type { HttpResponse } from './http-client.ts';
import { statusError } from './http-request.ts';
import { HttpSession, type SessionOptions } from './http-session.ts';
import { contentLength, type FileVersion, parseContentRange, refuseOtherVersion, versionCondition, versionOf } from './http-version.ts';
import { multipartBoundary, parseByteRanges, type RangePart } from './multi-range.ts';
import { changedError } from './read-errors.ts';
import type { ByteRange, CountedSource } from './source.ts';
import { readAtMost, readStream } from './stream.ts';

export interface HttpOptions extends SessionOptions {
  /** A server that answers no ranges is asked for the whole file once, if it is no larger than this. */
  readonly maxWholeBytes: number;
  /** Asks for several ranges by one request. */
  readonly multiRange?: boolean | undefined;
  /** So many first bytes are asked for in place of the size alone, and kept for the first read. */
  readonly headBytes?: number | undefined;
  /** The version, where it has been asked for already. */
  readonly known?: FileVersion | undefined;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A file on a web server, read by ranges. It makes one try a request: retries are `withRetry`'s.
 * @throws StorageError where the server does not give the file; ConfigError where `location` is no URL.
 */
export async function openHttpSource(location: string, options: HttpOptions): Promise<CountedSource> {
  const session = new HttpSession(location, options);
  const file = new HttpFile(session, options.maxWholeBytes);
  const { version, first } = await file.open(options);
  const raw: RawSource = {
    name: session.name,
    size: version.size,
    version: file.version,
    counters: session.counters,
    read: (offset, length, signal) => file.read(offset, length, signal),
    readVector: options.multiRange === true ? (ranges, signal) => file.readVector(ranges, signal) : undefined,
    close: async () => file.close(),
  };
  return checkedSource(withFirstBytes(raw, first));
}

/** Boundary and headers of one part; servers write some 100 bytes. */
const PART_HEADER_ROOM = 1024;
/** Servers that answer several ranges with one, or with the whole file. */
const ONE_RANGE_ONLY = new Set<string>();
const NO_BYTES = Promise.resolve(new Uint8Array(0));

class HttpFile {
  readonly #session: HttpSession;
  readonly #name: string;
  readonly #maxWholeBytes: number;
  #version: FileVersion = { size: 0, etag: undefined, lastModified: undefined };
  /** The whole file, once the server has shown that it answers no ranges. */
  #whole: Promise<Uint8Array> | undefined;

  constructor(session: HttpSession, maxWholeBytes: number) {
    this.#session = session;
    this.#name = session.name;
    this.#maxWholeBytes = maxWholeBytes;
  }

  /** A weak ETag says too little. */
  get version(): string | undefined {
    const { etag, lastModified } = this.#version;
    return etag?.startsWith('W/') === false ? etag : lastModified;
  }

  /** Finds the size: by HEAD, or by asking for the first bytes where they are wanted, or HEAD is refused or says too little. */
  async open({ signal, known, headBytes = 0 }: HttpOptions): Promise<Opened> {
    const opened = known === undefined ? await this.#ask(headBytes, signal) : { version: known };
    if (opened === undefined)
      throw new StorageError('the server does not say how long the file is', { file: this.#name, retryable: false });
    this.#version = opened.version;
    return opened;
  }

  async #ask(headBytes: number, signal: AbortSignal | undefined): Promise<Opened | undefined> {
    if (headBytes > 0) return this.#firstBytes(headBytes, signal);
    return (await this.#head(signal)) ?? (await this.#firstBytes(1, signal));
  }

  async read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = this.#whole === undefined ? await this.#readRange(offset, length, signal) : undefined;
    return bytes ?? (await this.#fromWhole(signal)).slice(offset, offset + length);
  }

  /** Several ranges by one request; one by one where the server does not answer that. */
  async readVector(ranges: readonly ByteRange[], signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    const asked = ranges.filter(({ length }) => length > 0);
    const parts = asked.length > 1 && !ONE_RANGE_ONLY.has(this.#session.origin) ? await this.#readParts(asked, signal) : undefined;
    if (parts === undefined) {
      return readEach((offset, length) => (length === 0 ? NO_BYTES : this.read(offset, length, signal)), ranges);
    }
    const find = ({ offset, length }: ByteRange) => parts.find(({ first, last }) => first <= offset && offset + length - 1 <= last);
    return ranges.map((range) => {
      const part = range.length === 0 ? undefined : find(range);
      return part === undefined
        ? new Uint8Array(0)
        : part.bytes.subarray(range.offset - part.first, range.offset - part.first + range.length);
    });
  }

  /** Undefined where the server does not answer with all parts. */
  #readParts(ranges: readonly ByteRange[], signal: AbortSignal | undefined): Promise<RangePart[] | undefined> {
    const list = ranges.map(({ offset, length }) => `${offset}-${offset + length - 1}`).join(',');
    const room = ranges.reduce((sum, { length }) => sum + length + PART_HEADER_ROOM, PART_HEADER_ROOM);
    return this.#session.send(
      { method: 'GET', signal },
      { range: `bytes=${list}`, ...versionCondition(this.#version) },
      async (response, progress) => {
        const boundary = multipartBoundary(response.headers.get('content-type'));
        if (response.status === 412) throw changedError(this.#name, 'its ETag is another one');
        const { status } = response;
        // The file is shorter now, which reads one by one tell; a server that does not take several ranges may say so, too.
        if (status === 416) return undefined;
        if (status !== 200 && status !== 206) throw statusError(this.#name, response);
        if (status === 200 || boundary === undefined) {
          ONE_RANGE_ONLY.add(this.#session.origin);
          return undefined;
        }
        const parts = parseByteRanges(await readAtMost(this.#name, response.body, room, progress), boundary);
        for (const { total } of parts ?? []) this.#refuseOther(response.headers, total);
        const isThere = ({ offset, length }: ByteRange) => parts?.some(({ first, last }) => first <= offset && offset + length - 1 <= last);
        return ranges.every(isThere) ? parts : undefined;
      },
    );
  }

  close(): void {
    this.#session.close();
    this.#whole = undefined;
  }

  #head(signal: AbortSignal | undefined): Promise<Opened | undefined> {
    return this.#session.send({ method: 'HEAD', signal }, {}, (response) => {
      if (response.status === 403 || response.status === 405 || response.status === 501) return undefined;
      if (response.status !== 200) throw statusError(this.#name, response);
      const size = contentLength(response.headers);
      return size === undefined ? undefined : { version: versionOf(response.headers, size) };
    });
  }

  #firstBytes(count: number, signal: AbortSignal | undefined): Promise<Opened | undefined> {
    return this.#session.send({ method: 'GET', signal }, { range: `bytes=0-${count - 1}` }, async (response, progress) => {
      const { status, headers } = response;
      const emptyFile = status === 416 && headers.get('content-range') === 'bytes */0';
      if (status !== 200 && status !== 206 && !emptyFile) throw statusError(this.#name, response);
      const range = parseContentRange(headers.get('content-range'));
      const ranged = emptyFile ? 0 : range?.total;
      const size = status === 200 ? contentLength(headers) : ranged;
      const hasFirst = count > 1 && status === 206 && range?.first === 0;
      const first = hasFirst ? await readStream(this.#name, response.body, range.last + 1, progress) : undefined;
      return size === undefined ? undefined : { version: versionOf(headers, size), first };
    });
  }

  /** Undefined where the server ignores the range and starts to send the whole file. */
  #readRange(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const headers = { range: `bytes=${offset}-${offset + length - 1}`, ...versionCondition(this.#version) };
    return this.#session.send({ method: 'GET', signal }, headers, async (response, progress) => {
      if (response.status === 200) {
        this.#refuseOther(response.headers, contentLength(response.headers));
        return undefined;
      }
      this.#checkPartial(response, offset, length);
      return readStream(this.#name, response.body, length, progress);
    });
  }

  #checkPartial(response: HttpResponse, offset: number, length: number): void {
    const { status, headers } = response;
    if (status === 412) throw changedError(this.#name, 'its ETag is another one');
    if (status === 416) throw changedError(this.#name, `has no byte ${offset} any more`);
    if (status !== 206) throw statusError(this.#name, response);
    const range = parseContentRange(headers.get('content-range'));
    if (range === undefined) {
      throw new StorageError('the server sent a part without saying which (Content-Range)', { file: this.#name, offset, retryable: false });
    }
    this.#refuseOther(headers, range.total);
    if (range.first === offset && range.last === offset + length - 1) return;
    throw new StorageError(`the server sent bytes ${range.first}-${range.last} instead of ${offset}-${offset + length - 1}`, {
      file: this.#name,
      offset,
    });
  }

  /** Where an answer does not tell the size, only what else it tells counts. */
  #refuseOther(headers: Headers, size = this.#version.size): void {
    refuseOtherVersion(this.#name, this.#version, versionOf(headers, size));
  }

  /** The whole file, fetched once for all reads: one read's abort must not take it from the others. */
  async #fromWhole(signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.#whole ??= this.#readWhole().catch((error: unknown) => {
      this.#whole = undefined;
      throw error;
    });
    return untilAborted(this.#whole, signal);
  }

  async #readWhole(): Promise<Uint8Array> {
    const { size } = this.#version;
    if (size > this.#maxWholeBytes) {
      throw new StorageError(`the server sends only whole files, and this one has ${size} bytes (limit: ${this.#maxWholeBytes})`, {
        file: this.#name,
        retryable: false,
        hint: 'Copy the file to a local folder first, or ask for a server that supports range requests.',
      });
    }
    return this.#session.send({ method: 'GET' }, {}, (response, progress) => {
      if (response.status !== 200) throw statusError(this.#name, response);
      this.#refuseOther(response.headers, size);
      return readStream(this.#name, response.body, size, progress);
    });
  }
}

interface Opened {
  readonly version: FileVersion;
  /** What came with the size. */
  readonly first?: Uint8Array | undefined;
}
