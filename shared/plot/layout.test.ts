import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimuonSnapshot, fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { type Box, layOut } from './layout.ts';
import { legendPosition } from './legend.ts';
import { buildPlotModel, type PlotModel } from './plot-model.ts';
import { makeTicks, tickTexts } from './ticks.ts';

const model = buildPlotModel(fourLeptonSnapshot({ completeness: 0.43 }), 'm4l');
const size = fc.record({ width: fc.integer({ min: 300, max: 1600 }), height: fc.integer({ min: 380, max: 1200 }) });

/** Of a stack: none to many, with short names and long ones. */
const groups = fc.array(
  fc.integer({ min: 1, max: 60 }).map((length) => ({ ...model.layers[0]!, label: 'n'.repeat(length) })),
  { maxLength: 24 },
);

/** Where a bin's peak ends up, in pixels from the top. */
function peakAt({ y }: PlotModel, main: Box, yHi: number, bin: number): number {
  const on = (value: number) => (y.scale === 'log' ? Math.log10(value) : value);
  const peak = Math.max(y.peaks[bin] ?? 0, y.lo);
  return main.top + main.height * (1 - (on(peak) - on(y.lo)) / (on(yHi) - on(y.lo)));
}

describe('layOut', () => {
  it('puts head-room over the data, so that label and legend cover none of it, on any canvas and either scale', () => {
    const scales = fc.constantFrom('linear' as const, 'log' as const);
    const peaks = fc.array(fc.double({ min: 0.5, max: 1e6, noNaN: true }), { minLength: 34, maxLength: 34 });
    fc.assert(
      fc.property(size, scales, peaks, groups, (canvas, scale, heights, layers) => {
        const drawn: PlotModel = { ...model, layers, y: { ...model.y, scale, lo: scale === 'log' ? 0.1 : 0, peaks: heights } };
        const { main, label, legend, yHi } = layOut(drawn, canvas);
        for (const bin of heights.keys()) {
          const [left, right] = [bin, bin + 1].map((edge) => main.left + (main.width * edge) / heights.length);
          for (const box of [label, legend]) {
            if (box.left >= (right ?? 0) || box.left + box.width <= (left ?? 0)) continue;
            expect(peakAt(drawn, main, yHi, bin)).toBeGreaterThanOrEqual(box.top + box.height);
          }
        }
      }),
    );
  });

  it('has room for long numbers beside the title of the y axis', () => {
    const widthOf = (peak: number) => {
      const { yAxisWidth, font } = layOut({ ...model, y: { ...model.y, lo: 0, peaks: [peak] } }, { width: 900, height: 720 });
      return yAxisWidth / font;
    };
    // The title's line is 1.2 font sizes wide; a digit about 0.6.
    for (const [peak, text] of [
      [500, '600'],
      [90_000, '100000'],
      [2e6, '2.5·10⁶'],
    ] as const) {
      expect(widthOf(peak), text).toBeGreaterThanOrEqual(1.2 + 0.6 * text.length);
    }
    expect(widthOf(5)).toBe(widthOf(500));
  });

  it('has room beside the title of the y axis for the ticks that are drawn, whatever they count and wherever it ends', () => {
    const scales = fc.constantFrom('linear' as const, 'log' as const);
    const heights = fc.double({ min: -12, max: 14, noNaN: true }).map((power) => 10 ** power);
    fc.assert(
      fc.property(size, scales, heights, groups, (canvas, scale, peak, layers) => {
        const lo = scale === 'log' ? peak / 1e4 : 0;
        const { yAxisWidth, font, yHi, main, yLabels } = layOut({ ...model, layers, y: { ...model.y, scale, lo, peaks: [peak] } }, canvas);
        const { major } = makeTicks(scale, lo, yHi, main.height / (font * 4));
        expect(yLabels).toMatchObject({ ticks: { major }, texts: tickTexts(scale, major, { powers: true }) });
        // The title's line is 1.4 font sizes wide, the gap between number and axis 1.08; a digit takes 0.636.
        for (const text of yLabels.texts) expect(yAxisWidth / font, text).toBeGreaterThanOrEqual(1.4 + 1.08 + 0.62 * text.length);
      }),
    );
  });

  it('keeps everything on the canvas', () => {
    fc.assert(
      fc.property(size, groups, (canvas, layers) => {
        const layout = layOut({ ...model, layers }, canvas);
        const boxes = [layout.main, layout.ratio ?? layout.main, layout.legend];
        for (const box of boxes) {
          expect(box.left >= 0 && box.top >= 0).toBe(true);
          expect(box.left + box.width).toBeLessThanOrEqual(canvas.width);
          expect(box.top + box.height).toBeLessThanOrEqual(canvas.height);
        }
      }),
    );
  });

  it('puts the legend beside the label where there is room, and over the panel on a phone', () => {
    const wide = layOut(model, { width: 900, height: 720 });
    expect(wide.legend.top).toBe(wide.label.top);
    expect(wide.legend.left).toBeGreaterThan(wide.label.left + wide.label.width);
    const phone = layOut(model, { width: 320, height: 430 });
    expect(phone.legend.top + phone.legend.height).toBeLessThanOrEqual(phone.main.top);
    expect(phone.legend.columns).toHaveLength(2);
  });

  it('fills the legend column by column: data, then the stack from its top, then the band', () => {
    const phone = layOut(model, { width: 320, height: 430 });
    expect(phone.legend.rows.map(({ kind }) => kind)).toEqual(['data', 'layer', 'layer', 'layer', 'band']);
    expect(phone.legend.rows[1]?.label).toBe(model.layers.at(-1)?.label);
    const places = phone.legend.rows.map((_, index) => legendPosition(phone.legend, index));
    expect(places[3]?.x).toBeGreaterThan(places[0]?.x ?? 0);
    expect(places[3]?.y).toBe(places[0]?.y);
  });

  it('writes a long legend smaller, and cuts its texts only where that does not help', () => {
    const long = (count: number, length: number) =>
      layOut(
        { ...model, layers: Array.from({ length: count }, () => ({ ...model.layers[0]!, label: 'n'.repeat(length) })) },
        { width: 900, height: 720 },
      );
    const some = long(16, 28);
    expect(some.legend.top + some.legend.height).toBeLessThanOrEqual(some.main.top);
    expect(some.legend.rows[1]?.label).toBe('n'.repeat(28));
    const many = long(60, 28);
    expect(many.legend.font).toBeLessThan(some.legend.font);
    expect(many.legend.rows[1]?.label).toMatch(/^n+…$/);
    expect(many.main.height).toBeGreaterThan(200);
  });

  it('gives a plot without ratio all the height', () => {
    const { main, ratio } = layOut(buildPlotModel(dimuonSnapshot(), 'mass'), { width: 900, height: 720 });
    expect(ratio).toBeUndefined();
    expect(main.height).toBeGreaterThan(600);
  });

  it('has an axis even for an empty plot', () => {
    const empty = buildPlotModel(fourLeptonSnapshot({ completeness: 0 }), 'm4l');
    expect(layOut(empty, { width: 900, height: 720 }).yHi).toBe(1);
    const log = buildPlotModel(fourLeptonSnapshot({ completeness: 0 }), 'm4l', { yScale: 'log' });
    expect(layOut(log, { width: 900, height: 720 }).yHi).toBe(10);
  });
});
