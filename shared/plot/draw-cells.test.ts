import { describe, expect, it } from 'vitest';
import { regular } from '../histogram/axis.ts';
import { Histogram } from '../histogram/histogram.ts';
import { drawColorBar, endTexts } from './draw-cells.ts';
import { planeModel } from './graph-model.ts';
import { layOut } from './layout.ts';
import { lightTheme } from './theme.ts';

describe('the colour bar', () => {
  const plane = new Histogram([regular(2, 0, 2, { name: 'x' }), regular(1, 0, 1, { name: 'y' })]);
  plane.fill2(0.5, 0.5, 0.00375948);
  plane.fill2(1.5, 0.5, 12.3456);
  const model = planeModel(
    { name: 'h', title: 'h', lines: ['somewhere', '2 entries'], contents: plane.contents(), kind: 'counts', valueTitle: '', toy: false },
    { zScale: 'log' },
  );
  const cells = model.cells!;

  it('has short texts at its ends', () => {
    expect(endTexts(cells)).toEqual(['0.00376', '12.3']);
    expect(endTexts({ ...cells, lo: -1234, hi: 98765 })).toEqual(['-1234', '98765']);
    expect(endTexts({ ...cells, lo: 1.00001, hi: 1.00002 })).toEqual(['1.00001', '1.00002']);
    expect(endTexts({ ...cells, lo: 0.000537069, hi: 0.194419 })).toEqual(['5.37·10⁻⁴', '0.194']);
  });

  it('has its title clear of them, on any canvas', () => {
    for (const size of [
      { width: 900, height: 720 },
      { width: 320, height: 430 },
    ]) {
      const texts: { text: string; left: number; right: number; y: number }[] = [];
      const context = {
        font: '',
        measureText: (text: string) => ({ width: text.length * 0.64 * Number.parseFloat(context.font) }),
        fillText: (text: string, left: number, y: number) =>
          void texts.push({ text, left, right: left + context.measureText(text).width, y }),
        ...{ save() {}, restore() {}, fillRect() {}, strokeRect() {} },
      };
      const layout = layOut(model, size);
      const none = { major: [], minor: [] };
      const drawing = { model, layout, ticks: { x: none, y: none, ratio: none }, theme: lightTheme('x'), pointer: {} };
      drawColorBar(context as unknown as CanvasRenderingContext2D, drawing, cells);
      const [low, high, title] = texts;
      expect(texts.map(({ text }) => text)).toEqual(['0.00376', '12.3', 'Content']);
      expect(low?.right).toBeLessThan(high?.left ?? 0);
      expect(title?.y).toBeGreaterThan((low?.y ?? 0) + layout.font);
      // In the head-room, not over the bins.
      expect(title?.y).toBeLessThan(layout.main.top + layout.main.height * (1 - 1 / layout.yHi));
    }
  });
});
