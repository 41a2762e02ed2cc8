import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress } from '../compression.ts';
import { CODEC_NAMES, loadCompressor } from './compress.ts';

const CODECS = CODEC_NAMES.filter((name) => name !== 'none');

/** Bytes that no codec shrinks. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let from = 0; from < length; from += 65536) crypto.getRandomValues(bytes.subarray(from, Math.min(length, from + 65536)));
  return bytes;
}

describe('a compressor', () => {
  it.each(CODECS)('of %s makes what the reader decompresses', async (name) => {
    const compressor = await loadCompressor(name);
    const words = fc.array(fc.constantFrom('Higgs', 'Z', '0', '\u0000\u0001'), { minLength: 100, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(words, async (text) => {
        const bytes = new TextEncoder().encode(text.join(''));
        const packed = compressor.compress(bytes);
        if (packed === undefined) return;
        expect(packed.length).toBeLessThan(bytes.length);
        expect(Buffer.compare(await decompress(packed, bytes.length, 0), bytes)).toBe(0);
      }),
      { numRuns: name === 'lzma' ? 5 : 50 },
    );
  });

  it.each(CODECS)('of %s leaves alone what does not shrink', async (name) => {
    const compressor = await loadCompressor(name);
    expect(compressor.compress(noise(1000))).toBeUndefined();
    expect(compressor.compress(new Uint8Array())).toBeUndefined();
    expect(compressor.compress(new Uint8Array(1000))).toBeDefined();
  });

  it('leaves everything alone where one of several blocks does not shrink, as ROOT does', async () => {
    const bytes = new Uint8Array(0xff_ff_ff + 1000);
    const { compress } = await loadCompressor('zstd');
    expect(compress(bytes)).toBeDefined();
    bytes.set(noise(1000), 0xff_ff_ff);
    expect(compress(bytes)).toBeUndefined();
  });
});
