import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimuonSnapshot } from '../../test/run-snapshot.ts';
import { CHARACTER, placeOn, xLabels, yLabels } from './axis-labels.ts';
import { layOut } from './layout.ts';
import { buildPlotModel, type PlotModel } from './plot-model.ts';

const model = buildPlotModel(dimuonSnapshot(), 'mass');
const over = (x: Partial<PlotModel['x']>): PlotModel => ({ ...model, x: { ...model.x, scale: 'linear', categories: undefined, ...x } });
const named = (names: readonly string[]) => over({ edges: [...names.keys(), names.length], categories: names });
const FONT = 12;

describe('the labels of an x axis', () => {
  it('do not touch each other, nor leave the canvas at the right', () => {
    const starts = fc.constantFrom(0, 0.99999, 5, 1334000000);
    const widths = fc.constantFrom(2e-5, 1, 10_000, 86_400);
    const scales = fc.constantFrom('linear' as const, 'log' as const);
    fc.assert(
      fc.property(starts, widths, scales, fc.integer({ min: 300, max: 1600 }), (first, span, scale, width) => {
        const drawn = over({ edges: [first, first + span], scale: first > 0 ? scale : 'linear' });
        const { main, font, xLabels: labels } = layOut(drawn, { width, height: 500 });
        const half = (text: string) => (text.length * CHARACTER * font) / 2;
        const ends = labels.texts.map((text, i) => {
          const centre = main.left + placeOn(drawn.x, labels.ticks.major[i]!) * main.width;
          return { left: centre - half(text), right: centre + half(text) };
        });
        for (const [i, { left }] of ends.entries()) expect(left).toBeGreaterThan(ends[i - 1]?.right ?? 0);
        expect(ends.at(-1)?.right ?? 0).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('are names across where they fit, upwards where not, and some of them where there are too many for that', () => {
    const names = Array.from({ length: 14 }, (_, i) => `channel ${i + 10}`);
    expect(xLabels(named(names), 1600, 200, FONT)).toMatchObject({ turned: false, texts: names, height: 0 });
    expect(xLabels(named(names), 800, 200, FONT)).toMatchObject({ turned: true, texts: names });
    const few = xLabels(named(names), 100, 200, FONT).texts.filter((text) => text !== '');
    expect(few.length).toBeGreaterThan(3);
    expect(few.length * FONT).toBeLessThanOrEqual(100);
  });

  it('are cut where they are long, and have the room that they take', () => {
    const names = Array.from({ length: 30 }, (_, i) => `at least ${i} good leptons`);
    const { texts, height } = xLabels(named(names), 800, 100, FONT);
    expect(texts[3]).toBe('at least 3 g…');
    expect(height + FONT).toBeCloseTo(texts[3]!.length * CHARACTER * FONT);
    expect(xLabels(named(['two long names of', 'categories']), 400, 100, FONT)).toMatchObject({ turned: false });
  });
});

describe('names beside a y axis', () => {
  it('are left out where there is no room for a line each', () => {
    const names = ['a', 'b', 'c', 'd'];
    const model = { ...named(names), y: { title: '', scale: 'linear', lo: 0, peaks: [4], categories: names } } as const;
    expect(yLabels(model, 4, 80, FONT).texts).toEqual(names);
    expect(yLabels(model, 4, 32, FONT).texts).toEqual(['a', '', 'c', '']);
  });
});
