import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { isPipelineError, StorageError } from '../errors.ts';
import { checkedSource, type RawSource } from './checked-source.ts';
import { withFirstBytes } from './first-bytes.ts';
import { type ObjectAddress, parseObjectAddress } from './object-address.ts';
import { objectError } from './object-error.ts';
import { changedError, closedError } from './read-errors.ts';
import { remembered } from './remembered.ts';
import type { S3Settings } from './settings.ts';
import type { CountedSource, SourceCounters } from './source.ts';
import { type RequestContext, unlessStalled } from './stall.ts';
import { readStream } from './stream.ts';
import { type LearnedTimeout, timeoutOf } from './timeout.ts';
import { type Upload, uploadContext } from './upload-bytes.ts';

export interface S3Options {
  readonly settings: S3Settings;
  readonly timeoutMs: number;
  /** So many first bytes are asked for in place of the size alone, and kept for the first read. */
  readonly headBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One client a thread and setting: they share connections and looked-up credentials. */
const clients = new Map<string, Promise<S3Client>>();

function clientFor({ settings, timeoutMs }: S3Options): Promise<S3Client> {
  return remembered(clients, JSON.stringify([settings, timeoutMs]), () => makeClient(settings, timeoutMs));
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function makeClient({ endpoint, region, pathStyle, anonymous, keys }: S3Settings, timeoutMs: number): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const pair = keys && { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey };
  const session = keys?.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken };
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    // Our own retries count and wait.
    maxAttempts: 1,
    // It writes to stderr by itself otherwise; what went wrong is in our errors.
    logger: SILENT,
    // Other servers than Amazon's know no other checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: timeoutMs },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pair === undefined ? {} : { credentials: { ...pair, ...session } }),
    ...(anonymous ? { signer: { sign: async (request) => request }, credentials: { accessKeyId: '', secretAccessKey: '' } } : {}),
  });
}

/**
 * A file in a bucket, `s3://bucket/key`, read by ranges of the version (ETag) that was opened. One try a request.
 * @throws StorageError where the server does not give the file; ConfigError where `location` is no such address
 */
export async function openS3Source(location: string, options: S3Options): Promise<CountedSource> {
  const address = parseObjectAddress(location);
  const file = new S3File(address, await clientFor(options), await import('@aws-sdk/client-s3'), options);
  const { size, etag, first } = await file.open(options);
  const raw: RawSource = {
    name: address.name,
    size,
    version: etag,
    counters: file.counters,
    read: (offset, length, signal) => file.read(offset, length, signal),
    close: async () => file.close(),
  };
  return checkedSource(withFirstBytes(raw, first));
}

interface OpenedObject {
  readonly size: number;
  readonly etag: string | undefined;
  /** What came with the size. */
  readonly first?: Uint8Array | undefined;
}

/** The two of its commands that files need: the package is loaded when it is. */
type Sdk = Pick<typeof import('@aws-sdk/client-s3'), 'HeadObjectCommand' | 'GetObjectCommand'>;

class S3File {
  readonly counters: SourceCounters = { requests: 0, bytes: 0, retries: 0 };
  readonly #address: ObjectAddress;
  readonly #client: S3Client;
  readonly #sdk: Sdk;
  readonly #closing = new AbortController();
  readonly #context: RequestContext;
  #opened: OpenedObject = { size: 0, etag: undefined };

  constructor(address: ObjectAddress, client: S3Client, sdk: Sdk, options: S3Options) {
    this.#address = address;
    this.#client = client;
    this.#sdk = sdk;
    this.#context = { name: address.name, timeout: timeoutFor(options), closing: this.#closing.signal };
  }

  async open({ headBytes = 0, signal }: S3Options): Promise<OpenedObject> {
    const opened = (headBytes > 0 ? await this.#askFirst(headBytes, signal) : undefined) ?? (await this.#askSize(signal));
    this.#opened = { size: opened.size, etag: opened.etag };
    return opened;
  }

  async read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { size, etag } = this.#opened;
    return this.#get(offset, length, etag, signal, (answer, progress) => {
      refuseOther(this.#address.name, size, etag, answer);
      return readStream(this.#address.name, answer.Body as AsyncIterable<Uint8Array>, length, progress);
    });
  }

  close(): void {
    this.#closing.abort(closedError(this.#address.name, 'closed during a read'));
  }

  async #askSize(signal: AbortSignal | undefined): Promise<OpenedObject> {
    const { bucket: Bucket, key: Key, name } = this.#address;
    const command = new this.#sdk.HeadObjectCommand({ Bucket, Key });
    const { ContentLength: size, ETag: etag } = await this.#send(signal, (abortSignal) => this.#client.send(command, { abortSignal }));
    if (size === undefined) throw new StorageError('the server does not say how long the file is', { file: name, retryable: false });
    return { size, etag };
  }

  /** Undefined for an empty file, which has no first byte, and where the answer does not tell the size. */
  async #askFirst(headBytes: number, signal: AbortSignal | undefined): Promise<OpenedObject | undefined> {
    const { name } = this.#address;
    const asked = this.#get(0, headBytes, undefined, signal, async (answer, progress) => {
      const total = totalOf(answer);
      if (total === undefined) return undefined;
      const first = await readStream(name, answer.Body as AsyncIterable<Uint8Array>, Math.min(total, headBytes), progress);
      return { size: total, etag: answer.ETag, first };
    });
    return asked.catch((error: unknown) => {
      if (isPipelineError(error) && error.kind === 'changed') return undefined;
      throw error;
    });
  }

  #get<T>(
    offset: number,
    length: number,
    etag: string | undefined,
    signal: AbortSignal | undefined,
    use: (answer: GetObjectCommandOutput, progress: (bytes: number) => void) => Promise<T>,
  ): Promise<T> {
    const { bucket: Bucket, key: Key } = this.#address;
    const condition = etag === undefined ? {} : { IfMatch: etag };
    const command = new this.#sdk.GetObjectCommand({ Bucket, Key, Range: `bytes=${offset}-${offset + length - 1}`, ...condition });
    return this.#send(signal, async (abortSignal, progress) => {
      const answer = await this.#client.send(command, { abortSignal });
      progress();
      return use(answer, (bytes) => {
        this.counters.bytes += bytes;
        progress();
      });
    });
  }

  #send<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal, progress: () => void) => Promise<T>): Promise<T> {
    this.counters.requests++;
    return unlessStalled(this.#context, signal, work, (error) => objectError(this.#address.name, error));
  }
}

function timeoutFor({ settings, timeoutMs }: S3Options): LearnedTimeout {
  return timeoutOf(settings.endpoint ?? `s3 ${settings.region}`, timeoutMs);
}

function totalOf({ ContentRange }: GetObjectCommandOutput): number | undefined {
  const total = /\/(\d+)$/.exec(ContentRange ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

function refuseOther(name: string, size: number, etag: string | undefined, answer: GetObjectCommandOutput): void {
  const total = totalOf(answer);
  if (total !== undefined && total !== size) throw changedError(name, `had ${size} bytes when opened, now ${total}`);
  if (etag !== undefined && answer.ETag !== undefined && answer.ETag !== etag) throw changedError(name, 'its ETag is another one');
}

/** One file of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
}

/** All keys that begin so, page by page, in the server's order. @throws StorageError */
export async function* listS3(bucket: string, prefix: string, options: S3Options): AsyncGenerator<ListedObject> {
  const name = `s3://${bucket}/${prefix}`;
  const client = await clientFor(options);
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const context: RequestContext = { name, timeout: timeoutFor(options), closing: new AbortController().signal };
  for (let from: string | undefined; ; ) {
    const input = { Bucket: bucket, Prefix: prefix, ...(from === undefined ? {} : { ContinuationToken: from }) };
    const page = await unlessStalled(
      context,
      options.signal,
      (abortSignal) => client.send(new ListObjectsV2Command(input), { abortSignal }),
      (error) => objectError(name, error),
    );
    for (const { Key: key, Size: size } of page.Contents ?? []) if (key !== undefined) yield { key, size: size ?? 0 };
    from = page.NextContinuationToken;
    if (from === undefined) return;
  }
}

/** Writes one object, whole. One try. @throws StorageError; ConfigError where `location` is no such address */
export async function putS3(location: string, upload: Upload, options: S3Options): Promise<void> {
  const { bucket: Bucket, key: Key, name } = parseObjectAddress(location);
  const client = await clientFor(options);
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  const { bytes: Body, type: ContentType } = upload;
  await unlessStalled(
    uploadContext(name, upload, options.timeoutMs),
    options.signal,
    (abortSignal, progress) => {
      const command = new PutObjectCommand({ Bucket, Key, Body, ContentType });
      // After it was signed, which needs all bytes at once.
      command.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { body: unknown };
          request.body = Readable.from(upload.pieces(progress, abortSignal));
          return next(args);
        },
        { step: 'deserialize', priority: 'low', name: 'paced' },
      );
      return client.send(command, { abortSignal });
    },
    (error) => objectError(name, error, 'write'),
  );
}
