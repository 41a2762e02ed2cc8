/**
 * Decodes one compressed block (without its 9-byte header) into exactly `length` bytes of `out` from `start` on.
 * @throws CodecError where the block is damaged, its checksum differs, or it holds more or fewer bytes.
 */
export type Codec = (block: Uint8Array, out: Uint8Array, start: number, length: number) => void;
