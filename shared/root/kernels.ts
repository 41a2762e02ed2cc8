/**
 * The inner loops of reading, over the bytes of one arena. Addresses and lengths count bytes; the caller has made sure that
 * all of them lie inside. There are two implementations: compiled ones (compiled-kernels.ts), and plain ones
 * (plain-kernels.ts) where those are missing.
 */
export interface Kernels {
  /** Copies big-endian numbers of 2^log bytes, turned round. The places must not overlap. */
  swapCopy(from: number, to: number, bytes: number, log: number): void;
  /**
   * Entries in [data, dataEnd), each of values behind `header` bytes, to values and offsets. A table of big-endian i32 says
   * where each starts, `shift` too high. With `checked` the header is that of a std::vector, and must agree. Offset `first`
   * counts the values in front; the i-th number written to `offsets` is where entry i ends.
   * @returns the number of values, or ~i for the first entry i that contradicts its table or header
   */
  lists(
    data: number,
    dataEnd: number,
    table: number,
    entries: number,
    shift: number,
    header: number,
    checked: boolean,
    log: number,
    values: number,
    valuesEnd: number,
    offsets: number,
    first: number,
  ): number;
  /** The same for entries that are one std::vector each, one after the other, without a table. */
  vectors(
    data: number,
    dataEnd: number,
    entries: number,
    log: number,
    values: number,
    valuesEnd: number,
    offsets: number,
    first: number,
  ): number;
  /** The offsets alone, for entries without headers whose values stand one after the other in `bytes` bytes. */
  counted(table: number, entries: number, shift: number, bytes: number, log: number, offsets: number, first: number): number;
  /** Other than 0 if two places hold the same bytes. */
  sameBytes(a: number, b: number, bytes: number): number | boolean;
  /** Decoders: `bytes` bytes at `from` must become exactly `length` at `to`. They answer 0 or an index of `DECODER_FAULTS`. */
  inflateRaw: Decoder;
  inflateZlib: Decoder;
  /** An LZ4 block behind its xxHash64. */
  lz4Checked: Decoder;
  /** The first `length` bytes of a block that holds as many or more; the rest is not decoded. The plain kernels cannot stop. */
  readonly inflateStart?: Decoder;
  readonly lz4Start?: Decoder;
  /** An .xz stream, and the start of one. The answer OTHER_KIND is no fault: another decoder may know what this one does not. */
  readonly xz?: Decoder;
  readonly xzStart?: Decoder;
  /** Zstandard frames, and the start of a single one; the same answer. */
  readonly zstd?: Decoder;
  readonly zstdStart?: Decoder;
}

export type Decoder = (from: number, bytes: number, to: number, length: number) => number;

/** What a decoder's answer means. */
export const DECODER_FAULTS: readonly string[] = [
  '',
  'it ends too early',
  'it holds more bytes than its header says',
  'it holds fewer bytes than its header says',
  'it does not start as it should',
  'a part of it has an impossible kind or length',
  'its codes contradict each other',
  'it uses a code that means nothing',
  'it points in front of its first byte',
  'its checksum differs',
  'it is of a kind that is not decoded here',
];

/** The last of them. */
export const OTHER_KIND = 10;

/** Memory with kernels that work on it. */
export interface KernelMemory {
  /** The memory as it is now. Once it has grown, another object over the same bytes: what looks at an older one goes on seeing them. */
  buffer(): SharedArrayBuffer;
  /** First byte that is free to use. */
  readonly start: number;
  /** Makes the memory at least `end` bytes long; what it holds stays. @throws RangeError where there is no more */
  grow(end: number): void;
  readonly kernels: Kernels;
}
