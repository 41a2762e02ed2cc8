/** Files to a folder of a bucket. */
import { ConfigError } from '../errors.ts';
import { DEFAULT_RETRY, type RetryPolicy, retry } from '../runtime/retry.ts';
import { bandwidthLimit } from './bandwidth.ts';
import { urlScheme } from './schemes.ts';
import type { StorageSettings } from './settings.ts';
import { type Upload, uploadOf } from './upload-bytes.ts';

export interface UploadOptions {
  readonly settings: StorageSettings;
  readonly retry?: RetryPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PARALLEL = 4;
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
};

/**
 * Writes files into a folder, `s3://bucket/folder/` or `gs://bucket/folder/`, over those of the same names; with retries, some
 * at the same time, and no faster together than the settings say.
 * @throws StorageError naming the first file that cannot be written; ConfigError where there is no such place
 */
export async function uploadFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  { settings, retry: policy = DEFAULT_RETRY, signal }: UploadOptions,
): Promise<void> {
  const put = await putterOf(folder, settings, signal);
  const { uploadBytesPerSecond: cap, parallel = PARALLEL } = settings;
  const limit = cap === undefined ? undefined : bandwidthLimit(cap);
  const waiting = Object.entries(files);
  const next = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const [name, content] = file;
      const upload = uploadOf(typeof content === 'string' ? Buffer.from(content) : content, typeOf(name), limit);
      await retry(() => put(`${folder}${name}`, upload), { policy, signal });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(parallel, waiting.length) }, next));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

type Put = (location: string, upload: Upload) => Promise<void>;

async function putterOf(folder: string, settings: StorageSettings, signal: AbortSignal | undefined): Promise<Put> {
  const scheme = urlScheme(folder);
  const { timeoutMs, s3, gcs } = settings;
  const { putS3 } = await import('./s3.ts');
  if (scheme === 's3') return (location, upload) => putS3(location, upload, { settings: s3, timeoutMs, signal });
  if (scheme !== 'gs') throw new ConfigError('results go to buckets only', { file: folder, hint: 'Name one: s3://bucket or gs://bucket.' });
  const { gcsAsS3, putGcs } = await import('./gcs.ts');
  const asS3 = gcsAsS3(gcs);
  if (asS3 !== undefined) return (location, upload) => putS3(location, upload, { settings: asS3, timeoutMs, signal });
  return (location, upload) => putGcs(location, upload, { settings: gcs, timeoutMs, signal });
}

function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}
