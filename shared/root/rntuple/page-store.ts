import { RootFormatError } from '../../errors.ts';
import type { ByteSource } from '../../storage/source.ts';
import { decompress } from '../compression.ts';
import type { PageBytes } from './column-window.ts';
import { pageBytes } from './encodings.ts';
import type { PageRef } from './page-list.ts';
import type { Xxh3 } from './xxh3.ts';

const CHECKSUM_BYTES = 8;

/** The pages of one step of reading as they are stored, fetched some at a time. */
export class PageStore {
  readonly #source: ByteSource;
  readonly #xxh3: Xxh3;
  readonly #signal: AbortSignal | undefined;
  readonly #stored = new Map<number, Uint8Array>();

  constructor(source: ByteSource, xxh3: Xxh3, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#xxh3 = xxh3;
    this.#signal = signal;
  }

  /** Fetches those of the pages that are not here yet, in one go. @throws RootFormatError for pages outside of the file */
  async load(pages: Iterable<PageRef>): Promise<void> {
    const missing = [...new Map([...pages].filter(({ offset }) => !this.#stored.has(offset)).map((page) => [page.offset, page])).values()];
    if (missing.length === 0) return;
    const ranges = missing.map(({ offset, bytes, checksum }) => ({ offset, length: bytes + (checksum ? CHECKSUM_BYTES : 0) }));
    for (const { offset, length } of ranges) {
      if (length <= 0 || offset + length > this.#source.size)
        throw new RootFormatError(`a page stands at bytes ${offset}..${offset + length} of a file of ${this.#source.size}`);
    }
    const fetched = await this.#source.readMany(ranges, this.#signal);
    fetched.forEach((bytes, i) => {
      this.#stored.set((ranges[i] as (typeof ranges)[number]).offset, bytes);
    });
  }

  /** The decompressed bytes of a page that was loaded. @throws RootFormatError where its checksum differs; CodecError for damage */
  readonly bytesOf: PageBytes = async ({ offset, bytes, checksum, elements }, column) => {
    const stored = this.#stored.get(offset);
    if (stored === undefined || stored.length !== bytes + (checksum ? CHECKSUM_BYTES : 0))
      throw new RootFormatError('pages overlap', { offset });
    const page = stored.subarray(0, bytes);
    if (checksum) {
      const expected = new DataView(stored.buffer, stored.byteOffset + bytes, CHECKSUM_BYTES).getBigUint64(0, true);
      if (this.#xxh3(page) !== expected) throw new RootFormatError('the checksum of a page differs', { offset });
    }
    const length = pageBytes(column, elements);
    if (length < bytes) throw new RootFormatError(`a page of ${bytes} bytes for ${elements} elements`, { offset });
    return decompress(page, length, offset);
  };
}
