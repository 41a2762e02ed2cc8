/**
 * Frees at once the memory of a decoder's own answer, once it is copied: waiting for the garbage collector, which does not
 * see how large it is, would cost a hundred megabytes. `ownBytes` is the length of the whole allocation; memory of any other
 * length is shared with others, and left alone.
 */
export function release({ buffer }: Uint8Array, ownBytes: number): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === ownBytes) buffer.transfer(0);
}
