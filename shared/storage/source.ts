/**
 * A file somewhere, readable by byte range. One implementation a URL scheme; coalescing, retry and cache wrap it.
 *
 * Contract: `read` resolves to exactly `length` bytes or rejects; a range past the end is a StorageError, never a short
 * answer. Concurrent reads are allowed. The file does not change between `open` and `close`: where it does, a read
 * rejects with a StorageError that is not retryable. After `close` every read rejects.
 *
 * `memory` is an offer: room for bytes that are fetched, so that none need be found and freed for each read. A source may
 * take it or not; it takes it once for each fetch, and no longer writes to it once its own promise is settled.
 */
export interface ByteSource {
  /** URL or path, without credentials: what errors and reports call this file. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** Bytes that are worth asking for at once, because each request takes a while; absent where it does not. */
  readonly windowBytes?: number | undefined;
  read(offset: number, length: number, signal?: AbortSignal, memory?: ReadMemory): Promise<Uint8Array>;
  /** Several ranges at once, in the order asked. Sources answer as they like: one by one, in parallel, coalesced. */
  readMany(ranges: readonly ByteRange[], signal?: AbortSignal, memory?: ReadMemory): Promise<Uint8Array[]>;
  close(): Promise<void>;
  /**
   * Opens a file that this one names, by its path from here. It is closed with this one. Absent where nothing lies beside it.
   * @throws StorageError where it cannot be opened, or would be elsewhere
   */
  beside?(name: string): Promise<ByteSource>;
}

/** Gives `length` bytes that nobody else uses. */
export type ReadMemory = (length: number) => Uint8Array;

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** What was asked of a source and what it cost; for the run report. */
export interface SourceCounters {
  requests: number;
  bytes: number;
  retries: number;
}

/** What one place gave, and in how many requests; blocks of the disk cache count as one each. */
export interface PlaceCounters {
  readonly bytes: number;
  readonly requests: number;
}

/** By what reports call the place: `root://host:1094`, `s3://bucket`, `disk cache`. */
export type Places = Readonly<Record<string, PlaceCounters>>;

/** A source that counts: what `openSource` gives. */
export interface CountedSource extends ByteSource {
  /** What tells this version of the file from others: an ETag, a generation, a time. Undefined where the place tells nothing. */
  readonly version?: string | undefined;
  /** What came from which place: a server, the disk cache, a copy. */
  readonly places?: (() => Places) | undefined;
  /**
   * Asks whether the file is still the one that was opened. Absent where each read tells.
   * @throws StorageError, not retryable where it is another one
   */
  readonly verify?: ((signal?: AbortSignal) => Promise<void>) | undefined;
  /** Live: grows with each read. Wrappers share the counters of what they wrap. */
  readonly counters: SourceCounters;
}
