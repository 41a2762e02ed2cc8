import type { Arena } from '../arena.ts';

/**
 * Decodes one compressed block (without its 9-byte header), `bytes` bytes at address `from` of the arena, into exactly
 * `length` bytes from address `to` on. The two places do not overlap; the block may be changed.
 * @throws CodecError where the block is damaged, its checksum differs, or it holds more or fewer bytes.
 */
export type Codec = (arena: Arena, from: number, bytes: number, to: number, length: number) => void;
