import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Storage } from '@google-cloud/storage';
import type { JWT } from 'google-auth-library';
import { ConfigError, type ErrorDetails, StorageError } from '../errors.ts';
import { checkedSource, type RawSource } from './checked-source.ts';
import { withFirstBytes } from './first-bytes.ts';
import type { HttpResponse } from './http-client.ts';
import { request, statusError } from './http-request.ts';
import { parseContentRange } from './http-version.ts';
import { type ObjectAddress, parseObjectAddress } from './object-address.ts';
import { objectError } from './object-error.ts';
import { changedError, closedError } from './read-errors.ts';
import { remembered } from './remembered.ts';
import type { ListedObject } from './s3.ts';
import type { GcsSettings, S3Settings } from './settings.ts';
import type { ByteRange, CountedSource, SourceCounters } from './source.ts';
import { type RequestContext, unlessStalled } from './stall.ts';
import { readStream } from './stream.ts';
import { timeoutOf } from './timeout.ts';
import { type Upload, uploadContext } from './upload-bytes.ts';

export interface GcsOptions {
  readonly settings: GcsSettings;
  readonly timeoutMs: number;
  /** So many first bytes are asked for in place of the size alone, and kept for the first read. */
  readonly headBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const GOOGLE = 'https://storage.googleapis.com';

/** HMAC keys are for the S3-compatible interface. Undefined where there are none. */
export function gcsAsS3({ endpoint, keys }: GcsSettings): S3Settings | undefined {
  return keys && { endpoint: endpoint ?? GOOGLE, region: 'auto', pathStyle: true, anonymous: false, keys };
}

/** One client a thread, setting and version of the key file. */
const clients = new Map<string, Promise<Storage>>();

async function clientFor({ settings }: GcsOptions): Promise<Storage> {
  const key = JSON.stringify([settings, await keyFileVersion(settings)]);
  return remembered(clients, key, () => makeClient(settings));
}

/** A file that was replaced holds another key. */
async function keyFileVersion({ keyFile }: GcsSettings): Promise<readonly number[]> {
  const known = keyFile === undefined ? undefined : await stat(keyFile).catch(() => undefined);
  return known === undefined ? [] : [known.mtimeMs, known.size];
}

async function makeClient(settings: GcsSettings): Promise<Storage> {
  const { endpoint, projectId, anonymous } = settings;
  const { Storage } = await import('@google-cloud/storage');
  // The client logs in nowhere but at Google, unless told to; with its own address spelled another way, not there either.
  const apiEndpoint = endpoint ?? (anonymous ? `${GOOGLE}/` : undefined);
  return new Storage({
    retryOptions: { autoRetry: false, maxRetries: 0 },
    ...(apiEndpoint === undefined ? {} : { apiEndpoint, useAuthWithCustomEndpoint: !anonymous && hasLogin(settings) }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(!hasLogin(settings) || anonymous ? {} : { authClient: await loginOf(settings) }),
  });
}

function hasLogin({ keyFile, keyJson }: GcsSettings): boolean {
  return keyFile !== undefined || keyJson !== undefined;
}

/** Of a service account. It may read and write: what of it is allowed, the bucket says. */
async function loginOf({ keyFile, keyJson }: GcsSettings): Promise<JWT> {
  const { JWT } = await import('google-auth-library');
  const place = keyJson === undefined ? { file: keyFile, object: 'GCS_KEY_FILE' } : { object: 'GCS_KEY_JSON' };
  const { client_email: email, private_key: key } = parseKey(keyJson ?? (await readKeyFile(keyFile ?? '')), place);
  const login = new JWT({ email, key, scopes: ['https://www.googleapis.com/auth/devstorage.read_write'] });
  // Signed here: there is no token to be asked for first.
  login.useJWTAccessWithScope = true;
  return login;
}

function readKeyFile(keyFile: string): Promise<string> {
  return readFile(keyFile, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`cannot be read: ${why}`, { file: keyFile, object: 'GCS_KEY_FILE' });
  });
}

function parseKey(text: string, place: ErrorDetails): { client_email: string; private_key: string } {
  try {
    const key: unknown = JSON.parse(text);
    const { client_email, private_key } = key as { client_email?: unknown; private_key?: unknown };
    if (typeof client_email === 'string' && typeof private_key === 'string') return { client_email, private_key };
  } catch {
    // Said below, without what it holds.
  }
  throw new ConfigError('is no JSON key of a service account', place);
}

/**
 * A file in a Google bucket, `gs://bucket/key`, read by ranges of the generation that was opened. One try a request.
 * @throws StorageError where the server does not give the file; ConfigError where `location` is no such address
 */
export async function openGcsSource(location: string, options: GcsOptions): Promise<CountedSource> {
  const address = parseObjectAddress(location);
  const file = new GcsFile(address, await clientFor(options), options);
  const { size, generation, first } = await file.open(options);
  const raw: RawSource = {
    name: address.name,
    size,
    version: generation,
    counters: file.counters,
    read: (offset, length, signal) => file.read(offset, length, signal),
    close: async () => file.close(),
  };
  return checkedSource(withFirstBytes(raw, first));
}

class GcsFile {
  readonly counters: SourceCounters = { requests: 0, bytes: 0, retries: 0 };
  readonly #address: ObjectAddress;
  readonly #client: Storage;
  readonly #settings: GcsSettings;
  readonly #closing = new AbortController();
  readonly #context: RequestContext;
  /** Of the content; names the generation once it is known. */
  readonly #url: URL;
  #size = 0;

  constructor(address: ObjectAddress, client: Storage, { settings, timeoutMs }: GcsOptions) {
    this.#address = address;
    this.#client = client;
    this.#settings = settings;
    this.#context = { name: address.name, timeout: timeoutOf(settings.endpoint ?? GOOGLE, timeoutMs), closing: this.#closing.signal };
    const [bucket, key] = [address.bucket, address.key].map(encodeURIComponent);
    this.#url = new URL(`${client.apiEndpoint}/storage/v1/b/${bucket}/o/${key}?alt=media`);
  }

  async open({ headBytes = 0, signal }: GcsOptions): Promise<Opened> {
    const { name } = this.#address;
    const asked =
      headBytes > 0 ? await this.#ask({ offset: 0, length: headBytes }, signal, (...answer) => readFirst(name, ...answer)) : undefined;
    const opened = asked ?? (await this.#askMetadata(signal));
    if (!Number.isSafeInteger(opened.size)) {
      throw new StorageError('the server does not say how long the file is', { file: name, retryable: false });
    }
    this.#size = opened.size;
    if (opened.generation !== undefined) this.#url.searchParams.set('generation', opened.generation);
    return opened;
  }

  async read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return this.#ask({ offset, length }, signal, (response, progress) => {
      refuseOther(this.#address.name, this.#size, { offset, length }, response);
      return readStream(this.#address.name, response.body, length, progress);
    });
  }

  close(): void {
    this.#closing.abort(closedError(this.#address.name, 'closed during a read'));
  }

  async #ask<T>({ offset, length }: ByteRange, signal: AbortSignal | undefined, use: Use<T>): Promise<T> {
    this.counters.requests++;
    const headers = { range: `bytes=${offset}-${offset + length - 1}` };
    const login = await authorization(this.#client, this.#settings, this.#address.name);
    const credentials = { origin: this.#url.origin, headers: login };
    return request(this.#context, { url: this.#url, method: 'GET', headers, credentials, signal }, (response, _url, progress) =>
      use(response, (bytes) => {
        this.counters.bytes += bytes;
        progress();
      }),
    );
  }

  async #askMetadata(signal: AbortSignal | undefined): Promise<Opened> {
    this.counters.requests++;
    const { bucket, key, name } = this.#address;
    const call = (either: AbortSignal) => abandoned(this.#client.bucket(bucket).file(key).getMetadata(), either);
    const [{ size, generation }] = await unlessStalled(this.#context, signal, call, (error) => objectError(name, error));
    return { size: Number(size ?? Number.NaN), generation: generation === undefined ? undefined : `${generation}`, first: undefined };
  }
}

type Use<T> = (response: HttpResponse, progress: (bytes: number) => void) => Promise<T> | T;

interface Opened {
  readonly size: number;
  readonly generation: string | undefined;
  readonly first: Uint8Array | undefined;
}

/** Size, generation and first bytes by one request; undefined where the answer does not tell: of an empty file, or by an emulator. */
async function readFirst(name: string, response: HttpResponse, progress: (bytes: number) => void): Promise<Opened | undefined> {
  const range = parseContentRange(response.headers.get('content-range'));
  const generation = response.headers.get('x-goog-generation') ?? undefined;
  if (response.status !== 206 || range?.first !== 0 || generation === undefined) return undefined;
  return { size: range.total, generation, first: await readStream(name, response.body, range.last + 1, progress) };
}

/** A login of the client, which keeps it until it expires. */
async function authorization(client: Storage, settings: GcsSettings, name: string): Promise<Record<string, string>> {
  if (settings.anonymous || (settings.endpoint !== undefined && !hasLogin(settings))) return {};
  const headers = await client.authClient.getRequestHeaders(client.apiEndpoint).catch((error: unknown) => {
    throw objectError(name, error);
  });
  const value = headers.get('authorization');
  return value === null ? {} : { authorization: value };
}

function refuseOther(name: string, size: number, { offset, length }: ByteRange, response: HttpResponse): void {
  // The generation that was opened is there no more: another one has taken its place.
  if (response.status === 404) throw changedError(name, 'it was replaced or removed');
  if (response.status !== 206) throw statusError(name, response);
  const range = parseContentRange(response.headers.get('content-range'));
  if (range !== undefined && range.total !== size) throw changedError(name, `had ${size} bytes when opened, now ${range.total}`);
  if (range?.first === offset && range.last === offset + length - 1) return;
  throw new StorageError('the server sent another range than it was asked for', { file: name, offset });
}

/** The client's own calls cannot be ended: they are left alone. */
function abandoned<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    call.then(resolve, reject);
  });
}

/** All keys that begin so, page by page, in the server's order. @throws StorageError */
export async function* listGcs(bucket: string, prefix: string, options: GcsOptions): AsyncGenerator<ListedObject> {
  const name = `gs://${bucket}/${prefix}`;
  const client = await clientFor(options);
  const context: RequestContext = {
    name,
    timeout: timeoutOf(options.settings.endpoint ?? GOOGLE, options.timeoutMs),
    closing: new AbortController().signal,
  };
  for (let from: string | undefined; ; ) {
    const query = { prefix, autoPaginate: false, ...(from === undefined ? {} : { pageToken: from }) };
    const [files, next] = await unlessStalled(
      context,
      options.signal,
      (signal) => abandoned(client.bucket(bucket).getFiles(query), signal),
      (error) => objectError(name, error),
    );
    for (const file of files) yield { key: file.name, size: Number(file.metadata.size ?? 0) };
    from = (next as { pageToken?: string } | null)?.pageToken;
    if (from === undefined) return;
  }
}

/** Writes one object, whole. One try. @throws StorageError; ConfigError where `location` is no such address */
export async function putGcs(location: string, upload: Upload, options: GcsOptions): Promise<void> {
  const { bucket, key, name } = parseObjectAddress(location);
  const client = await clientFor(options);
  await unlessStalled(
    uploadContext(name, upload, options.timeoutMs),
    options.signal,
    (signal, progress) => {
      const target = client.bucket(bucket).file(key).createWriteStream({ resumable: false, contentType: upload.type });
      return pipeline(Readable.from(upload.pieces(progress, signal)), target, { signal });
    },
    (error) => objectError(name, error, 'write'),
  );
}
