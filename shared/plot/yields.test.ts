import { describe, expect, it } from 'vitest';
import { fourLeptonSnapshot, smallSnapshot } from '../../test/run-snapshot.ts';
import { regular } from '../histogram/axis.ts';
import { buildPlotModel } from './plot-model.ts';
import { cutFlowRows, plotInWords, plotYields } from './yields.ts';

const axis = regular(4, 100, 140, { name: 'm', label: 'mass', unit: 'GeV' });
const snapshot = smallSnapshot(
  axis,
  [
    { name: 'b', label: 'Background', color: '#aa0000', kind: 'background' },
    { name: 's', label: 'Signal (m_H)', color: '#00aaff', kind: 'signal' },
    { name: 'd', label: 'Data', color: '#000000', kind: 'data' },
  ],
  [
    { name: 'b1', group: 'b', scale: 0.5, sumw: [0, 2, 4, 6, 8, 0], sumw2: [0, 2, 4, 6, 8, 0] },
    { name: 's1', group: 's', sumw: [0, 0, 1, 2, 0, 0] },
    { name: 'd1', group: 'd', sumw: [3, 1, 0, 6, 2, 4] },
  ],
);

describe('yields', () => {
  it('sum over the bins whose centre is in the window', () => {
    const yields = plotYields(buildPlotModel(snapshot, 'h'), { lo: 110, hi: 130 });
    expect(yields).toMatchObject({ lo: 110, hi: 130, data: 6, signal: 3, background: 5 });
    expect(yields?.groups.map(({ value }) => value)).toEqual([5, 3]);
    // 0.25·(4 + 6) + 1 + 2.
    expect(yields?.error).toBeCloseTo(Math.sqrt(5.5), 12);
  });

  it('sum over all bins without a window, and are undefined where no bin is', () => {
    const model = buildPlotModel(snapshot, 'h');
    expect(plotYields(model, undefined)).toMatchObject({ lo: 100, hi: 140, data: 9, signal: 3, background: 10 });
    expect(plotYields(model, { lo: 300, hi: 400 })).toBeUndefined();
  });
});

describe('the cut flow', () => {
  it('has a row a step and a column a group, and only falls', () => {
    const run = fourLeptonSnapshot();
    const rows = cutFlowRows(run);
    expect(rows.map(({ step }) => step)).toEqual(['all', 'flavour', 'charge']);
    expect(rows[0]?.values[0]).toBe(832);
    for (const group of run.groups.keys()) {
      const column = rows.map(({ values }) => values[group] ?? 0);
      expect(column.every((value, i) => i === 0 || value <= (column[i - 1] ?? 0))).toBe(true);
    }
  });

  it('is empty for an analysis without steps', () => {
    expect(cutFlowRows(snapshot)).toEqual([]);
  });
});

describe('the plot in words', () => {
  it('tells all that the picture shows', () => {
    expect(plotInWords(buildPlotModel(snapshot, 'h'))).toBe(
      'ATLAS Open Data: A histogram, mass [GeV] from 100 to 140 in 4 bins. √s = 13 TeV, 10.0 fb⁻¹; Z → ℓℓ. 9 data events in the range. ' +
        'Expected: 13 ± 2.83 (Background 10, Signal (mH) 3). The run is complete. Outside the range: data 3 below, 4 above.',
    );
  });

  it('tells the title once', () => {
    const words = (name: string) => plotInWords(buildPlotModel({ ...snapshot, experiment: { name, status: '', channel: '' } }, 'h'));
    expect(words('')).toMatch(/^A histogram, mass \[GeV\] from 100 to 140 in 4 bins\. 9 data/);
    expect(words('CMS')).toMatch(/^CMS: A histogram, mass \[GeV\] from 100 to 140 in 4 bins\. 9 data/);
  });

  it('says "toy" and how far the run is', () => {
    const words = plotInWords(buildPlotModel(fourLeptonSnapshot({ toy: true, completeness: 0.3 }), 'm4l'));
    expect(words).toContain('TOY DATA in ATLAS format');
    expect(words).toContain('30 % of entries read');
    expect(words).toContain('The run is not complete.');
  });
});
