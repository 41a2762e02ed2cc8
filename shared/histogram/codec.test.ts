import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPipelineError, MessageError } from '../errors.ts';
import { type Axis, category, regular, variable } from './axis.ts';
import { addEncoded, encodeHistogram } from './codec.ts';
import { Histogram } from './histogram.ts';

const mass = regular(34, 80, 250, { name: 'm4l' });
const shapes: readonly (readonly Axis[])[] = [
  [mass],
  [variable([0, 1, 2.5, 10], { name: 'pt' })],
  [category(['all', 'häufig', ''], { name: 'cutFlow' })],
  [regular(3, -0, 2, { name: 'x' }), category(['a', 'b'], { name: 'y' })],
];

function decodeHistogram(bytes: Uint8Array, axes: readonly Axis[]): Histogram {
  const histogram = new Histogram(axes);
  addEncoded(histogram, bytes);
  return histogram;
}

const anyHistogram = fc
  .tuple(
    fc.constantFrom(...shapes),
    fc.array(
      fc.tuple(
        fc.double({ min: -1, max: 300, noNaN: true }),
        fc.nat(4),
        fc.oneof(
          fc.constantFrom(1, 1, 0, 5e-324, -1),
          fc.double({ min: -3, max: 3, noNaN: true }),
          fc.double({ min: -1e150, max: 1e150, noNaN: true }),
        ),
      ),
      { maxLength: 30 },
    ),
  )
  .map(([axes, fills]) => {
    const histogram = new Histogram(axes);
    for (const [x, y, weight] of fills) {
      if (axes.length === 1) histogram.fill(x, weight);
      else histogram.fill2(x, y, weight);
    }
    return histogram;
  });

describe('histogram bytes', () => {
  it('come back as the histogram that they were made from, exactly', () => {
    fc.assert(
      fc.property(anyHistogram, (histogram) => {
        const bytes = encodeHistogram(histogram);
        const copy = decodeHistogram(bytes, histogram.axes);
        expect(copy.contents()).toEqual(histogram.contents());
        expect(encodeHistogram(copy)).toEqual(bytes);
        // Added to what is there, it is a merge.
        const twice = decodeHistogram(bytes, histogram.axes);
        addEncoded(twice, bytes);
        // It is the same inside, too: both go on alike.
        copy.merge(histogram);
        histogram.merge(histogram);
        expect(encodeHistogram(copy)).toEqual(encodeHistogram(histogram));
        expect(encodeHistogram(twice)).toEqual(encodeHistogram(histogram));
      }),
      { numRuns: 500 },
    );
  });

  it('do not tell whether a sum is at hand as a double or as limbs', () => {
    const anyWeight = fc.oneof(
      fc.double({ noNaN: true, min: -1e153, max: 1e153 }),
      fc.integer().map((whole) => whole / 2 ** 10),
      fc.constantFrom(0, -0, 5e-324, -5e-324, 2 ** -1022, 2 ** 500, 2 ** 53 - 1, 2 ** 32, 255 * 2 ** -1074),
    );
    fc.assert(
      fc.property(anyWeight, (weight) => {
        const asDouble = new Histogram([mass]);
        asDouble.fill(100, weight);
        const asLimbs = new Histogram([mass]);
        asLimbs.fill(100, weight);
        asLimbs.contents();
        expect(encodeHistogram(asDouble)).toEqual(encodeHistogram(asLimbs));
      }),
      { numRuns: 1000 },
    );
  });

  it('do not tell how the sums came about', () => {
    const direct = new Histogram([mass]);
    direct.fill(100, 3);
    direct.fill(100, 1);
    direct.fill(100, 1);
    const detour = new Histogram([mass]);
    detour.fill(100);
    detour.contents();
    detour.fill(100);
    const other = new Histogram([mass]);
    other.fill(100, 3);
    detour.merge(decodeHistogram(encodeHistogram(other), [mass]));
    expect(encodeHistogram(detour)).toEqual(encodeHistogram(direct));
  });

  it('are few', () => {
    const histogram = new Histogram([mass]);
    expect(encodeHistogram(histogram).length).toBeLessThan(30);
    for (let i = 0; i < 10_000; i++)
      histogram.fill(70 + ((i * 7.77) % 190), Math.fround(0.01 + i * 1e-6) * Math.fround(1 + Math.sin(i) / 3));
    expect(encodeHistogram(histogram).length).toBeLessThan(1500);
  });

  it('when damaged are refused with a MessageError, or are the canonical bytes of another histogram', () => {
    const damage = fc.array(
      fc.tuple(
        fc.constantFrom('flip', 'set', 'cut', 'insert', 'drop'),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.nat(255),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    let accepted = 0;
    fc.assert(
      fc.property(anyHistogram, damage, (histogram, faults) => {
        let bytes = [...encodeHistogram(histogram)];
        for (const [kind, place, value] of faults) {
          const at = Math.floor(place * bytes.length);
          if (kind === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << (value & 7));
          else if (kind === 'set') bytes[at] = value;
          else if (kind === 'cut') bytes = bytes.slice(0, at);
          else if (kind === 'insert') bytes.splice(at, 0, value);
          else bytes.splice(at, 1);
        }
        try {
          const decoded = decodeHistogram(Uint8Array.from(bytes), histogram.axes);
          accepted += 1;
          expect([...encodeHistogram(decoded)]).toEqual(bytes);
        } catch (error) {
          if (!isPipelineError(error, 'MessageError')) throw error;
        }
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('of random garbage behind a right header are refused the same way', () => {
    const header = encodeHistogram(new Histogram([mass])).slice(0, -2);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        const bytes = Uint8Array.of(...header, ...garbage);
        try {
          expect(encodeHistogram(decodeHistogram(bytes, [mass]))).toEqual(bytes);
        } catch (error) {
          if (!isPipelineError(error, 'MessageError')) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('are refused for other bins, naming the histogram', () => {
    const bytes = encodeHistogram(new Histogram([mass]));
    expect(() => decodeHistogram(bytes, [regular(34, 80, 251, { name: 'other' })])).toThrow(
      /other: this is not a histogram with these bins/,
    );
    expect(() => decodeHistogram(bytes, [mass, mass])).toThrow(MessageError);
    expect(() => decodeHistogram(new Uint8Array(), [mass])).toThrow(/end too early/);
    expect(() => decodeHistogram(bytes, [{ ...mass, label: 'm', unit: 'MeV' }])).not.toThrow();
  });

  describe('of one cell', () => {
    const axes = [category([], { name: 'one' })];
    const header = [...encodeHistogram(new Histogram(axes))].slice(0, -2);
    const decode = (...cells: number[]): Histogram => decodeHistogram(Uint8Array.of(...header, ...cells), axes);

    it('are accepted in the one right form', () => {
      expect([...decode(1, 2, 4, 1, 2, 4, 1).contents().entries]).toEqual([1]);
      expect(decode(0, 1).isEmpty).toBe(true);
    });

    it.each([
      ['an empty run', [0, 0], /run/],
      ['a run too long', [0, 2], /run/],
      ['a run of 2^49', [0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], /run/],
      ['more bytes', [0, 1, 0], /after the last/],
      ['a count padded with zeros', [0x81, 0, 0, 0], /shortest/],
      ['a count past 2^53', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], /too large/],
      ['a count of endless zeros', new Array<number>(50).fill(0x80), /too large/],
      ['a negative sum of squares', [1, 2, 4, 1, 3, 4, 1], /negative/],
      ['a minus without a number', [1, 1, 4], /too long/],
      ['a sum past all doubles', [1, 2, 0x8d, 2, 1, 0], /too long/],
      ['a sum with a zero below', [1, 4, 0, 0, 1, 0], /shortest/],
      ['a sum with a zero on top', [1, 4, 0, 1, 0, 0], /shortest/],
      ['a sum cut off', [1, 40, 0, 1], /too early/],
    ])('are refused with %s', (_, cells, reason) => {
      expect(() => decode(...cells)).toThrow(MessageError);
      expect(() => decode(...cells)).toThrow(reason);
    });
  });
});
