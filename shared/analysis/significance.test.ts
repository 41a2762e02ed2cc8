import { describe, expect, it } from 'vitest';
import { category, regular, variable } from '#shared/histogram/axis.ts';
import { contentsFrom, type HistogramContents } from '#shared/histogram/contents.ts';
import { significances, windowYields } from './significance.ts';

const axis = regular(34, 80, 250, { name: 'm4l' });

/** Contents that are 1000 everywhere but in the given bins, so that a bin too many shows. */
function contents(inWindow: Record<number, number>): HistogramContents {
  const sumw = new Float64Array(36).fill(1000);
  for (const [bin, value] of Object.entries(inWindow)) sumw[Number(bin) + 1] = value;
  return contentsFrom([axis], { sumw, sumw2: sumw, entries: sumw });
}

describe('windowYields', () => {
  const groups = [
    { kind: 'data' as const, contents: contents({ 7: 10, 8: 20, 9: 12 }) },
    { kind: 'background' as const, contents: contents({ 7: 1, 8: 2, 9: 3 }) },
    { kind: 'background' as const, contents: contents({ 7: 0.5, 8: 0.25, 9: 0.25 }) },
    { kind: 'signal' as const, contents: contents({ 7: 1.5, 8: 4.5, 9: 3 }) },
  ];

  it('sums bins 7 to 9 for 115 to 130 GeV', () => {
    const yields = windowYields(groups, { lo: 115, hi: 130 });
    expect(yields).toEqual({ lo: 115, hi: 130, firstBin: 7, lastBin: 9, data: 42, signal: 9, background: 7, stacked: 16 });
  });

  it('takes the bins whose centre is inside', () => {
    expect(windowYields(groups, { lo: 117, hi: 127.4 })).toMatchObject({ lo: 115, hi: 125, firstBin: 7, lastBin: 8 });
  });

  it('works on 2.5 GeV bins: 122.5 to 130 is 17 to 19', () => {
    const fine = regular(68, 80, 250, { name: 'm4l' });
    const sumw = Float64Array.from({ length: 70 }, (_, cell) => cell - 1);
    const yields = windowYields([{ kind: 'signal', contents: contentsFrom([fine], { sumw, sumw2: sumw, entries: sumw }) }], {
      lo: 122.5,
      hi: 130,
    });
    expect(yields).toMatchObject({ firstBin: 17, lastBin: 19, data: undefined, signal: 17 + 18 + 19, background: 0 });
  });

  it('has nothing to sum in a window without bins', () => {
    expect(windowYields(groups, { lo: 300, hi: 310 })).toBeUndefined();
    expect(windowYields(groups, { lo: 118, hi: 122 })).toBeUndefined();
  });

  it('refuses histograms without one numeric axis', () => {
    expect(() => windowYields([], { lo: 0, hi: 1 })).toThrow('same single numeric axis');
    const steps = category(['a', 'b'], { name: 'steps' });
    const zeros = new Float64Array(3);
    const flow = contentsFrom([steps], { sumw: zeros, sumw2: zeros, entries: zeros });
    expect(() => windowYields([{ kind: 'data', contents: flow }], { lo: 0, hi: 1 })).toThrow('same single numeric axis');
  });

  it('works on a variable axis', () => {
    const edges = variable([0, 10, 30, 100], { name: 'x' });
    const sumw = Float64Array.of(9, 1, 2, 4, 9);
    const yields = windowYields([{ kind: 'data', contents: contentsFrom([edges], { sumw, sumw2: sumw, entries: sumw }) }], {
      lo: 0,
      hi: 30,
    });
    expect(yields).toMatchObject({ lo: 0, hi: 30, data: 3 });
  });
});

describe('significances', () => {
  it('are those published for the 2020 notebook, its slip shown apart', () => {
    const { asPrintedByNotebook, notebookFormulaTrueSignal, signalOverRootBackground, asimov } = significances({
      signal: 43.102 - 34.012,
      background: 34.012,
    });
    expect(asPrintedByNotebook).toBeCloseTo(2.208, 3);
    expect(notebookFormulaTrueSignal).toBeCloseTo(0.466, 3);
    expect(signalOverRootBackground).toBeCloseTo(1.56, 2);
    expect(asimov).toBeCloseTo(1.5, 2);
  });

  it('are those published for the 2025 notebook', () => {
    const { asPrintedByNotebook, notebookFormulaTrueSignal, signalOverRootBackground, asimov } = significances({
      signal: 18.428,
      background: 10.301,
    });
    expect(asPrintedByNotebook).toBeCloseTo(4.426, 3);
    expect(notebookFormulaTrueSignal).toBeCloseTo(2.839, 3);
    expect(signalOverRootBackground).toBeCloseTo(5.74, 2);
    expect(asimov).toBeCloseTo(4.7, 2);
  });

  it('have no value without background', () => {
    for (const background of [0, -1, Number.NaN]) {
      expect(Object.values(significances({ signal: 5, background })).every((value) => value === undefined)).toBe(true);
    }
  });

  it('are 0 without signal, and Asimov has none for a deficit', () => {
    expect(significances({ signal: 0, background: 4 })).toMatchObject({ signalOverRootBackground: 0, asimov: 0 });
    expect(significances({ signal: -1, background: 4 }).asimov).toBeUndefined();
  });

  it('agree with S/sqrt(B) for little signal', () => {
    const { asimov, signalOverRootBackground } = significances({ signal: 1e-6, background: 100 });
    expect(asimov! / signalOverRootBackground!).toBeCloseTo(1, 5);
  });
});
