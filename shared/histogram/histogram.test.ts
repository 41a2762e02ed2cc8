import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnalysisError, ConfigError, MessageError } from '../errors.ts';
import { binEdges, category, regular, variable } from './axis.ts';
import { encodeHistogram } from './codec.ts';
import { Histogram } from './histogram.ts';

const mass = regular(34, 80, 250, { name: 'm4l', label: 'm4l', unit: 'GeV' });
const edges = variable([0, 1, 2.5, 10], { name: 'pt' });
const steps = category(['all', 'flavour', 'charge'], { name: 'cutFlow' });

function filled(axes: ConstructorParameters<typeof Histogram>[0], fills: readonly (readonly [number, number])[]): Histogram {
  const histogram = new Histogram(axes);
  for (const [x, weight] of fills) histogram.fill(x, weight);
  return histogram;
}

const fills = fc.array(
  fc.tuple(
    fc.double({ min: 60, max: 270, noNaN: true }),
    fc.oneof(fc.constant(1), fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -1e150, max: 1e150, noNaN: true })),
  ),
  { maxLength: 100 },
);

describe('Histogram', () => {
  it("follows ROOT's binning rule, also at the edges and one step beside them", () => {
    const step = (x: number, ulps: number): number => x + ulps * 2 ** (Math.floor(Math.log2(Math.abs(x) || 2 ** -1022)) - 52);
    const axis = fc
      .tuple(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: -1e3, max: 1e3, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
      )
      .map(([bins, lo, width]) => regular(bins, lo, lo + width, { name: 'x' }));
    fc.assert(
      fc.property(
        axis,
        fc.nat(500),
        fc.integer({ min: -2, max: 2 }),
        fc.double({ min: -2e4, max: 2e4, noNaN: true }),
        (axis, i, ulps, any) => {
          const { bins, lo, hi } = axis;
          for (const x of [any, step(binEdges(axis)[i % (bins + 1)] ?? 0, ulps)]) {
            const rule = Math.floor((bins * (x - lo)) / (hi - lo)) + 1;
            const expected = x < lo ? 0 : x >= hi ? bins + 1 : rule;
            expect(
              filled([axis], [[x, 1]])
                .contents()
                .entries.indexOf(1),
            ).toBe(expected);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('puts NaN and infinities where ROOT does', () => {
    const { entries } = filled(
      [regular(2, 0, 1, { name: 'x' })],
      [
        [Number.NaN, 1],
        [Number.POSITIVE_INFINITY, 1],
        [Number.NEGATIVE_INFINITY, 1],
      ],
    ).contents();
    expect([...entries]).toEqual([1, 0, 0, 2]);
  });

  it('finds the bin between uneven edges, half-open', () => {
    const values = [-1, 0, 0.5, 1, 2.4, 2.5, 9.99, 10, Number.NaN];
    const { sumw } = filled(
      [edges],
      values.map((x) => [x, 1]),
    ).contents();
    expect([...sumw]).toEqual([1, 2, 2, 2, 2]);
  });

  it('takes categories by index, all others as overflow', () => {
    const { sumw } = filled(
      [steps],
      [
        [0, 1],
        [2, 1],
        [3, 1],
        [-1, 1],
        [Number.NaN, 1],
      ],
    ).contents();
    expect([...sumw]).toEqual([1, 0, 1, 3]);
  });

  it('keeps two axes in C order', () => {
    const histogram = new Histogram([steps, regular(2, 0, 2, { name: 'y' })]);
    histogram.fill2(1, 0.5);
    histogram.fill2(1, 1.5, 2);
    histogram.fill2(9, -1, -3);
    expect([...histogram.contents().sumw]).toEqual([0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, -3, 0, 0, 0]);
  });

  it('takes no weight for 1, and refuses one that is undefined', () => {
    const [plain, both, steps] = [new Histogram([mass]), new Histogram([mass, mass]), new Histogram([category(['a', 'b'], { name: 's' })])];
    const none = [0.9][1] as number;
    plain.fill(100);
    both.fill2(100, 100);
    steps.fillUpTo(1);
    for (const fill of [() => plain.fill(100, none), () => both.fill2(100, 100, none), () => steps.fillUpTo(1, none)])
      expect(fill).toThrow(/weight undefined is not a finite number.*`weight \?\? 1`/);
    for (const histogram of [plain, both, steps])
      expect(histogram.contents().sumw.reduce((sum, w) => sum + w)).toBe(histogram === steps ? 2 : 1);
  });

  it('sums weights, their squares and the number of fills', () => {
    const contents = filled(
      [mass],
      [
        [125, 1],
        [125, 0.5],
        [125, -2],
        [125, 0],
      ],
    ).contents();
    const cell = 1 + Math.floor((34 * (125 - 80)) / 170);
    expect([contents.sumw[cell], contents.sumw2[cell], contents.entries[cell]]).toEqual([-0.5, 5.25, 4]);
  });

  it('gives the same bytes for any order and any split', () => {
    fc.assert(
      fc.property(fills, fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }), (list, parts) => {
        const merged = new Histogram([mass]);
        for (const part of [3, 1, 0, 2]) merged.merge(filled([mass], list.filter((_, i) => parts[i % 7] === part).toReversed()));
        const whole = filled([mass], list);
        expect(merged.contents()).toEqual(whole.contents());
        expect(encodeHistogram(merged)).toEqual(encodeHistogram(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('merges associatively and commutatively, with the empty histogram as identity', () => {
    const join = (...parts: Histogram[]): Histogram => {
      const result = new Histogram([mass]);
      for (const part of parts) result.merge(part);
      return result;
    };
    fc.assert(
      fc.property(fills, fills, fills, (a, b, c) => {
        const [x, y, z] = [filled([mass], a), filled([mass], b), filled([mass], c)];
        expect(encodeHistogram(join(join(x, y), z))).toEqual(encodeHistogram(join(x, join(z, y))));
        expect(encodeHistogram(join(x))).toEqual(encodeHistogram(x));
      }),
      { numRuns: 100 },
    );
  });

  it('can go on being filled and merged after its contents were read', () => {
    const histogram = filled(
      [mass],
      [
        [100, 1],
        [100, 0.1],
      ],
    );
    histogram.contents();
    histogram.fill(100);
    histogram.merge(filled([mass], [[100, 0.2]]));
    expect(histogram.contents()).toEqual(
      filled(
        [mass],
        [
          [100, 0.2],
          [100, 0.1],
          [100, 1],
          [100, 1],
        ],
      ).contents(),
    );
  });

  it.each([
    ['one axis', [mass]],
    ['two axes', [steps, edges]],
  ])('is the same however many of its fills wait when it is read: %s', (_what, axes) => {
    const fill = (histogram: Histogram, i: number): void => {
      const weight = i % 5 === 0 ? 1 : Math.sin(i) * 10 ** (i % 31);
      if (axes.length === 1) histogram.fill(70 + (i % 190), weight);
      else histogram.fill2(i % 4, (i % 13) - 1, weight);
    };
    const [whole, read, merged] = [new Histogram(axes), new Histogram(axes), new Histogram(axes)];
    for (let i = 0; i < 5000; i++) {
      const single = new Histogram(axes);
      fill(single, i);
      merged.merge(single);
      fill(whole, i);
      fill(read, i);
      if (i % 701 === 0) read.contents();
    }
    expect(encodeHistogram(read)).toEqual(encodeHistogram(whole));
    expect(encodeHistogram(merged)).toEqual(encodeHistogram(whole));
  });

  it('knows whether it was ever filled', () => {
    const histogram = new Histogram([mass]);
    expect(histogram.isEmpty).toBe(true);
    histogram.fill(100, 0);
    expect(histogram.isEmpty).toBe(false);
  });

  it('refuses weights that are not finite, or have no finite square, names the histogram and stays unchanged', () => {
    const histogram = filled([mass], [[100, 2]]);
    const before = encodeHistogram(histogram);
    for (const weight of [Number.NaN, Number.POSITIVE_INFINITY, -1e200]) {
      expect(() => histogram.fill(100, weight)).toThrow(AnalysisError);
      expect(() => histogram.fill(100, weight)).toThrow(/m4l: weight/);
    }
    expect(encodeHistogram(histogram)).toEqual(before);
  });

  it('refuses the wrong number of axes', () => {
    expect(() => new Histogram([])).toThrow(ConfigError);
    expect(() => new Histogram([mass, mass, mass])).toThrow(ConfigError);
    expect(() => new Histogram([mass]).fill2(1, 2)).toThrow(/fill\(\)/);
    expect(() => new Histogram([mass, edges]).fill(1)).toThrow(/fill2\(\)/);
  });

  it('refuses to merge other bins', () => {
    const others = [[edges], [mass, mass], [regular(34, 80, 251, { name: 'm4l' })], [regular(17, 80, 250, { name: 'm4l' })], [steps]];
    for (const axes of others) expect(() => new Histogram([mass]).merge(new Histogram(axes))).toThrow(MessageError);
    expect(() => new Histogram([mass]).merge(new Histogram([{ ...mass, label: 'other text' }]))).not.toThrow();
  });
});

describe('clear', () => {
  it('leaves nothing behind: a cleared histogram is as a new one', () => {
    fc.assert(
      fc.property(fills, fills, (before, after) => {
        const used = filled([mass], before);
        const isRead = before.length % 2 === 0; // sums that were looked at are kept elsewhere
        if (isRead) used.contents();
        used.clear();
        expect(used.isEmpty).toBe(true);
        for (const [x, weight] of after) used.fill(x, weight);
        expect(encodeHistogram(used)).toEqual(encodeHistogram(filled([mass], after)));
      }),
    );
  });

  it('forgets the steps of a cut flow', () => {
    const [used, fresh] = [new Histogram([steps]), new Histogram([steps])];
    for (let i = 0; i < 2; i++) {
      used.fillUpTo(2, 0.5);
      used.clear();
    }
    expect(encodeHistogram(used)).toEqual(encodeHistogram(fresh));
    for (const each of [used, fresh]) each.fillUpTo(1, 3);
    expect(encodeHistogram(used)).toEqual(encodeHistogram(fresh));
  });
});

describe('fillUpTo', () => {
  const passed = fc.array(fc.tuple(fc.nat(2), fc.oneof(fc.constant(1), fc.double({ min: -1e3, max: 1e3, noNaN: true }))), {
    maxLength: 60,
  });

  it('is the same as a fill of every step, in bytes, whatever else is filled, merged and read in between', () => {
    fc.assert(
      fc.property(passed, passed, fc.boolean(), (first, second, look) => {
        const quick = [new Histogram([steps]), new Histogram([steps])] as const;
        const slow = new Histogram([steps]);
        for (const [histogram, list] of [[quick[0], first] as const, [quick[1], second] as const]) {
          for (const [last, weight] of list) {
            histogram.fillUpTo(last, weight);
            for (let step = 0; step <= last; step++) slow.fill(step, weight);
            histogram.fill(1, weight);
            slow.fill(1, weight);
            if (look) histogram.contents();
          }
        }
        expect(quick[0].isEmpty).toBe(first.length === 0);
        quick[0].merge(quick[1]);
        expect(encodeHistogram(quick[0])).toEqual(encodeHistogram(slow));
      }),
    );
  });

  it.each([-1, 3, Number.NaN])('refuses bin %d of three', (last) => {
    expect(() => new Histogram([steps]).fillUpTo(last)).toThrow(AnalysisError);
  });

  it('says the number of a bin that is given by its name', () => {
    const flow = new Histogram([category(['all', 'two muons'], { name: 'cutFlow' })]);
    expect(() => flow.fillUpTo('two muons' as unknown as number)).toThrow(
      'cutFlow: there is no bin two muons to fill up to. It is given by its number, here 1.',
    );
  });

  it.each([
    ['a regular axis', [mass]],
    ['two axes', [steps, steps]],
  ])('refuses %s', (_what, axes) => {
    expect(() => new Histogram(axes).fillUpTo(0)).toThrow('Only a category axis');
  });

  it('refuses weights as fill does', () => {
    expect(() => new Histogram([steps]).fillUpTo(0, Number.NaN)).toThrow('not a finite number');
  });
});
