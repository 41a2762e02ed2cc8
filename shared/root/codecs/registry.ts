import type { Codec } from './codec.ts';

/** ROOT's two-letter tags in the header of each block, and what loads their decoders. */
const LOADERS: Readonly<Record<string, () => Promise<Codec>>> = {
  ZL: async () => (await import('./zlib.ts')).decodeZlib,
  CS: async () => (await import('./zlib.ts')).decodeOldZlib,
  L4: async () => (await import('./lz4.ts')).decodeLz4,
  ZS: async () => (await import('./zstd.ts')).decodeZstd,
  XZ: async () => (await import('./xz.ts')).decodeXz,
};

/** All tags that are known. */
export const CODEC_TAGS: readonly string[] = Object.keys(LOADERS);

const loaded = new Map<string, Codec>();

/** The codec of a tag, where it is loaded. */
export function codecOf(tag: string): Codec | undefined {
  return loaded.get(tag);
}

/** Loads the codec of a tag; an unknown one is passed over: `codecOf` will not have it. */
export async function loadCodec(tag: string): Promise<void> {
  const load = loaded.has(tag) || !Object.hasOwn(LOADERS, tag) ? undefined : LOADERS[tag];
  if (load !== undefined) loaded.set(tag, await load());
}
