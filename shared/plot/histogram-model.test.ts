import { describe, expect, it } from 'vitest';
import { category, regular } from '../histogram/axis.ts';
import { contentsFrom, type HistogramContents } from '../histogram/contents.ts';
import { type SingleHistogram, singleHistogramModel } from './histogram-model.ts';
import { layOut } from './layout.ts';

function single(contents: HistogramContents, more: Partial<SingleHistogram> = {}): SingleHistogram {
  return { name: 'm', title: 'a mass', lines: ['file.root: m'], toy: false, contents, kind: 'counts', valueTitle: '', ...more };
}

const mass = contentsFrom([regular(3, 0, 30, { name: 'm', label: 'mass', unit: 'GeV' })], {
  sumw: [5, 4, 0, -2, 7],
  sumw2: [5, 4, 0, 1, 7],
  entries: [5, 4, 0, 2, 7],
});

describe('singleHistogramModel', () => {
  it('fills the bins, and shows values with their errors where there is something', () => {
    const model = singleHistogramModel(single(mass));
    expect(model.layers).toMatchObject([{ label: 'm', tops: [4, 0, -2] }]);
    expect(model.data?.points).toEqual([
      { bin: 0, x: 5, value: 4, lo: 2, hi: 6 },
      { bin: 2, x: 25, value: -2, lo: -3, hi: -1 },
    ]);
    expect(model.x).toMatchObject({ title: 'mass [GeV]', edges: [0, 10, 20, 30] });
    expect(model.y).toMatchObject({ title: 'Events / 10 GeV', scale: 'linear', peaks: [6, 0, 0] });
    expect(model.y.lo).toBeLessThanOrEqual(-3);
    expect(model.note).toBe('Outside the range: content 5 below, 7 above');
  });

  it('says that it is toy', () => {
    expect(singleHistogramModel(single(mass, { toy: true })).label).toMatchObject({ strong: 'TOY DATA', status: 'a mass', toy: true });
    expect(singleHistogramModel(single(mass)).label).toMatchObject({ strong: '', status: 'a mass', toy: false });
  });

  it('has room for all that is drawn, on a logarithmic axis as well', () => {
    for (const yScale of ['linear', 'log'] as const) {
      const model = singleHistogramModel(single(mass), { yScale });
      const { yHi } = layOut(model, { width: 900, height: 720 });
      expect(yHi).toBeGreaterThan(6);
      if (yScale === 'log') expect(model.y.lo).toBeGreaterThan(0);
    }
  });

  it('says on a logarithmic axis in how many bins the content is below 0', () => {
    expect(singleHistogramModel(single(mass), { yScale: 'log' }).note).toBe(
      'Below 0, not drawn: content in 1 bin. Outside the range: content 5 below, 7 above',
    );
  });

  it('shows a profile as points alone, and no flow', () => {
    const model = singleHistogramModel(single(mass, { kind: 'profile', valueTitle: 'pT [GeV]' }));
    expect(model.layers).toEqual([]);
    expect(model.y.title).toBe('pT [GeV]');
    expect(model.note).toBe('');
  });

  it('names the categories', () => {
    const steps = contentsFrom([category(['all', 'good'], { name: 'cut' })], { sumw: [3, 2, 1], sumw2: [3, 2, 1], entries: [3, 2, 1] });
    const model = singleHistogramModel(single(steps));
    expect(model.x.categories).toEqual(['all', 'good']);
    expect(model.note).toBe('Outside the range: content 1 above');
  });

  it('has axes, bars and a picture of finite size whatever the contents are, and says what is not drawn', () => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const odd = (sumw: number[], sumw2: number[]) => contentsFrom([regular(3, 0, 3, { name: 'x' })], { sumw, sumw2, entries: sumw });
    for (const yScale of ['linear', 'log'] as const) {
      const contents = singleHistogramModel(single(odd([0, inf, nan, 5, 0], [0, inf, nan, 1, 0])), { yScale });
      expect(contents.note).toBe('NaN or infinity, not drawn, in 2 bins');
      expect(contents.data?.points.map(({ value }) => value)).toEqual([5]);
      expect(contents.y.peaks).toEqual([0, 0, 6]);
      const errors = singleHistogramModel(single(odd([0, 2, 3, 5, 0], [0, inf, nan, 1, 0])), { yScale });
      expect(errors).toMatchObject({ note: '', y: { peaks: [2, 3, 6] } });
      const smallest = singleHistogramModel(single(odd([0, 5e-324, 0, 0, 0], [0, 0, 0, 0, 0])), { yScale });
      for (const model of [contents, errors, smallest]) {
        expect(Number.isFinite(model.y.lo) && Number.isFinite(layOut(model, { width: 900, height: 720 }).yHi)).toBe(true);
        if (yScale === 'log') expect(model.y.lo).toBeGreaterThan(0);
      }
    }
  });

  it('may have more bins than a stack has room for', () => {
    const bins = 200_000;
    const many = new Float64Array(bins + 2).fill(2);
    const model = singleHistogramModel(
      single(contentsFrom([regular(bins, 0, 1, { name: 'x' })], { sumw: many, sumw2: many, entries: many })),
      { yScale: 'log' },
    );
    expect(layOut(model, { width: 900, height: 720 }).yHi).toBeGreaterThan(3);
  });

  it('draws one axis only', () => {
    const axes = [regular(1, 0, 1, { name: 'x' }), regular(1, 0, 1, { name: 'y' })];
    const plane = { axes, sumw: new Float64Array(9), sumw2: new Float64Array(9), entries: new Float64Array(9) };
    expect(() => singleHistogramModel(single(plane))).toThrow(/one axis/);
  });
});
