import { describe, expect, it } from 'vitest';
import { dimuonSnapshot, fourLeptonSnapshot, smallSnapshot } from '../../test/run-snapshot.ts';
import { regular } from '../histogram/axis.ts';
import { chartConfiguration } from './chart.ts';
import { layOut } from './layout.ts';
import { buildPlotModel, type PlotModel } from './plot-model.ts';
import { ratioPoints } from './ratio-points.ts';
import { lightTheme } from './theme.ts';

const groups = (['data', 'background'] as const).map((kind) => ({ name: kind, label: kind, color: '#aa0000', kind }));
const options = { theme: lightTheme('sans-serif'), size: { width: 900, height: 720 }, pixelRatio: 2 };
const datasetsOf = (model: PlotModel) => chartConfiguration(model, options).data.datasets;
const pointsOf = (model: PlotModel) => datasetsOf(model).flatMap(({ data }) => data as unknown as { x: number; y: number }[]);

describe('chartConfiguration', () => {
  it('draws lower layers over higher ones, and data over all', () => {
    const orders = datasetsOf(buildPlotModel(fourLeptonSnapshot(), 'm4l')).map(({ order, yAxisID }) => [order, yAxisID]);
    expect(orders).toEqual([
      [10, 'y'],
      [11, 'y'],
      [12, 'y'],
      [0, 'y'],
      [1, 'ratio'],
    ]);
  });

  it('closes each outline at the floor, with one vertex an edge', () => {
    const model = buildPlotModel(fourLeptonSnapshot(), 'm4l');
    const [first] = datasetsOf(model);
    expect(first?.data).toHaveLength(34 + 3);
    expect(first?.data[0]).toEqual({ x: 80, y: 0 });
    expect(first?.data.at(-1)).toEqual({ x: 250, y: 0 });
    expect(first?.data[1]).toEqual({ x: 80, y: model.layers[0]?.tops[0] });
  });

  it('hands Chart.js finite numbers only, on any scale and at any time of the run', () => {
    const models = [0, 0.02, 0.43, 1].flatMap((completeness) =>
      (['linear', 'log'] as const).map((yScale) => buildPlotModel(fourLeptonSnapshot({ completeness }), 'm4l', { yScale })),
    );
    for (const model of [...models, buildPlotModel(dimuonSnapshot(), 'mass')]) {
      expect(pointsOf(model).every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
      if (model.y.scale === 'log') expect(pointsOf(model).every(({ y }) => y > 0 || model.ratio !== undefined)).toBe(true);
    }
  });

  it('draws no more of a hundred thousand bins than a picture shows, on any scale', () => {
    const bins = 100_000;
    const sumw = Array.from({ length: bins + 2 }, (_, i) => 1 + ((i * 7919) % 7));
    const datasets = groups.map(({ name }) => ({ name, group: name, sumw }));
    const many = smallSnapshot(regular(bins, 1, 1001, { name: 'm' }), groups, datasets);
    for (const [xScale, yScale] of [
      ['linear', 'linear'],
      ['log', 'log'],
    ] as const) {
      const model = buildPlotModel(many, 'h', { yScale });
      const [outline, points, ratios] = datasetsOf({ ...model, x: { ...model.x, scale: xScale } }).map(({ data }) => data.length);
      expect(outline).toBeGreaterThan(options.size.width);
      expect(outline).toBeLessThan(8 * options.size.width + 4);
      // Of each column of pixels, no more than there are different contents.
      for (const count of [points, ratios]) expect(count).toBeLessThan(7 * 2 * options.size.width);
    }
  });

  it('hands over no ratio whose dot the upper edge would cut: it is among those with an arrow', () => {
    const model = buildPlotModel(fourLeptonSnapshot(), 'm4l');
    const ratio = { ...model.ratio!, lo: 0, hi: 2 };
    const at = (value: number) => ({ ...model, ratio: { ...ratio, points: [{ bin: 0, x: 82.5, value, lo: 0, hi: 3 }] } });
    const layout = layOut(model, options.size);
    const parts = (value: number) => Object.values(ratioPoints(at(value), layout)).map((points) => points.length);
    expect([-0.1, 0, 1, 1.9, 1.97, 2, 2.1].map(parts)).toEqual([
      ...[
        [0, 0, 1],
        [1, 0, 0],
        [1, 0, 0],
        [1, 0, 0],
      ],
      ...[
        [0, 1, 0],
        [0, 1, 0],
        [0, 1, 0],
      ],
    ]);
    expect([1.9, 1.97].map((value) => datasetsOf(at(value)).at(-1)?.data.length)).toEqual([1, 0]);
  });

  it('lets dots over the lowest edge, and over no other', () => {
    const clips = (model: PlotModel) => datasetsOf(model).map(({ clip }) => (typeof clip === 'object' ? [clip.top, clip.bottom] : clip));
    const model = buildPlotModel(fourLeptonSnapshot(), 'm4l');
    const radius = datasetsOf(model).at(-1)?.pointRadius;
    expect(clips(model).slice(-2)).toEqual([
      [0, 0],
      [0, radius],
    ]);
    expect(clips(buildPlotModel(dimuonSnapshot(), 'mass'))).toEqual([[0, expect.closeTo(1.3, 0)]]);
  });

  it('makes points smaller where bins are many', () => {
    const radius = (model: PlotModel) => datasetsOf(model).find(({ order }) => order === 0)?.pointRadius as number;
    expect(radius(buildPlotModel(dimuonSnapshot(), 'mass'))).toBeLessThan(radius(buildPlotModel(fourLeptonSnapshot(), 'm4l')) / 2);
  });
});
