import type { Arena } from '../arena.ts';

/**
 * How much of what is read is verified. `full`: every byte that is used has been compared with the checksum of its block, where
 * it has one. `data`: blocks are decoded as far as they are needed; the checksums of ZLIB and LZMA, and of ZSTD where it has one,
 * which cover all of a block, are then not reached where its end is not needed.
 */
export type Verify = 'full' | 'data';

/** The places of a block and what is wanted of it. */
export interface Block {
  /** Address of the compressed bytes (without the 9-byte header), and how many there are. */
  readonly from: number;
  readonly bytes: number;
  /** Address for the decoded bytes, where there is room for `length` of them: all that the block holds. */
  readonly to: number;
  readonly length: number;
  /** So many of the first are needed, of at most `length`. What is behind them may be left as it is. */
  readonly needed: number;
  readonly verify: Verify;
}

/**
 * Decodes one compressed block inside the reader's arena. Its two places do not overlap; the compressed bytes may be changed.
 * @throws CodecError where the block is damaged, its checksum differs, or it holds more or fewer bytes; in what is not needed
 * only as far as it is looked at
 */
export type Codec = (arena: Arena, block: Block) => void;
