/** The kernels against the programs that everybody uses, on sound and on damaged bytes, with limits at the very end of memory. */
import {
  deflateRawSync,
  deflateSync,
  inflateRawSync,
  inflateSync,
  constants as zlib,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { decompressSync as unxzSync, compressSync as xzSync } from '@napi-rs/lzma/xz';
import fc from 'fast-check';
import { compressSync, uncompressSync } from 'lz4-napi';
import { describe, expect, it } from 'vitest';
import createXxhash from 'xxhash-wasm';
import { mutationRuns } from '../../test/test-data.ts';
import { compiledMemory, missingKernels } from './compiled-kernels.ts';
import { type KernelMemory, type Kernels, OTHER_KIND } from './kernels.ts';
import { plainMemory } from './plain-kernels.ts';

const { h64Raw } = await createXxhash();
const CANARY = 0xa5;
const CANARY_BYTES = 64;

const compiled = compiledMemory();
const implementations: [string, KernelMemory][] = [
  ...(compiled === undefined ? [] : [['compiled', compiled] as [string, KernelMemory]]),
  ['plain', plainMemory()],
];

it('are compiled', () => {
  expect(missingKernels).toBeUndefined();
});

type Generator = (length: number, random: () => number) => Uint8Array;

const GENERATORS: Readonly<Record<string, Generator>> = {
  zeros: (length) => new Uint8Array(length),
  noise: (length, random) => Uint8Array.from({ length }, () => random() * 256),
  'few letters': (length, random) => Uint8Array.from({ length }, () => 97 + random() * 4),
  'skewed bytes': (length, random) => Uint8Array.from({ length }, () => -20 * Math.log(1 - random())),
  words: (length, random) => {
    const words = Array.from({ length: 40 }, () => Array.from({ length: 1 + random() * 12 }, () => 97 + random() * 26));
    const text: number[] = [];
    while (text.length < length) text.push(...(words[Math.floor(random() * words.length)] ?? []), 32);
    return Uint8Array.from(text.slice(0, length));
  },
  'short patterns': (length, random) => {
    const period = 1 + Math.floor(random() * 20);
    return Uint8Array.from({ length }, (_, i) => (random() < 0.01 ? random() * 256 : i % period));
  },
  'big-endian numbers': (length, random) => {
    const view = new DataView(new ArrayBuffer(length + 4));
    for (let i = 0; i < length; i += 4) view.setFloat32(i, Math.round(random() * 4000) / 16);
    return new Uint8Array(view.buffer, 0, length);
  },
};

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const anyData = fc
  .tuple(fc.constantFrom(...Object.keys(GENERATORS)), fc.oneof(fc.nat(700), fc.nat(9000), fc.nat(90_000)), fc.nat())
  .map(([kind, length, seed]) => GENERATORS[kind]?.(length, seeded(seed)) ?? new Uint8Array(0));

/** Puts `block` and the room for `length` bytes at the end of the memory, canaries in front and behind, and decodes. */
function decode(memory: KernelMemory, decoder: DecoderName, block: Uint8Array, length: number) {
  memory.grow(memory.start + block.length + length + 4 * CANARY_BYTES);
  const bytes = new Uint8Array(memory.buffer());
  // The output ends where the memory ends for the compiled kernels: there nothing stands behind it to be overwritten.
  const to = bytes.length - length;
  const from = to - CANARY_BYTES - block.length;
  bytes.set(block, from);
  bytes.fill(CANARY, from + block.length, to);
  const answer = attempt(() => memory.kernels[decoder]?.(from, block.length, to, length) ?? -1);
  const intact = bytes.subarray(from + block.length, to).every((byte) => byte === CANARY);
  return { answer, accepted: answer === 0, intact, output: answer === 0 ? bytes.slice(to) : undefined };
}

/** The same in the middle of memory, between canaries and with the input behind the output. */
function decodeBetween(memory: KernelMemory, decoder: DecoderName, block: Uint8Array, length: number) {
  memory.grow(memory.start + block.length + length + 4 * CANARY_BYTES);
  const bytes = new Uint8Array(memory.buffer());
  const to = memory.start + CANARY_BYTES;
  const from = bytes.length - block.length;
  bytes.fill(CANARY, memory.start, from);
  bytes.set(block, from);
  const answer = attempt(() => memory.kernels[decoder]?.(from, block.length, to, length) ?? -1);
  const around = [bytes.subarray(memory.start, to), bytes.subarray(to + length, Math.min(from, to + length + 8 * CANARY_BYTES))];
  return { accepted: answer === 0, intact: around.every((part) => part.every((byte) => byte === CANARY)) };
}

type DecoderName = 'inflateRaw' | 'inflateZlib' | 'lz4Checked' | 'inflateStart' | 'lz4Start' | 'xz' | 'xzStart' | 'zstd' | 'zstdStart';

function attempt(decode: () => number): number {
  try {
    return decode();
  } catch (error) {
    // The plain kernels throw; a compiled one that traps has left its limits.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return -1;
  }
}

/** What the reference makes of a block that must become `length` bytes. */
function reference(decoder: 'inflateRaw' | 'inflateZlib' | 'lz4Checked', block: Uint8Array, length: number): Uint8Array | undefined {
  try {
    if (decoder === 'lz4Checked') {
      const prefixed = Buffer.alloc(4 + block.length - 8);
      prefixed.writeUInt32LE(length);
      prefixed.set(block.subarray(8), 4);
      const bytes = uncompressSync(prefixed);
      return bytes.length === length ? bytes : undefined;
    }
    const inflate = decoder === 'inflateRaw' ? inflateRawSync : inflateSync;
    const bytes = inflate(block, { maxOutputLength: length + 1 });
    return bytes.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** A sound block for a decoder. */
function encode(decoder: DecoderName, data: Uint8Array, options: { level?: number; strategy?: number } = {}): Uint8Array {
  if (decoder === 'xz' || decoder === 'xzStart') return xzSync(data);
  if (decoder === 'zstd' || decoder === 'zstdStart') return zstdFrame(data, { level: options.level, isChecked: decoder === 'zstd' });
  return decoder === 'inflateStart' || decoder === 'inflateZlib' ? deflateSync(data, options) : lz4Block(data);
}

interface FrameOptions {
  readonly level?: number | undefined;
  readonly isChecked?: boolean;
  readonly isKnown?: boolean;
  readonly windowLog?: number;
}

/** A frame that says how much it holds unless told otherwise. */
function zstdFrame(data: Uint8Array, { level = 5, isChecked = false, isKnown = true, windowLog = 0 }: FrameOptions = {}): Buffer {
  const params = {
    [zlib.ZSTD_c_compressionLevel]: level,
    [zlib.ZSTD_c_checksumFlag]: Number(isChecked),
    [zlib.ZSTD_c_contentSizeFlag]: Number(isKnown),
    [zlib.ZSTD_c_windowLog]: windowLog,
  };
  return zstdCompressSync(data, { params });
}

/** Where the block's check stands: in front of the index, whose length the footer tells, and 8 bytes long in what liblzma writes. */
function checkOf(stream: Uint8Array): number {
  const { buffer, byteOffset, length } = stream;
  const index = (new DataView(buffer, byteOffset).getUint32(length - 8, true) + 1) * 4;
  return length - 12 - index - 8;
}

function lz4Block(data: Uint8Array): Uint8Array {
  return withHash(compressSync(Buffer.from(data)).subarray(4));
}

function withHash(block: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + block.length);
  bytes.writeBigUInt64BE(h64Raw(block));
  bytes.set(block, 8);
  return bytes;
}

/** liblzma takes its time to encode. */
const XZ_RUNS = 40;

const level = fc.integer({ min: 0, max: 9 });
const strategy = fc.constantFrom(zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED);

describe.each(implementations)('%s decoders', (_name, memory) => {
  it('inflate what zlib deflates, at every level and strategy, to the last byte', () => {
    fc.assert(
      fc.property(anyData, level, strategy, fc.integer({ min: 9, max: 15 }), (data, level, strategy, windowBits) => {
        const zipped = decode(memory, 'inflateZlib', deflateSync(data, { level, strategy, windowBits }), data.length);
        const raw = decode(memory, 'inflateRaw', deflateRawSync(data, { level, strategy }), data.length);
        for (const { output, intact } of [zipped, raw]) expect([output && Buffer.compare(output, data), intact]).toEqual([0, true]);
      }),
      { numRuns: 300 },
    );
  });

  it('decode what LZ4 encodes', () => {
    fc.assert(
      fc.property(anyData, (data) => {
        const { output, intact } = decode(memory, 'lz4Checked', lz4Block(data), data.length);
        expect([output && Buffer.compare(output, data), intact]).toEqual([0, true]);
      }),
      { numRuns: 300 },
    );
  });

  it('decode what liblzma encodes, and say so where it cannot be', () => {
    if (memory.kernels.xz === undefined) return; // the plain ones leave it to liblzma
    fc.assert(
      fc.property(anyData, (data) => {
        fc.pre(data.length > 0);
        const { output, intact } = decode(memory, 'xz', xzSync(data), data.length);
        expect([output && Buffer.compare(output, data), intact]).toEqual([0, true]);
      }),
      { numRuns: XZ_RUNS },
    );
    expect(decode(memory, 'xz', xzSync(Buffer.alloc(0)), 1)).toMatchObject({ answer: OTHER_KIND, intact: true });
  });

  it.each(['inflateStart', 'lz4Start', 'xzStart', 'zstdStart'] as const)(
    '%s gives the first bytes, as many as are asked for, and writes no more',
    (decoder) => {
      if (memory.kernels[decoder] === undefined) return; // the plain ones cannot stop
      fc.assert(
        fc.property(anyData, level, strategy, fc.double({ min: 0, max: 1, noNaN: true }), (data, level, strategy, part) => {
          fc.pre(data.length > 0);
          const length = Math.max(1, Math.round(part * data.length));
          const block = encode(decoder, data, { level, strategy });
          const { output, intact } = decode(memory, decoder, block, length);
          expect([output && Buffer.compare(output, data.subarray(0, length)), intact]).toEqual([0, true]);
          expect(decodeBetween(memory, decoder, block, length)).toEqual({ accepted: true, intact: true });
          expect(decode(memory, decoder, block, data.length + 1)).toMatchObject({ accepted: false, intact: true });
        }),
        { numRuns: decoder === 'xzStart' ? XZ_RUNS : 300 },
      );
    },
  );

  it.each(['inflateZlib', 'lz4Checked', 'xz', 'zstd'] as const)('%s refuses a wrong checksum and any other length', (decoder) => {
    fc.assert(
      fc.property(anyData, fc.integer({ min: 1, max: 255 }), fc.nat(3), fc.integer({ min: -20, max: 20 }), (data, mask, place, off) => {
        if (memory.kernels[decoder] === undefined || (decoder === 'xz' && data.length === 0)) return;
        const block = Uint8Array.from(encode(decoder, data));
        if (off !== 0 && data.length + off >= 0) {
          expect(decode(memory, decoder, block, data.length + off)).toMatchObject({ accepted: false, intact: true });
          expect(decodeBetween(memory, decoder, block, data.length + off)).toEqual({ accepted: false, intact: true });
        }
        // Adler-32 and half an xxHash64 end zlib streams and frames, LZ4 blocks begin with one; behind .xz's CRC stand index and footer.
        const atEnd = decoder === 'inflateZlib' || decoder === 'zstd';
        const checksum = atEnd ? block.length - 4 + place : decoder === 'xz' ? checkOf(block) + place : place;
        block[checksum] = (block[checksum] ?? 0) ^ mask;
        expect(decode(memory, decoder, block, data.length)).toMatchObject({ accepted: false, intact: true });
      }),
      { numRuns: decoder === 'xz' ? XZ_RUNS : 100 },
    );
  });
});

/** Bytes changed, cut out, doubled, swapped for others: what storage, networks and attackers do. */
function mutate(block: Uint8Array, random: () => number): Uint8Array {
  const bytes = Uint8Array.from(block);
  const at = () => Math.floor(random() ** 2 * bytes.length);
  const kind = Math.floor(random() * 5);
  if (kind === 0) return bytes.subarray(0, at());
  if (kind === 1) bytes.copyWithin(at(), at(), at() + 40);
  const flips = kind === 2 ? 1 : Math.floor(random() * 6);
  for (let i = 0; i < flips; i++) bytes[at()] = random() * 256;
  if (kind === 3) bytes[at()] = 255;
  if (kind === 4 && bytes.length > 3) bytes[2 + Math.floor(random() * 2)] = random() * 256;
  return bytes;
}

describe('damaged blocks', () => {
  const random = seeded(20_260_101);
  const generators = Object.values(GENERATORS);

  function damaged(decoder: 'inflateRaw' | 'inflateZlib' | 'lz4Checked'): { block: Uint8Array; length: number } {
    const length = Math.floor(random() ** 3 * 5000);
    const data = generators[Math.floor(random() * generators.length)]?.(length, random) ?? new Uint8Array(0);
    const options = { level: Math.floor(random() * 10), strategy: Math.floor(random() * 5) };
    if (decoder === 'lz4Checked') return { block: withHash(mutate(compressSync(Buffer.from(data)).subarray(4), random)), length };
    return { block: mutate((decoder === 'inflateRaw' ? deflateRawSync : deflateSync)(data, options), random), length };
  }

  it.skipIf(compiled === undefined).each(['inflateRaw', 'inflateZlib', 'lz4Checked'] as const)(
    '%s: the verdict and the bytes are those of the reference, and no byte is written outside',
    (decoder) => {
      const memory = compiled as KernelMemory;
      let accepted = 0;
      for (let i = 0; i < mutationRuns; i++) {
        const { block, length } = damaged(decoder);
        const expected = reference(decoder, block, length);
        const { output, intact } = decode(memory, decoder, block, length);
        const between = decodeBetween(memory, decoder, block, length);
        const same = expected === undefined ? output === undefined : output !== undefined && Buffer.compare(output, expected) === 0;
        if (!same || !intact || !between.intact || between.accepted !== (output !== undefined)) {
          expect.fail(
            `block ${i} for ${length} bytes: ${Buffer.from(block).toString('base64')}; reference ${expected?.length}, own ${output?.length}`,
          );
        }
        if (output !== undefined) accepted++;
      }
      // Some mutations change nothing that counts: without them the comparison of bytes would be idle.
      expect(accepted).toBeGreaterThan(0);
    },
    600_000,
  );
});

describe('damaged .xz streams', () => {
  const random = seeded(20_260_303);
  const generators = Object.values(GENERATORS);

  it.skipIf(compiled === undefined)(
    'are refused, or give the right bytes, and no byte is written outside',
    () => {
      const memory = compiled as KernelMemory;
      const sound = Array.from({ length: XZ_RUNS }, (_, i) => {
        const data = generators[i % generators.length]?.(1 + Math.floor(random() ** 3 * 5000), random) ?? new Uint8Array(1);
        return { data, stream: xzSync(data) };
      });
      let accepted = 0;
      for (let i = 0; i < mutationRuns; i++) {
        const { data, stream } = sound[i % sound.length] as (typeof sound)[number];
        const block = mutate(stream, random);
        const { output, intact } = decode(memory, 'xz', block, data.length);
        const between = decodeBetween(memory, 'xz', block, data.length);
        const start = decode(memory, 'xzStart', block, 1 + Math.floor(random() * data.length));
        const expected = attemptUnxz(block);
        const wrong = output !== undefined && Buffer.compare(output, data) !== 0;
        const refused = expected !== undefined && Buffer.compare(expected, data) === 0 && output === undefined;
        if (wrong || refused || !intact || !between.intact || !start.intact)
          expect.fail(`stream ${i} of ${data.length} bytes: ${Buffer.from(block).toString('base64')}`);
        if (output !== undefined) accepted++;
      }
      expect(accepted).toBeGreaterThan(0);
    },
    600_000,
  );

  function attemptUnxz(block: Uint8Array): Uint8Array | undefined {
    try {
      return unxzSync(block);
    } catch {
      return undefined;
    }
  }
});

describe.skipIf(compiled === undefined)('Zstandard frames', () => {
  const memory = compiled as KernelMemory;
  const random = seeded(20_260_404);
  const kinds = Object.values(GENERATORS);
  const settings = fc.record({
    level: fc.integer({ min: 1, max: 19 }),
    isChecked: fc.boolean(),
    isKnown: fc.boolean(),
    windowLog: fc.constantFrom(0, 10, 12, 15, 18),
  });

  function expectDecoded(block: Uint8Array, data: Uint8Array): void {
    const { output, intact } = decode(memory, 'zstd', block, data.length);
    expect([output && Buffer.compare(output, data), intact]).toEqual([0, true]);
    expect(decodeBetween(memory, 'zstd', block, data.length)).toEqual({ accepted: true, intact: true });
  }

  it('are decoded at every level, with any window, whether they say how much they hold or not', () => {
    fc.assert(
      fc.property(anyData, settings, (data, options) => expectDecoded(zstdFrame(data, options), data)),
      { numRuns: 150 },
    );
  });

  it('are decoded where they have many blocks, and codes and tables are used again', () => {
    for (const [i, generator] of kinds.entries()) {
      for (const length of [2 ** 17 - 1, 2 ** 17, 2 ** 17 + 1, 900_000]) {
        const data = generator(length, random);
        expectDecoded(zstdFrame(data, { level: [1, 3, 6][i % 3] as number, isChecked: true, windowLog: i % 2 === 0 ? 0 : 16 }), data);
      }
    }
  });

  it('follow one another, with others between them that are skipped', () => {
    const parts = [Buffer.from('one and one and one and one'), Buffer.alloc(0), Buffer.from('two, or two')];
    const skipped = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const row = Buffer.concat(parts.flatMap((part) => [skipped, zstdFrame(part, { isChecked: true })]));
    const data = Buffer.concat(parts);
    expectDecoded(row, data);
    expectDecoded(Buffer.concat([row, Buffer.from('what follows')]), data);
    // The start of a single frame alone is given: others may have checksums.
    expect(decode(memory, 'zstdStart', row, 5).answer).toBe(OTHER_KIND);
    expect(decode(memory, 'zstdStart', row.subarray(skipped.length), data.length).answer).toBe(OTHER_KIND);
    expect(decode(memory, 'zstdStart', row.subarray(skipped.length), 5).output).toEqual(Uint8Array.from(data.subarray(0, 5)));
  });

  it('that name a dictionary or want too large a window are of another kind', () => {
    const data = Buffer.from('no dictionary has these words');
    const plain = zstdFrame(data);
    const named = (id: number) => Buffer.concat([plain.subarray(0, 4), Buffer.from([(plain[4] ?? 0) | 1, id]), plain.subarray(5)]);
    expectDecoded(named(0), data);
    expect(decode(memory, 'zstd', named(7), data.length).answer).toBe(OTHER_KIND);
    const unknown = zstdFrame(data, { isKnown: false });
    const windowed = (log: number) => Buffer.concat([unknown.subarray(0, 5), Buffer.from([(log - 10) << 3]), unknown.subarray(6)]);
    expectDecoded(windowed(27), data);
    expect(zstdDecompressSync(windowed(27))).toEqual(data);
    expect(decode(memory, 'zstd', windowed(28), data.length).answer).toBe(OTHER_KIND);
    expect(() => zstdDecompressSync(windowed(28))).toThrow();
  });

  it.each([40, 1000])('with codes of twelve bits, which nobody writes, are read as zstd reads them: %d literals', (count) => {
    const symbols = Array.from({ length: count }, () => Math.floor(random() * 13));
    const frame = twelveBitFrame(symbols);
    expect([...zstdDecompressSync(frame)]).toEqual(symbols);
    expectDecoded(frame, Uint8Array.from(symbols));
  });

  it('that are damaged are refused wherever zstd refuses them or gives other bytes, and no byte is written outside', () => {
    let accepted = 0;
    for (let i = 0; i < mutationRuns; i++) {
      const length = 1 + Math.floor(random() ** 3 * (i % 20 === 0 ? 150_000 : 5000));
      const data = kinds[i % kinds.length]?.(length, random) ?? new Uint8Array(length);
      const options = { level: 1 + (i % 7), isChecked: random() < 0.2, isKnown: random() < 0.7, windowLog: random() < 0.3 ? 12 : 0 };
      const block = mutate(zstdFrame(data, options), random);
      const expected = attemptUnzstd(block, length);
      const { output, intact } = decode(memory, 'zstd', block, length);
      const between = decodeBetween(memory, 'zstd', block, length);
      const wanted = 1 + Math.floor(random() * length);
      const start = decode(memory, 'zstdStart', block, wanted);
      // zstd does not see where some of its streams end too early or too late (RFC 8878, section 4.2.2), and gives wrong bytes.
      const mustAccept = expected !== undefined && Buffer.compare(expected, data) === 0;
      const same = output === undefined ? !mustAccept : expected !== undefined && Buffer.compare(output, expected) === 0;
      const startsSame =
        output === undefined || (start.output !== undefined && Buffer.compare(start.output, output.subarray(0, wanted)) === 0);
      const clean = intact && between.intact && start.intact && between.accepted === (output !== undefined);
      if (!same || !startsSame || !clean)
        expect.fail(`frame ${i} for ${length} bytes, ${wanted} of them: ${Buffer.from(block).toString('base64')}`);
      if (output !== undefined) accepted++;
    }
    expect(accepted).toBeGreaterThan(0);
  }, 600_000);

  function attemptUnzstd(block: Uint8Array, length: number): Uint8Array | undefined {
    try {
      const bytes = zstdDecompressSync(block, { chunkSize: length + 64, maxOutputLength: length + 1 });
      return bytes.length === length ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /** A frame of one block: literals 0 to 12 alone, in one stream of a code with weights 12, 11 .. 1 and 1. */
  function twelveBitFrame(symbols: readonly number[]): Buffer {
    const codes = symbols.map((symbol) => (symbol === 12 ? '000000000001' : symbol === 11 ? '000000000000' : `${'0'.repeat(symbol)}1`));
    const bits = `1${codes.join('')}`;
    const padded = bits.padStart(Math.ceil(bits.length / 8) * 8, '0');
    const stream = (padded.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)).reverse();
    const weights = [127 + 12, 0xcb, 0xa9, 0x87, 0x65, 0x43, 0x21];
    const stored = weights.length + stream.length;
    const section = 2 | (symbols.length << 4) | (stored << 14);
    const block = [section & 255, (section >> 8) & 255, section >> 16, ...weights, ...stream, 0];
    const header = 1 | (2 << 1) | (block.length << 3);
    // A window of 128 KB, and no word of how much it holds.
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0, (17 - 10) << 3];
    return Buffer.from([...frame, header & 255, (header >> 8) & 255, header >> 16, ...block]);
  }
});

describe('the start of damaged blocks', () => {
  const random = seeded(20_260_202);
  const generators = Object.values(GENERATORS);

  it.skipIf(compiled === undefined).each(['inflateStart', 'lz4Start'] as const)(
    '%s: where the whole is sound so is the start, and no byte is written outside',
    (decoder) => {
      const memory = compiled as KernelMemory;
      let accepted = 0;
      for (let i = 0; i < mutationRuns; i++) {
        const data = generators[i % generators.length]?.(1 + Math.floor(random() ** 3 * 5000), random) ?? new Uint8Array(1);
        const wanted = 1 + Math.floor(random() * data.length);
        const sound = decoder === 'lz4Start' ? compressSync(Buffer.from(data)).subarray(4) : deflateSync(data);
        const block = decoder === 'lz4Start' ? withHash(mutate(sound, random)) : mutate(sound, random);
        const whole = decode(memory, decoder === 'lz4Start' ? 'lz4Checked' : 'inflateZlib', block, data.length).output;
        const { output, intact } = decode(memory, decoder, block, wanted);
        const same = whole === undefined || (output !== undefined && Buffer.compare(output, whole.subarray(0, wanted)) === 0);
        if (!same || !intact || !decodeBetween(memory, decoder, block, wanted).intact)
          expect.fail(`block ${i}, ${wanted} of ${data.length} bytes: ${Buffer.from(block).toString('base64')}`);
        if (output !== undefined) accepted++;
      }
      expect(accepted).toBeGreaterThan(0);
    },
    600_000,
  );
});

describe.each(implementations)('%s loops', (_name, memory) => {
  const place = (bytes: Uint8Array, at: number) => new Uint8Array(memory.buffer()).set(bytes, at);
  const { start } = memory;
  memory.grow(start + 400_000);

  it('turn numbers of any width round', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(3), fc.nat(40), (data, log, shift) => {
        const bytes = data.length & ~(2 ** log - 1);
        place(data, start + shift);
        const to = start + 1000 + shift;
        place(new Uint8Array(500).fill(CANARY), to);
        memory.kernels.swapCopy(start + shift, to, bytes, log);
        const expected = Buffer.from(data.subarray(0, bytes));
        if (log === 1) expected.swap16();
        if (log === 2) expected.swap32();
        if (log === 3) expected.swap64();
        const all = new Uint8Array(memory.buffer());
        expect(Buffer.from(all.subarray(to, to + bytes))).toEqual(expected);
        expect(all.subarray(to + bytes, to + bytes + 50).every((byte) => byte === CANARY)).toBe(true);
      }),
    );
  });

  it('compare places', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(120), (data, where) => {
        place(data, start);
        place(data, start + 333);
        const all = new Uint8Array(memory.buffer());
        all[start + 333 + where] = (all[start + 333 + where] ?? 0) + 1;
        expect(Boolean(memory.kernels.sameBytes(start, start + 333, data.length))).toBe(where >= data.length);
      }),
    );
  });

  const lists = fc.tuple(fc.array(fc.nat(9), { maxLength: 40 }), fc.nat(3), fc.constantFrom(0, 1, 10), fc.nat(1000));

  it('split lists into values and offsets', () => {
    fc.assert(
      fc.property(lists, ([lengths, log, header, shift]) => {
        const packed = pack(lengths, log, header, shift);
        expect(run(memory, packed)).toEqual({ answer: sum(lengths), values: packed.expected, offsets: packed.ends });
      }),
    );
  });

  it('split vectors into values and offsets without a table, and name the entry whose header contradicts the data', () => {
    fc.assert(
      fc.property(lists, fc.option(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))), ([lengths, log], damage) => {
        fc.pre(damage === null || lengths.length > 0);
        const packed = pack(lengths, log, 10, 0);
        const entry = damage === null ? 0 : damage[0] % lengths.length;
        // The first four bytes of a header are its byte count, the last four the number of values.
        const at =
          packed.table.length === 0
            ? 0
            : Buffer.from(packed.table).readInt32BE(4 * entry) + [0, 1, 2, 3, 6, 7, 8, 9][(damage?.[0] ?? 0) % 8]!;
        if (damage !== null) packed.data[at] = (packed.data[at] ?? 0) ^ damage[1];
        const { answer, values, offsets } = runVectors(memory, packed);
        if (damage === null)
          expect({ answer, values, offsets }).toEqual({ answer: sum(lengths), values: packed.expected, offsets: packed.ends });
        else expect(~answer).toBe(entry);
      }),
    );
  });

  it('refuse tables and headers that contradict the data, and name the entry', () => {
    fc.assert(
      fc.property(lists, fc.nat(), fc.integer({ min: 1, max: 255 }), ([lengths, log, header, shift], where, mask) => {
        fc.pre(lengths.length > 0);
        const packed = pack(lengths, log, header, shift);
        const at = where % packed.table.length;
        packed.table[at] = (packed.table[at] ?? 0) ^ mask;
        const { answer } = run(memory, packed);
        const entry = at >> 2;
        // Without headers to check it by, another way to cut the same bytes is as good.
        if (answer >= 0) expect(header).not.toBe(10);
        else expect([entry - 1, entry, lengths.length]).toContain(~answer);
      }),
    );
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

interface Packed {
  readonly data: Uint8Array;
  readonly table: Uint8Array;
  readonly entries: number;
  readonly shift: number;
  readonly header: number;
  readonly log: number;
  readonly expected: Uint8Array;
  readonly ends: number[];
}

/** Lists of the given lengths as ROOT stores them. */
function pack(lengths: readonly number[], log: number, header: number, shift: number): Packed {
  const data: number[] = [];
  const values: number[] = [];
  const table = Buffer.alloc(4 * lengths.length);
  const ends: number[] = [];
  for (const [entry, length] of lengths.entries()) {
    table.writeInt32BE(data.length + shift, 4 * entry);
    const bytes = length << log;
    const head = Buffer.alloc(header, 3);
    if (header === 10) {
      head.writeInt32BE((bytes + 6) | 0x40000000);
      head.writeInt32BE(length, 6);
    }
    data.push(...head);
    for (let i = 0; i < length; i++) {
      const number = Array.from({ length: 2 ** log }, (_, k) => (entry * 31 + i * 7 + k) & 255);
      data.push(...number);
      values.push(...number.reverse());
    }
    ends.push(values.length >> log);
  }
  return { data: Uint8Array.from(data), table, entries: lengths.length, shift, header, log, expected: Uint8Array.from(values), ends };
}

function run(memory: KernelMemory, { data, table, entries, shift, header, log }: Packed) {
  const { kernels, start } = memory;
  const bytes = new Uint8Array(memory.buffer());
  const [dataAt, tableAt, valuesAt, offsetsAt] = [start, start + 50_000, start + 100_000, start + 200_000];
  bytes.set(data, dataAt);
  bytes.set(table, tableAt);
  const dataEnd = dataAt + data.length;
  const answer =
    header === 0
      ? kernels.counted(tableAt, entries, shift, data.length, log, offsetsAt, 0)
      : kernels.lists(dataAt, dataEnd, tableAt, entries, shift, header, header === 10, log, valuesAt, valuesAt + data.length, offsetsAt, 0);
  if (header === 0) kernels.swapCopy(dataAt, valuesAt, data.length, log);
  const offsets = [...new Int32Array(memory.buffer().slice(offsetsAt, offsetsAt + 4 * entries))];
  return { answer, values: bytes.slice(valuesAt, valuesAt + (Math.max(answer, 0) << log)), offsets };
}

function runVectors(memory: KernelMemory, { data, entries, log }: Packed) {
  const { kernels, start } = memory;
  const bytes = new Uint8Array(memory.buffer());
  const [valuesAt, offsetsAt] = [start + 100_000, start + 200_000];
  bytes.set(data, start);
  const answer = kernels.vectors(start, start + data.length, entries, log, valuesAt, valuesAt + data.length, offsetsAt, 0);
  const offsets = [...new Int32Array(memory.buffer().slice(offsetsAt, offsetsAt + 4 * entries))];
  return { answer, values: bytes.slice(valuesAt, valuesAt + (Math.max(answer, 0) << log)), offsets };
}

/** Every function that a kind of kernels must have, so that neither forgets one. */
describe('both kinds of kernels', () => {
  it('have the same functions', () => {
    const names: (keyof Kernels)[] = ['swapCopy', 'lists', 'vectors', 'counted', 'sameBytes', 'inflateRaw', 'inflateZlib', 'lz4Checked'];
    for (const [, { kernels }] of implementations) for (const name of names) expect(kernels[name]).toBeTypeOf('function');
  });
});
