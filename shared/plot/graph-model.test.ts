import { describe, expect, it } from 'vitest';
import { category, regular } from '../histogram/axis.ts';
import { Histogram } from '../histogram/histogram.ts';
import { graphModel, planeModel } from './graph-model.ts';

const words = { name: 'g', title: 'a title', lines: ['somewhere'], toy: false };

describe('a graph as a plot', () => {
  it('has its points with error bars in both directions, inside the axes', () => {
    const { data, x, y } = graphModel({
      ...words,
      x: [1, 2, 3],
      y: [-4, -5, -6],
      errors: { xLow: [0.5, 0, 0], yLow: [1, 1, 1], yHigh: [2, 0, 0] },
    });
    expect(data?.points[0]).toMatchObject({ x: 1, xLo: 0.5, xHi: 1, value: -4, lo: -5, hi: -2 });
    expect(x.edges[0]).toBeLessThan(0.5);
    expect(x.edges.at(-1)).toBeGreaterThan(3);
    expect(y.lo).toBeLessThan(-7);
    expect(Math.max(...y.peaks)).toBe(-2);
  });

  it('leaves out what has no place on its axes, and says so', () => {
    const model = graphModel({ ...words, x: [1, 2, 3], y: [10, 0, Number.NaN], errors: {} }, { yScale: 'log' });
    expect(model.data?.points.map(({ value }) => value)).toEqual([10]);
    expect(model.note).toBe('2 of 3 points have no place on these axes');
  });

  it('may have more points than a stack has room for, and endless errors', () => {
    const x = Array.from({ length: 200_000 }, (_, i) => i + 1);
    const yHigh = x.map((at) => (at === 7 ? Number.POSITIVE_INFINITY : 0));
    for (const yScale of ['linear', 'log'] as const) {
      const { y, x: axis } = graphModel({ ...words, x, y: x, errors: { yHigh } }, { yScale });
      expect(y.peaks.at(-3)).toBeGreaterThan(100_000);
      expect([y.lo, ...y.peaks, ...axis.edges].every(Number.isFinite)).toBe(true);
    }
  });

  it('says that it is toy', () => {
    const graph = { ...words, x: [1], y: [1], errors: {} };
    expect(graphModel({ ...graph, toy: true }).label).toMatchObject({ strong: 'TOY DATA', status: 'a title', toy: true });
    expect(graphModel(graph).label).toMatchObject({ strong: '', toy: false });
  });

  it('of no points is empty', () => {
    expect(graphModel({ ...words, x: [], y: [], errors: {} })).toMatchObject({ data: { points: [] }, y: { lo: 0 }, note: '' });
  });
});

describe('a histogram of two axes as a plot', () => {
  const plane = new Histogram([regular(3, 0, 3, { name: 'x' }), regular(2, 0, 20, { name: 'y' })]);
  plane.fill2(0.5, 5, 7);
  plane.fill2(2.5, 15, 2);
  plane.fill2(9, 5, 4);
  const histogram = { ...words, contents: plane.contents(), kind: 'counts', valueTitle: '' } as const;

  it('has a value a bin, column by column, and says what is outside', () => {
    const { cells, note, x, y } = planeModel(histogram);
    expect(cells).toMatchObject({ values: [7, 0, 0, 0, 0, 2], edges: [0, 10, 20], lo: 0, hi: 7 });
    expect(x.edges).toEqual([0, 1, 2, 3]);
    expect(y).toMatchObject({ lo: 0, peaks: [20, 20, 20] });
    expect(note).toBe('4 outside of the axes');
  });

  it('says that it is toy', () => {
    expect(planeModel({ ...histogram, toy: true }).label).toMatchObject({ strong: 'TOY DATA', toy: true });
  });

  it('has logarithmic colours from its lowest content on', () => {
    expect(planeModel(histogram, { zScale: 'log' }).cells).toMatchObject({ lo: 2, hi: 7, scale: 'log' });
  });

  it('says in how many bins the content is below 0, where colours are logarithmic', () => {
    const signed = new Histogram([regular(3, 0, 3, { name: 'x' }), regular(2, 0, 20, { name: 'y' })]);
    signed.fill2(0.5, 5, 7);
    signed.fill2(1.5, 5, -1);
    signed.fill2(2.5, 15, -2);
    const contents = signed.contents();
    expect(planeModel({ ...histogram, contents }, { zScale: 'log' }).note).toBe('Below 0, not drawn: content in 2 bins');
    expect(planeModel({ ...histogram, contents })).toMatchObject({ note: '', cells: { lo: -2 } });
  });

  it('may have more bins than a stack has room for, and counts those of NaN or infinity', () => {
    const many = new Histogram([regular(500, 0, 1, { name: 'x' }), regular(500, 0, 1, { name: 'y' })]).contents();
    many.sumw.fill(2);
    many.sumw[502 + 1] = Number.NaN;
    many.sumw[502 + 2] = Number.POSITIVE_INFINITY;
    for (const zScale of ['linear', 'log'] as const) {
      const { cells, note } = planeModel({ ...histogram, contents: many }, { zScale });
      expect(cells).toMatchObject({ lo: zScale === 'log' ? 2 : 0, hi: zScale === 'log' ? 3 : 2 });
      expect(note).toBe(`NaN or infinity, not drawn, in 2 bins. ${2 * (502 ** 2 - 500 ** 2)} outside of the axes`);
    }
  });

  it('takes categories on either axis', () => {
    const flow = new Histogram([category(['a', 'b'], { name: 'cut' }), category(['u', 'v', 'w'], { name: 'channel' })]);
    flow.fill2(1, 2, 5);
    const { cells, x, y } = planeModel({ ...histogram, contents: flow.contents() });
    expect(cells?.values).toEqual([0, 0, 0, 0, 0, 5]);
    expect([x.categories, y.categories]).toEqual([
      ['a', 'b'],
      ['u', 'v', 'w'],
    ]);
  });

  it('is refused with another number of axes', () => {
    const line = new Histogram([regular(3, 0, 3, { name: 'x' })]);
    expect(() => planeModel({ ...histogram, contents: line.contents() })).toThrow(/histograms of 1 axes are not drawn/);
  });
});
