import { createXXHash3, type IHasher } from 'hash-wasm';

/** XXH3 with 64 bits and seed 0: the checksum of everything in an RNTuple. */
export type Xxh3 = (bytes: Uint8Array) => bigint;

let hasher: Promise<IHasher> | undefined;

/** Loads the hash once; what it gives is synchronous. */
export async function loadXxh3(): Promise<Xxh3> {
  hasher ??= createXXHash3();
  const state = await hasher;
  return (bytes) => {
    const digest = state.init().update(bytes).digest('binary');
    return new DataView(digest.buffer, digest.byteOffset, digest.length).getBigUint64(0);
  };
}
