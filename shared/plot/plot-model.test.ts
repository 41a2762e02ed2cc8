import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimuonSnapshot, fourLeptonSnapshot, smallSnapshot } from '../../test/run-snapshot.ts';
import { category, regular, variable } from '../histogram/axis.ts';
import { garwood } from '../histogram/intervals.ts';
import { buildPlotModel, drawableHistograms } from './plot-model.ts';
import type { GroupDescription } from './snapshot.ts';

const axis = regular(3, 0, 30, { name: 'm', label: 'mass', unit: 'GeV' });
const data: GroupDescription = { name: 'data', label: 'Data', color: '#000000', kind: 'data' };
const top: GroupDescription = { name: 'top', label: 'Top', color: '#aa0000', kind: 'background' };
const higgs: GroupDescription = { name: 'higgs', label: 'Higgs', color: '#00aaff', kind: 'signal' };

const worked = smallSnapshot(
  axis,
  [data, top, higgs],
  [
    { name: 'd1', group: 'data', sumw: [1, 4, 0, 2, 5] },
    { name: 'd2', group: 'data', sumw: [0, 5, 0, 1, 0] },
    { name: 't1', group: 'top', scale: 0.5, sumw: [2, 10, 4, 0, 6], sumw2: [2, 16, 8, 0, 6] },
    { name: 't2', group: 'top', scale: 2, sumw: [0, 1, 1, 1, 0], sumw2: [0, 1, 1, 4, 0] },
    { name: 'h1', group: 'higgs', scale: 0.1, sumw: [0, 10, 20, 0, 0], sumw2: [0, 100, 200, 0, 0] },
  ],
);

describe('buildPlotModel', () => {
  it('scales, stacks in catalogue order and adds up the errors of all MC', () => {
    const model = buildPlotModel(worked, 'h');
    expect(model.x.edges).toEqual([0, 10, 20, 30]);
    expect(model.layers.map(({ name }) => name)).toEqual(['top', 'higgs']);
    expect(model.layers[0]?.values).toEqual([7, 4, 2]);
    expect(model.layers[1]?.values).toEqual([1, 2, 0]);
    expect(model.layers[1]?.tops).toEqual([8, 6, 2]);
    expect(model.total?.values).toEqual([8, 6, 2]);
    // Bin 0: 0.25·16 + 4·1 + 0.01·100 = 9; bin 1: 2 + 4 + 2 = 8; bin 2: 16.
    expect(model.total?.errors).toEqual([3, Math.sqrt(8), 4]);
  });

  it('gives data Garwood intervals at bin centres, and no point to empty bins', () => {
    const { points } = buildPlotModel(worked, 'h').data ?? { points: [] };
    expect(points.map(({ bin, x, value }) => ({ bin, x, value }))).toEqual([
      { bin: 0, x: 5, value: 9 },
      { bin: 2, x: 25, value: 3 },
    ]);
    expect(points[0]).toMatchObject(garwood(9));
    expect(points[0]?.lo).toBeCloseTo(6.06, 2);
    expect(points[0]?.hi).toBeCloseTo(13.11, 2);
  });

  it('gives weighted data symmetric errors', () => {
    const snapshot = smallSnapshot(
      axis,
      [data],
      [{ name: 'd', group: 'data', sumw: [0, 2.5, 0, 0, 0], sumw2: [0, 4, 0, 0, 0], entries: [0, 3, 0, 0, 0] }],
    );
    expect(buildPlotModel(snapshot, 'h').data?.points).toEqual([{ bin: 0, x: 5, value: 2.5, lo: 0.5, hi: 4.5 }]);
  });

  it('divides data by MC, with both errors', () => {
    const { ratio } = buildPlotModel(worked, 'h');
    expect(ratio?.points.map(({ bin, value }) => [bin, value])).toEqual([
      [0, 9 / 8],
      [2, 1.5],
    ]);
    expect(ratio?.points[0]?.hi).toBeCloseTo(13.11 / 8, 2);
    expect(ratio?.errors).toEqual([3 / 8, Math.sqrt(8) / 6, 2]);
    expect([ratio?.lo, ratio?.hi]).toEqual([0, 2]);
  });

  it('states what is outside the range', () => {
    expect(buildPlotModel(worked, 'h').note).toBe('Outside the range: data 1 below, 5 above; MC 1 below, 3 above');
  });

  it('knows the highest thing in each bin', () => {
    const { peaks } = buildPlotModel(worked, 'h').y;
    expect(peaks[0]).toBeCloseTo(13.11, 2);
    expect(peaks[1]).toBeCloseTo(6 + Math.sqrt(8), 10);
    expect(peaks[2]).toBe(6);
  });

  it('does not depend on the order of datasets, to the last bit', () => {
    const snapshot = fourLeptonSnapshot({ completeness: 0.7 });
    const expected = JSON.stringify(buildPlotModel(snapshot, 'm4l'));
    const shuffled = fc.shuffledSubarray([...snapshot.datasets], { minLength: snapshot.datasets.length });
    fc.assert(
      fc.property(shuffled, (datasets) => {
        expect(JSON.stringify(buildPlotModel({ ...snapshot, datasets }, 'm4l'))).toBe(expected);
      }),
    );
  });

  it('has no ratio without data or without MC', () => {
    const groups = worked.groups.filter(({ kind }) => kind !== 'data');
    const expected = buildPlotModel({ ...worked, groups }, 'h');
    expect([expected.data, expected.ratio]).toEqual([undefined, undefined]);
    const measured = buildPlotModel(dimuonSnapshot(), 'mass');
    expect([measured.layers, measured.total, measured.ratio]).toEqual([[], undefined, undefined]);
    expect(measured.x.edges).toHaveLength(301);
  });

  it('leaves out groups of which the run reads nothing', () => {
    const datasets = worked.datasets.filter(({ group }) => group !== 'higgs');
    expect(buildPlotModel({ ...worked, datasets }, 'h').layers.map(({ name }) => name)).toEqual(['top']);
    const measured = buildPlotModel({ ...worked, datasets: worked.datasets.filter(({ isData }) => isData) }, 'h');
    expect([measured.layers, measured.ratio]).toEqual([[], undefined]);
    expect(buildPlotModel({ ...worked, datasets: [] }, 'h').data).toBeUndefined();
  });

  it('takes a logarithmic scale by itself where an axis spans decades, and as asked elsewhere', () => {
    const scales = (model: ReturnType<typeof buildPlotModel>) => [model.x.scale, model.y.scale];
    expect(scales(buildPlotModel(dimuonSnapshot(), 'mass'))).toEqual(['log', 'log']);
    expect(scales(buildPlotModel(dimuonSnapshot(), 'mass', { xScale: 'linear', yScale: 'linear' }))).toEqual(['linear', 'linear']);
    expect(scales(buildPlotModel(worked, 'h'))).toEqual(['linear', 'linear']);
    // An axis from 0 has no logarithm.
    expect(scales(buildPlotModel(worked, 'h', { xScale: 'log', yScale: 'log' }))).toEqual(['linear', 'log']);
  });

  it('starts a logarithmic axis under the smallest thing that is drawn', () => {
    const { y } = buildPlotModel(worked, 'h', { yScale: 'log' });
    expect(y.lo).toBe(1);
    expect(buildPlotModel(fourLeptonSnapshot({ completeness: 0 }), 'm4l', { yScale: 'log' }).y.lo).toBe(0.1);
  });

  it('is all finite while nothing is normalised yet', () => {
    for (const completeness of [0, 0.01]) {
      const model = buildPlotModel(fourLeptonSnapshot({ completeness }), 'm4l');
      const numbers = [...model.layers.flatMap(({ tops }) => tops), ...model.y.peaks, ...(model.total?.errors ?? [])];
      expect(numbers.every(Number.isFinite)).toBe(true);
    }
  });

  it('says why MC is not shown before any data was read', () => {
    const snapshot = fourLeptonSnapshot({ completeness: 0.4 });
    const { note } = buildPlotModel({ ...snapshot, experiment: { ...snapshot.experiment, luminosityReadFb: 0 } }, 'm4l');
    expect(note).toContain('No data read yet');
  });

  it('survives negative weights: the axis reaches below zero, and ratios leave such bins out', () => {
    const snapshot = smallSnapshot(
      axis,
      [data, top, higgs],
      [
        { name: 'd', group: 'data', sumw: [0, 3, 3, 3, 0] },
        { name: 't', group: 'top', sumw: [0, 5, -2, 0, 0], sumw2: [0, 5, 6, 1, 0], entries: [0, 5, 6, 2, 0] },
        { name: 'h', group: 'higgs', sumw: [0, -1, 1, 0, 0], sumw2: [0, 1, 1, 0, 0], entries: [0, 1, 1, 0, 0] },
      ],
    );
    const model = buildPlotModel(snapshot, 'h');
    // The second bin's MC: -1 ± √7.
    expect(model.y.lo).toBeCloseTo(-1.1 * (1 + Math.sqrt(7)), 12);
    expect(model.ratio?.points.map(({ bin }) => bin)).toEqual([0]);
    expect(model.ratio?.errors.map(Number.isNaN)).toEqual([false, true, true]);
    expect(buildPlotModel(snapshot, 'h', { yScale: 'log' }).y.lo).toBeGreaterThan(0);
  });

  it('reaches below negative data and its errors, and says on a logarithmic axis in how many bins it is not drawn', () => {
    const sumw = [0, -75, 4, -3, 0];
    const datasets = [{ name: 'd', group: 'data', sumw, sumw2: [0, 100, 4, 9, 0], entries: [0, 50, 4, 2, 0] }];
    const alone = smallSnapshot(axis, [data], datasets);
    expect(buildPlotModel(alone, 'h').y.lo).toBeCloseTo(-1.1 * 85, 12);
    expect(buildPlotModel(alone, 'h').note).toBe('');
    expect(buildPlotModel(alone, 'h', { yScale: 'log' }).note).toBe('Below 0, not drawn: data in 2 bins');
    const mc = { name: 't', group: 'top', sumw: [0, 90, -1, 2, 3], sumw2: [0, 9, 1, 1, 1] };
    const { y, note } = buildPlotModel(smallSnapshot(axis, [data, top], [...datasets, mc]), 'h', { yScale: 'log' });
    expect(y.lo).toBe(1);
    expect(note).toBe('Below 0, not drawn: data in 2 bins; MC in 1 bin. Outside the range: MC 3 above');
  });

  it('draws categories and bins of different widths', () => {
    const kinds = smallSnapshot(category(['ee', 'µµ'], { name: 'kind' }), [data], [{ name: 'd', group: 'data', sumw: [4, 9, 1] }]);
    const model = buildPlotModel(kinds, 'h');
    expect(model.x.categories).toEqual(['ee', 'µµ']);
    expect(model.data?.points.map(({ x, value }) => [x, value])).toEqual([
      [0.5, 4],
      [1.5, 9],
    ]);
    expect(model.note).toBe('Outside the range: data 1 above');
    const wide = smallSnapshot(variable([0, 1, 5], { name: 'm' }), [data], [{ name: 'd', group: 'data', sumw: [0, 4, 9, 0] }]);
    expect(buildPlotModel(wide, 'h').data?.points[1]?.x).toBe(3);
  });

  it('may have more bins than a stack has room for, and contents that are not finite', () => {
    const bins = 200_000;
    const sumw = Array.from({ length: bins + 2 }, (_, cell) => (cell === 5 ? Number.POSITIVE_INFINITY : cell === 6 ? Number.NaN : 2));
    const many = smallSnapshot(regular(bins, 0, 1, { name: 'm' }), [top], [{ name: 't', group: 'top', sumw }]);
    for (const yScale of ['linear', 'log'] as const) {
      const { lo, peaks } = buildPlotModel(many, 'h', { yScale }).y;
      expect(lo).toBe(yScale === 'log' ? 1 : 0);
      expect(peaks.every(Number.isFinite)).toBe(true);
    }
  });

  it('refuses what it cannot draw, naming what it can', () => {
    expect(() => buildPlotModel(worked, 'g')).toThrow(/g: there is no histogram .* can draw: h/);
    const flat = { ...worked, analysis: { ...worked.analysis, histograms: [{ name: 'xy', title: 'xy', axes: [axis, axis] }] } };
    expect(drawableHistograms(flat)).toEqual([]);
    expect(() => buildPlotModel(flat, 'xy')).toThrow(/can draw: none/);
  });

  it('refuses contents that do not fit the axis', () => {
    const broken = smallSnapshot(axis, [data], [{ name: 'd', group: 'data', sumw: [1, 2, 3] }]);
    expect(() => buildPlotModel(broken, 'h')).toThrow(/d\/h: sumw has 3 cells, its axis 5/);
  });

  it('takes a dataset without the histogram as empty', () => {
    const [first, ...rest] = worked.datasets;
    const datasets = first === undefined ? rest : [{ ...first, histograms: {} }, ...rest];
    expect(buildPlotModel({ ...worked, datasets }, 'h').data?.points.map(({ value }) => value)).toEqual([5, 1]);
  });
});
