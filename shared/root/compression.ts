import { CodecError, isPipelineError, UnsupportedError } from '../errors.ts';
import { CODECS } from './codecs/registry.ts';

/**
 * A compressed record is a row of blocks of at most 16 MB each: two letters for the codec, a byte for its method, and
 * the compressed and uncompressed lengths in three little-endian bytes each.
 */
const BLOCK_HEADER_BYTES = 9;

/** No block becomes more than this times larger: what promises more is damaged, and is refused before memory is taken. */
const MAX_RATIO = 25_000;

export interface BlockHeader {
  readonly tag: string;
  readonly compressed: number;
  readonly uncompressed: number;
}

/** @throws CodecError where fewer bytes than a header are left. */
export function parseBlockHeader(bytes: Uint8Array, at: number): BlockHeader {
  if (at + BLOCK_HEADER_BYTES > bytes.length) throw new CodecError('a compressed block ends within its header', { offset: at });
  const u24 = (i: number) => (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16);
  const tag = String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0);
  return { tag, compressed: u24(at + 3), uncompressed: u24(at + 6) };
}

/** Where decompressed bytes go when the caller has no memory of its own for them. */
export type Allocate = (length: number) => Uint8Array;

const allocateNew: Allocate = (length) => new Uint8Array(length);

/**
 * The `length` bytes of a record. Stored bytes of just that length are not compressed, whatever they look like (that is
 * ROOT's rule), and are returned themselves.
 * @throws CodecError for damage, with `origin` (file position of the bytes); UnsupportedError for an unknown codec
 */
export function decompress(bytes: Uint8Array, length: number, origin: number, allocate = allocateNew): Uint8Array {
  if (bytes.length === length) return bytes;
  if (length > bytes.length * MAX_RATIO) throw new CodecError(`${bytes.length} compressed bytes cannot hold ${length}`, { offset: origin });
  const out = allocate(length);
  decompressInto(bytes, out, origin);
  return out;
}

/** Decompresses a record that is compressed so that it fills `out`. */
function decompressInto(bytes: Uint8Array, out: Uint8Array, origin: number): void {
  let from = 0;
  let to = 0;
  while (to < out.length) {
    const { tag, compressed, uncompressed } = parseBlockHeader(bytes, from);
    const codec = CODECS.get(tag);
    if (codec === undefined) throw unknownCodec(tag, origin + from);
    const start = from + BLOCK_HEADER_BYTES;
    if (start + compressed > bytes.length || uncompressed > out.length - to || uncompressed === 0) {
      throw new CodecError(`a ${tag} block with impossible lengths (${compressed} -> ${uncompressed})`, { offset: origin + from });
    }
    try {
      codec(bytes.subarray(start, start + compressed), out, to, uncompressed);
    } catch (cause) {
      const reason = isPipelineError(cause) ? cause.reason : `it does not decode (${cause instanceof Error ? cause.message : cause})`;
      throw new CodecError(`damaged ${tag} block: ${reason}`, { offset: origin + from, cause });
    }
    from = start + compressed;
    to += uncompressed;
  }
}

function unknownCodec(tag: string, offset: number): UnsupportedError | CodecError {
  const printable = /^[A-Z0-9]{2}$/.test(tag);
  if (!printable) return new CodecError('compressed bytes do not start with a codec', { offset });
  return new UnsupportedError(`compression codec "${tag}"`, { offset, hint: `Known are ${[...CODECS.keys()].join(', ')}.` });
}
