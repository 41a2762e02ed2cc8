/** A MinIO with samples in a bucket, and one for results, for tests of whole commands. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { MINIO_KEYS, startMinio } from './object-servers.ts';

export interface Buckets extends AsyncDisposable {
  readonly url: string;
  /** Bytes of a file in the bucket `results`; undefined where it is not there. */
  result(key: string): Promise<Buffer | undefined>;
  /** Keys in the bucket `results`, sorted. */
  results(): Promise<string[]>;
}

/** Files go to `samples/toy/NAME`. */
export async function startBuckets(files: readonly string[]): Promise<Buckets> {
  const server = await startMinio();
  const credentials = { accessKeyId: MINIO_KEYS.accessKey, secretAccessKey: MINIO_KEYS.secretKey };
  const admin = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true, credentials });
  for (const Bucket of ['samples', 'results']) await admin.send(new CreateBucketCommand({ Bucket }));
  for (const file of files) {
    await admin.send(new PutObjectCommand({ Bucket: 'samples', Key: `toy/${basename(file)}`, Body: await readFile(file) }));
  }
  return {
    url: server.url,
    async result(key) {
      const answer = await admin.send(new GetObjectCommand({ Bucket: 'results', Key: key })).catch(() => undefined);
      return answer && Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    },
    async results() {
      const { Contents = [] } = await admin.send(new ListObjectsV2Command({ Bucket: 'results' }));
      return Contents.map(({ Key = '' }) => Key).sort();
    },
    async [Symbol.asyncDispose]() {
      admin.destroy();
      await server.close();
    },
  };
}
