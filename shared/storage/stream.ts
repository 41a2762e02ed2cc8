import { StorageError } from '../errors.ts';

/**
 * Collects a body of exactly `length` bytes, never holding more than that.
 * @throws StorageError, retryable, where it is shorter or longer
 */
export async function readStream(
  name: string,
  body: AsyncIterable<Uint8Array>,
  length: number,
  progress: (bytes: number) => void,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  for await (const chunk of body) {
    if (done + chunk.length > length) throw new StorageError(`the server sent more than the ${length} bytes asked for`, { file: name });
    bytes.set(chunk, done);
    done += chunk.length;
    progress(chunk.length);
  }
  if (done < length) throw new StorageError(`the server sent ${done} of ${length} bytes`, { file: name });
  return bytes;
}

/** Collects a body that is no longer than `most` bytes. @throws StorageError where it is */
export async function readAtMost(
  name: string,
  body: AsyncIterable<Uint8Array>,
  most: number,
  progress: (bytes: number) => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let done = 0;
  for await (const chunk of body) {
    done += chunk.length;
    if (done > most) throw new StorageError(`the server sent more than ${most} bytes`, { file: name, retryable: false });
    chunks.push(chunk);
    progress(chunk.length);
  }
  const { buffer, byteOffset } = Buffer.concat(chunks);
  return new Uint8Array(buffer, byteOffset, done);
}
