import { ConfigError } from '../errors.ts';

/** A bucket and a key in it. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly name: string;
}

/** Of `s3://bucket/key` or `gs://bucket/key`; the key is taken as it stands, `%` and `?` too. @throws ConfigError */
export function parseObjectAddress(location: string): ObjectAddress {
  const match = /^([a-z0-9]+):\/\/([^/@?#]+)\/(.+)$/i.exec(location);
  const [, scheme = '', bucket = '', key = ''] = match ?? [];
  if (match !== null) return { bucket, key, name: `${scheme.toLowerCase()}://${bucket}/${key}` };
  throw new ConfigError('names no file in a bucket', {
    file: location.replace(/\/\/[^/]*@/, '//...@'),
    hint: `Addresses look like ${/^gs/i.test(location) ? 'gs' : 's3'}://bucket/folder/file.root; keys are settings of their own.`,
  });
}
