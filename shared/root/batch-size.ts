/** Decompressed bytes that are read at a time, unless said otherwise. In a file of its own: who only passes it on loads no reader. */
export const DEFAULT_BATCH_BYTES = 8e6;
