import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { CountedSource } from '#shared/storage/source.ts';

/** Kinds of checksum that catalogues have. */
export type ChecksumKind = 'adler32' | 'crc32' | 'md5' | 'sha1' | 'sha256';

/** Read at a time. */
const BLOCK = 4 * 2 ** 20;

/** Checksum of a whole file as catalogues write it: `adler32:0a1b2c3d`. Reads all of it. */
export async function checksumOf(source: CountedSource, kind: ChecksumKind, signal: AbortSignal): Promise<string> {
  const sum = startSum(kind);
  for (let offset = 0; offset < source.size; offset += BLOCK) {
    signal.throwIfAborted();
    sum.update(await source.read(offset, Math.min(BLOCK, source.size - offset), signal));
  }
  return `${kind}:${sum.digest()}`;
}

interface Sum {
  update(bytes: Uint8Array): void;
  digest(): string;
}

function startSum(kind: ChecksumKind): Sum {
  if (kind !== 'adler32' && kind !== 'crc32') {
    const hash = createHash(kind);
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
  }
  let value = kind === 'adler32' ? 1 : 0;
  const next = kind === 'adler32' ? adler32 : (bytes: Uint8Array, before: number) => crc32(bytes, before);
  return {
    update: (bytes) => {
      value = next(bytes, value);
    },
    digest: () => value.toString(16).padStart(8, '0'),
  };
}

const ADLER_PRIME = 65_521;
/** So many bytes can be added before sums leave 32 bits. */
const ADLER_RUN = 5552;

/** RFC 1950, section 8.2. */
function adler32(bytes: Uint8Array, before: number): number {
  let low = before & 0xffff;
  let high = before >>> 16;
  for (let start = 0; start < bytes.length; start += ADLER_RUN) {
    const end = Math.min(bytes.length, start + ADLER_RUN);
    for (let i = start; i < end; i++) {
      low += bytes[i] as number;
      high += low;
    }
    low %= ADLER_PRIME;
    high %= ADLER_PRIME;
  }
  return ((high << 16) | low) >>> 0;
}
