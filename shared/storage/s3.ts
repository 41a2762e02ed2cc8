import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { isPipelineError, StorageError } from '../errors.ts';
import { checkedSource } from './checked-source.ts';
import { changedError } from './http-version.ts';
import { parseObjectAddress } from './object-address.ts';
import { objectError } from './object-error.ts';
import type { S3Settings } from './settings.ts';
import type { CountedSource, SourceCounters } from './source.ts';
import { type RequestContext, unlessStalled } from './stall.ts';
import { readStream } from './stream.ts';
import { timeoutOf } from './timeout.ts';

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
  const key = JSON.stringify([settings, timeoutMs]);
  const client = clients.get(key) ?? makeClient(settings, timeoutMs);
  clients.set(key, client);
  return client;
}

async function makeClient({ endpoint, region, pathStyle, anonymous, keys }: S3Settings, timeoutMs: number): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const pair = keys && { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey };
  const session = keys?.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken };
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    // Our own retries count and wait.
    maxAttempts: 1,
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
  const { bucket, key, name } = parseObjectAddress(location);
  const client = await clientFor(options);
  const { HeadObjectCommand, GetObjectCommand } = await import('@aws-sdk/client-s3');
  const counters: SourceCounters = { requests: 0, bytes: 0, retries: 0 };
  const closing = new AbortController();
  const timeout = timeoutOf(options.settings.endpoint ?? `s3 ${options.settings.region}`, options.timeoutMs);
  const context: RequestContext = { name, timeout, closing: closing.signal };
  const send = <T>(signal: AbortSignal | undefined, work: (signal: AbortSignal, progress: () => void) => Promise<T>) => {
    counters.requests++;
    return unlessStalled(context, signal, work, (error) => objectError(name, error));
  };
  const count = (progress: () => void) => (bytes: number) => {
    counters.bytes += bytes;
    progress();
  };
  const askSize = () =>
    send(options.signal, async (abortSignal) => {
      const { ContentLength, ETag } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
      return { size: ContentLength, etag: ETag, first: undefined };
    });
  const askFirst = (headBytes: number) =>
    send(options.signal, async (abortSignal, progress) => {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=0-${headBytes - 1}` }), {
        abortSignal,
      });
      const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
      const first = await readStream(name, answer.Body as AsyncIterable<Uint8Array>, answer.ContentLength ?? 0, count(progress));
      return { size: total === undefined ? undefined : Number(total), etag: answer.ETag, first };
    });
  const { headBytes = 0 } = options;
  // An empty file has no first byte (416).
  const isEmpty = (error: unknown) => isPipelineError(error, 'StorageError') && error.reason.startsWith('changed while');
  const opened = await (headBytes > 0 ? askFirst(headBytes) : askSize()).catch((error: unknown) => {
    if (!isEmpty(error)) throw error;
    return askSize();
  });
  const { size, etag } = opened;
  let { first } = opened;
  if (size === undefined) throw new StorageError('the server does not say how long the file is', { file: name, retryable: false });
  const condition = etag === undefined ? {} : { IfMatch: etag };
  return checkedSource({
    name,
    size,
    version: etag,
    counters,
    read: async (offset, length, signal) => {
      const kept = first;
      first = undefined;
      if (kept !== undefined && offset + length <= kept.length) return kept.slice(offset, offset + length);
      return send(signal, async (abortSignal, progress) => {
        const range = { Range: `bytes=${offset}-${offset + length - 1}`, ...condition };
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range }), { abortSignal });
        progress();
        refuseOther(name, size, etag, answer);
        return readStream(name, answer.Body as AsyncIterable<Uint8Array>, length, count(progress));
      });
    },
    close: async () => closing.abort(new StorageError('closed during a read', { file: name, retryable: false })),
  });
}

function refuseOther(name: string, size: number, etag: string | undefined, answer: GetObjectCommandOutput): void {
  const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
  if (total !== undefined && Number(total) !== size) throw changedError(name, `had ${size} bytes when opened, now ${total}`);
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
  const timeout = timeoutOf(options.settings.endpoint ?? `s3 ${options.settings.region}`, options.timeoutMs);
  const context: RequestContext = { name, timeout, closing: new AbortController().signal };
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
