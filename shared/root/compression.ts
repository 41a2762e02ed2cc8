import { CodecError, isPipelineError, UnsupportedError } from '../errors.ts';
import { type Arena, ArenaPlan, borrowArena } from './arena.ts';
import type { Verify } from './codecs/codec.ts';
import { CODEC_TAGS, codecOf, loadCodec } from './codecs/registry.ts';

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

/** What a key's object looks like on disk. Stored bytes of just the object's length are not compressed, whatever they look like. */
export interface StoredRecord {
  readonly bytes: Uint8Array;
  /** Length of the object itself. */
  readonly length: number;
  /** File position of the bytes. */
  readonly origin: number;
}

/** What is wanted of a record: its first `bytes` bytes. */
export interface Wanted {
  readonly bytes: number;
  readonly verify: Verify;
}

/**
 * Makes sure that a record can be decompressed: its length is possible, and the codecs of its blocks are loaded.
 * @throws CodecError for an impossible length
 */
export function prepareRecord({ bytes, length, origin }: StoredRecord): Promise<void> | undefined {
  if (bytes.length === length) return undefined;
  if (length > bytes.length * MAX_RATIO) throw new CodecError(`${bytes.length} compressed bytes cannot hold ${length}`, { offset: origin });
  const missing = new Set<string>();
  for (let at = 0; at + BLOCK_HEADER_BYTES <= bytes.length; ) {
    const { tag, compressed } = parseBlockHeader(bytes, at);
    if (codecOf(tag) === undefined) missing.add(tag);
    at += BLOCK_HEADER_BYTES + compressed;
  }
  return missing.size === 0 ? undefined : Promise.all([...missing].map(loadCodec)).then(() => {});
}

/**
 * Puts the bytes of a prepared record to address `to`, where there is room for all of it; `scratch` has room for the record as
 * it is stored, where it is not in the arena yet. What stands behind the wanted bytes is undefined.
 * @throws CodecError for damage; UnsupportedError for an unknown codec
 */
export function decompressInto(
  arena: Arena,
  { bytes, length, origin }: StoredRecord,
  scratch: number,
  to: number,
  wanted: Wanted = { bytes: length, verify: 'full' },
): void {
  if (bytes.length === length) {
    arena.bytes.set(bytes, to);
    return;
  }
  const stored = arena.addressOf(bytes) ?? scratch;
  if (stored === scratch) arena.bytes.set(bytes, scratch);
  let from = 0;
  let done = 0;
  while (done < wanted.bytes) {
    const { tag, compressed, uncompressed } = parseBlockHeader(bytes, from);
    const codec = codecOf(tag);
    if (codec === undefined) throw unknownCodec(tag, origin + from);
    const start = from + BLOCK_HEADER_BYTES;
    if (start + compressed > bytes.length || uncompressed > length - done || uncompressed === 0) {
      throw new CodecError(`a ${tag} block with impossible lengths (${compressed} -> ${uncompressed})`, { offset: origin + from });
    }
    try {
      const needed = Math.min(uncompressed, wanted.bytes - done);
      codec(arena, { from: stored + start, bytes: compressed, to: to + done, length: uncompressed, needed, verify: wanted.verify });
    } catch (cause) {
      const reason = isPipelineError(cause) ? cause.reason : `it does not decode (${cause instanceof Error ? cause.message : cause})`;
      throw new CodecError(`damaged ${tag} block: ${reason}`, { offset: origin + from, cause });
    }
    from = start + compressed;
    done += uncompressed;
  }
}

/**
 * The `length` bytes of a record, in memory of their own (or the record's, where it is not compressed).
 * @throws CodecError for damage, with `origin` (file position of the bytes); UnsupportedError for an unknown codec
 */
export async function decompress(bytes: Uint8Array, length: number, origin: number): Promise<Uint8Array> {
  if (bytes.length === length) return bytes;
  const record = { bytes, length, origin };
  await prepareRecord(record);
  using arena = borrowArena();
  const plan = new ArenaPlan(arena.start);
  const scratch = plan.take(bytes.length);
  const to = plan.take(length);
  arena.reserve(plan);
  decompressInto(arena, record, scratch, to);
  return arena.bytes.slice(to, to + length);
}

function unknownCodec(tag: string, offset: number): UnsupportedError | CodecError {
  const printable = /^[A-Z0-9]{2}$/.test(tag);
  if (!printable) return new CodecError('compressed bytes do not start with a codec', { offset });
  return new UnsupportedError(`compression codec "${tag}"`, { offset, hint: `Known are ${CODEC_TAGS.join(', ')}.` });
}
