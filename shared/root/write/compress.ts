/**
 * Compression of baskets and objects as ROOT does it: blocks of at most 16 MB - 1, each with a header of nine bytes. The
 * other direction is in ../compression.ts.
 */
import { constants, deflateSync, zstdCompressSync } from 'node:zlib';

/** The codecs that ROOT files use today, and none. */
export const CODEC_NAMES = ['zlib', 'lz4', 'zstd', 'lzma', 'none'] as const;

/** What a file is compressed with. */
export type CodecName = (typeof CODEC_NAMES)[number];

/** A codec made ready by `loadCompressor`. */
export interface Compressor {
  readonly name: CodecName;
  /** ROOT's number for codec and level: 101 is ZLIB at level 1; 0 is none. */
  readonly setting: number;
  /** All blocks of `bytes`, or undefined where they do not shrink (then ROOT stores them as they are). */
  compress(bytes: Uint8Array): Uint8Array | undefined;
}

const BLOCK_LIMIT = 0xff_ff_ff;
const HEADER_BYTES = 9;

interface BlockCodec {
  readonly tag: string;
  /** Third byte of the header: method or version. */
  readonly method: number;
  readonly setting: number;
  readonly encode: (block: Uint8Array) => Uint8Array;
}

/** No compression. */
export const storeRaw: Compressor = { name: 'none', setting: 0, compress: () => undefined };

/** ZLIB at level 1 (ROOT's own default); needs no loading. */
export const zlibCompressor: Compressor = compressorOf('zlib', {
  tag: 'ZL',
  method: 8,
  setting: 101,
  encode: (block) => deflateSync(block, { level: 1 }),
});

/** Makes a codec ready; the packages behind LZ4 and LZMA are loaded only when asked for. */
export async function loadCompressor(name: CodecName): Promise<Compressor> {
  if (name === 'none') return storeRaw;
  if (name === 'zlib') return zlibCompressor;
  if (name === 'lz4') return compressorOf(name, await loadLz4());
  return compressorOf(name, name === 'zstd' ? zstdCodec() : await loadLzma());
}

function zstdCodec(): BlockCodec {
  const options = { params: { [constants.ZSTD_c_compressionLevel]: 5 } };
  return { tag: 'ZS', method: 1, setting: 505, encode: (block) => zstdCompressSync(block, options) };
}

/** In front of the LZ4 block ROOT puts its xxhash64, big-endian. */
async function loadLz4(): Promise<BlockCodec> {
  const [{ compressSync }, { default: createHashes }] = await Promise.all([import('lz4-napi'), import('xxhash-wasm')]);
  const { h64Raw } = await createHashes();
  const encode = (block: Uint8Array): Uint8Array => {
    // The package puts the length in four bytes in front of the block; ROOT has it in the header.
    const packed = compressSync(Buffer.from(block.buffer, block.byteOffset, block.length)).subarray(4);
    const result = new Uint8Array(8 + packed.length);
    new DataView(result.buffer).setBigUint64(0, h64Raw(packed));
    result.set(packed, 8);
    return result;
  };
  return { tag: 'L4', method: 1, setting: 401, encode };
}

async function loadLzma(): Promise<BlockCodec> {
  const { compressSync } = await import('@napi-rs/lzma/xz');
  return { tag: 'XZ', method: 0, setting: 206, encode: (block) => compressSync(block) };
}

function compressorOf(name: CodecName, codec: BlockCodec): Compressor {
  return {
    name,
    setting: codec.setting,
    compress(bytes) {
      const blocks: Uint8Array[] = [];
      let total = 0;
      for (let from = 0; from < bytes.length; from += BLOCK_LIMIT) {
        const block = bytes.subarray(from, Math.min(from + BLOCK_LIMIT, bytes.length));
        const packed = codec.encode(block);
        // ROOT gives up on the whole basket where one block does not shrink.
        if (packed.length + HEADER_BYTES >= block.length) return undefined;
        blocks.push(blockHeader(codec, packed.length, block.length), packed);
        total += HEADER_BYTES + packed.length;
      }
      return blocks.length === 0 ? undefined : joined(blocks, total);
    },
  };
}

/** Tag, method, then both lengths in three bytes each, little-endian. */
function blockHeader({ tag, method }: BlockCodec, packed: number, raw: number): Uint8Array {
  const lengths = [packed, raw].flatMap((n) => [n & 0xff, (n >> 8) & 0xff, n >> 16]);
  return Uint8Array.of(tag.charCodeAt(0), tag.charCodeAt(1), method, ...lengths);
}

function joined(parts: readonly Uint8Array[], total: number): Uint8Array {
  const result = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
