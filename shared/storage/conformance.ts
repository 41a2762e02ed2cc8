/** What every byte source must pass. A backend's test file calls `describeByteSource` with a way to serve it a file. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteSource } from './source.ts';

/** One file, somewhere that the backend under test reads. */
export interface ServedFile {
  readonly location: string;
  /** Writes a new version in its place. */
  replace(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Long enough for several reads, and each byte tells where it was. */
export const EXAMPLE_BYTES = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

/** All that a log could show of an error: with its causes, hidden fields and stack. */
export function everythingErrorsSay(error: unknown): string {
  return `${error} ${JSON.stringify(error)} ${inspect(error, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null })}`;
}

/** Runs the suite against sources that `open` makes of files that `serve` makes. */
export function describeByteSource(
  name: string,
  open: (location: string) => Promise<ByteSource>,
  serve: (bytes: Uint8Array) => Promise<ServedFile>,
): void {
  describe(`byte source: ${name}`, () => {
    let served: ServedFile;
    let source: ByteSource;
    beforeEach(async () => {
      served = await serve(EXAMPLE_BYTES);
      source = await open(served.location);
    });
    afterEach(async () => {
      await source.close();
      await served.close();
    });

    const expectRange = (bytes: Uint8Array | undefined, offset: number, length: number) =>
      expect(bytes).toEqual(EXAMPLE_BYTES.slice(offset, offset + length));

    it('knows the size', () => {
      expect(source.size).toBe(EXAMPLE_BYTES.length);
    });

    it.each([
      ['the first byte', 0, 1],
      ['the last byte', EXAMPLE_BYTES.length - 1, 1],
      ['a range in the middle', 1234, 5678],
      ['everything', 0, EXAMPLE_BYTES.length],
    ])('reads %s', async (_what, offset, length) => {
      expectRange(await source.read(offset, length), offset, length);
    });

    it('answers a plain Uint8Array, whose slice is a copy', async () => {
      const bytes = await source.read(10, 20);
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    });

    it('reads nothing as nothing, also at the end', async () => {
      expect(await source.read(5, 0)).toHaveLength(0);
      expect(await source.read(EXAMPLE_BYTES.length, 0)).toHaveLength(0);
    });

    it.each([
      ['goes past the end', EXAMPLE_BYTES.length - 10, 11],
      ['starts past the end', EXAMPLE_BYTES.length + 1, 1],
      ['is empty but lies past the end', EXAMPLE_BYTES.length + 1, 0],
      ['has a negative offset', -1, 10],
      ['has a negative length', 10, -1],
      ['has a length that is no number', 0, Number.NaN],
      ['has a broken offset', 0.5, 1],
    ])('refuses a range that %s', async (_what, offset, length) => {
      const refused = { code: 'StorageError', kind: 'outside', retryable: false, file: source.name };
      await expect(source.read(offset, length)).rejects.toMatchObject(refused);
      await expect(
        source.readMany([
          { offset: 0, length: 4 },
          { offset, length },
        ]),
      ).rejects.toMatchObject(refused);
    });

    it('reads many ranges in the order asked: unsorted, overlapping, empty and repeated ones too', async () => {
      const pairs = [[90_000, 1000], [0, 10], [5, 10], [40, 0], [50_000, 20_000], [0, 10], [60_000, 5]] as const; // biome-ignore format: one line
      const ranges = pairs.map(([offset, length]) => ({ offset, length }));
      const answers = await source.readMany(ranges);
      expect(answers).toHaveLength(ranges.length);
      for (const [index, { offset, length }] of ranges.entries()) expectRange(answers[index], offset, length);
    });

    it('reads the same into memory that it is offered, if it takes it', async () => {
      const ranges = [
        { offset: 500, length: 20_000 },
        { offset: 90_000, length: 100 },
      ];
      const answers = await source.readMany(ranges, undefined, (length) => new Uint8Array(3 * length).subarray(length, 2 * length));
      for (const [index, { offset, length }] of ranges.entries()) expectRange(answers[index], offset, length);
      expectRange(await source.read(7, 70, undefined, (length) => new Uint8Array(length).fill(1)), 7, 70);
    });

    it('reads no ranges as no answers', async () => {
      expect(await source.readMany([])).toEqual([]);
    });

    it('reads concurrently', async () => {
      const offsets = Array.from({ length: 40 }, (_, index) => index * 2000);
      const answers = await Promise.all(offsets.map((offset) => source.read(offset, 1500)));
      for (const [index, offset] of offsets.entries()) expectRange(answers[index], offset, 1500);
    });

    it('rejects with the reason when it was aborted before the read', async () => {
      const reason = new Error('enough');
      await expect(source.read(0, 10, AbortSignal.abort(reason))).rejects.toBe(reason);
      await expect(source.readMany([{ offset: 0, length: 10 }], AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('rejects with the reason when aborted during a read, and goes on serving others', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const aborted = source.read(0, EXAMPLE_BYTES.length, controller.signal);
      const other = source.read(100, 100);
      controller.abort(reason);
      await expect(aborted).rejects.toBe(reason);
      expectRange(await other, 100, 100);
    });

    it('rejects reads after close, which may come twice', async () => {
      await source.close();
      await source.close();
      const refused = { code: 'StorageError', kind: 'closed', retryable: false };
      await expect(source.read(0, 1)).rejects.toMatchObject(refused);
      await expect(source.readMany([{ offset: 0, length: 1 }])).rejects.toMatchObject(refused);
    });

    it.each([
      ['grew', 1],
      ['shrank', -1],
      ['was written again at the same size', 0],
    ])('refuses to go on with a file that %s', async (_how, growth) => {
      await source.read(0, 10);
      await served.replace(new Uint8Array(EXAMPLE_BYTES.length + growth).fill(7));
      const refused = { code: 'StorageError', kind: 'changed', retryable: false, file: source.name };
      await expect(source.read(0, 10)).rejects.toMatchObject(refused);
    });

    it('opens an empty file', async () => {
      const empty = await serve(new Uint8Array(0));
      const opened = await open(empty.location);
      expect(opened.size).toBe(0);
      expect(await opened.read(0, 0)).toHaveLength(0);
      await expect(opened.read(0, 1)).rejects.toMatchObject({ code: 'StorageError', retryable: false });
      await opened.close();
      await empty.close();
    });
  });
}

/** All that an iteration gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
