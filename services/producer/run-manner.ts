/** How a run is done, from what its request says: where its files are read, and where its results go. */
import type { RunRequest } from '#shared/queue/run-request.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';

type Manner = Pick<RunSpec, 'storage' | 'secret' | 'attempts' | 'pageSize' | 'output' | 'pools' | 'steal'>;

/** The part of a spec that decides nothing of the result; what is not said is not in it. */
export function mannerOf(request: Partial<RunRequest>, run: string): Manner {
  const { storage, secret, attempts, pageSize, pools, steal, outputBucket, storageType = 's3' } = request;
  const manner = {
    storage,
    secret,
    attempts,
    pageSize,
    pools,
    steal,
    output: outputBucket && outputFolder(outputBucket, storageType, run),
  };
  return Object.fromEntries(Object.entries(manner).filter(([, value]) => value !== undefined));
}

/** `results` or `s3://results/plots`, for run `run6`: `s3://results/run6/`, `s3://results/plots/run6/`. */
export function outputFolder(bucket: string, type: 's3' | 'gs', run: string): string {
  const url = /^(s3|gs):/.test(bucket) ? bucket : `${type}://${bucket}`;
  return `${url.replace(/\/+$/, '')}/${run}/`;
}

/** Where a file of a bucket is, if buckets have another type or name here than in lists of files; all else stays. */
export function placed(location: string, { storageType, bucket }: Pick<RunRequest, 'storageType' | 'bucket'>): string {
  const [, type, name, rest] = /^(s3|gs):\/\/([^/]+)(\/.*)$/.exec(location) ?? [];
  return type === undefined ? location : `${storageType ?? type}://${bucket ?? name}${rest}`;
}
