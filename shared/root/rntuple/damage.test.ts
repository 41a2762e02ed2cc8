/** Damaged RNTuples end in a tagged error or in values, soon and in little memory; what has a checksum always in an error. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../test/bytes-source.ts';
import { type Everything, readEverything } from '../../../test/hostile/read-everything.ts';
import { openRootFile } from '../file.ts';
import { parseAnchor } from './anchor.ts';
import { readEnvelope } from './envelope.ts';
import { parseFooter, parseHeader } from './schema.ts';
import { loadXxh3 } from './xxh3.ts';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/rntuple');
const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.root') && name !== 'nano_ttree.root');
const MAX_MS = 5000;
const MAX_BYTES = 500 * 2 ** 20;

/** Reads all there is, soon and in little memory. */
async function readAll(bytes: Uint8Array): Promise<Everything> {
  const start = performance.now();
  const everything = await readEverything(bytes);
  expect(performance.now() - start).toBeLessThan(MAX_MS);
  expect(process.memoryUsage().rss).toBeLessThan(MAX_BYTES);
  return everything;
}

describe.each(files)('%s', (name) => {
  const original = readFileSync(join(FIXTURES, name));

  it('cut short anywhere is an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: original.length - 1 }), async (length) => {
        expect((await readAll(original.subarray(0, length))).codes).toContain('RootFormatError');
      }),
      { numRuns: 20 },
    );
  });

  it('with flipped bits ends in tagged errors or in the right values', async () => {
    const right = await readAll(original);
    expect([...right.codes].filter((code) => code !== 'UnsupportedError')).toEqual([]); // variants
    // The name that the key gives to the whole has no checksum.
    const nameIn = (path: string) => path.slice(path.indexOf('/') + 1);
    const values = new Map([...right.digests].map(([path, digest]) => [nameIn(path), digest]));
    const flips = fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const bytes = Uint8Array.from(original);
        for (const [place, mask] of places) bytes[place] = (bytes[place] ?? 0) ^ mask;
        // Anchor, envelopes and pages all have checksums: a value that is read is a value that was written.
        for (const [field, digest] of (await readAll(bytes)).digests) expect([field, digest]).toEqual([field, values.get(nameIn(field))]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('envelopes that are wrong and have the right checksums', () => {
  const original = readFileSync(join(FIXTURES, 'types_none.root'));

  interface Range {
    readonly offset: number;
    readonly bytes: number;
  }

  /** Byte ranges of the uncompressed envelopes: header, footer, page lists. */
  async function envelopes(): Promise<Range[]> {
    const xxh3 = await loadXxh3();
    const file = await openRootFile(bytesSource(original));
    const { key } = (await file.keys())[0] as Awaited<ReturnType<typeof file.keys>>[number];
    const anchor = parseAnchor(await file.payload(key), 0, xxh3);
    const reader = { file, xxh3, maxKeyBytes: 0 };
    const header = await readEnvelope(reader, 'header', anchor.header);
    const footer = parseFooter(await readEnvelope(reader, 'footer', anchor.footer), parseHeader(header), header.checksum);
    return [anchor.header, anchor.footer, ...footer.groups.map(({ pageList }) => pageList)];
  }

  interface Flip {
    /** Of `envelopes`. */
    readonly which: number;
    readonly place: number;
    readonly mask: number;
  }

  /** The file with these bytes of its envelopes changed and all checksums made right again. */
  async function damaged(ranges: readonly Range[], flips: readonly Flip[]): Promise<Uint8Array> {
    const xxh3 = await loadXxh3();
    const bytes = Uint8Array.from(original);
    const view = new DataView(bytes.buffer);
    for (const { which, place, mask } of flips) {
      const { offset, bytes: length } = ranges[which] as Range;
      const at = offset + 8 + (place % (length - 16));
      bytes[at] = (bytes[at] ?? 0) ^ mask;
    }
    const seal = ({ offset, bytes: length }: Range) => {
      const checksum = xxh3(bytes.subarray(offset, offset + length - 8));
      view.setBigUint64(offset + length - 8, checksum, true);
      return checksum;
    };
    const [header, footer, ...lists] = ranges as [Range, Range, ...Range[]];
    const checksum = seal(header);
    // Where the others name the header by its checksum.
    view.setBigUint64(footer.offset + 16, checksum, true);
    for (const list of lists) view.setBigUint64(list.offset + 8, checksum, true);
    for (const one of [footer, ...lists]) seal(one);
    return bytes;
  }

  it('end in tagged errors or in values, soon and in little memory', async () => {
    const mask = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(0x80, 0xff, 1));
    const flip = fc.record({ which: fc.nat(3), place: fc.nat(), mask });
    const ranges = await envelopes();
    expect(ranges).toHaveLength(4);
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 3 }), async (flips) => {
        await readAll(await damaged(ranges, flips));
      }),
      { numRuns: 150 },
    );
  });

  it('refuse a cluster that claims billions of entries, whatever is read', async () => {
    const ranges = await envelopes();
    // In the last page list: checksum, frame, count and frame stand before the first cluster's first entry and number of entries.
    const entriesAt = 8 + 8 + 4 + 8 + 8;
    for (const byte of [4, 5, 6]) {
      const { codes } = await readAll(await damaged(ranges, [{ which: 3, place: entriesAt + byte, mask: 0x08 }]));
      expect(codes).toContain('RootFormatError');
    }
    const last = { which: 3, place: entriesAt + 24, mask: 0x08 };
    for (const byte of [3, 4, 5]) {
      const { codes, digests } = await readAll(await damaged(ranges, [{ ...last, place: last.place + byte }]));
      expect(codes).toContain('RootFormatError');
      expect(digests.size).toBe(0);
    }
  });
});
