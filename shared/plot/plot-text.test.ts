import { describe, expect, it } from 'vitest';
import { dimuonSnapshot, fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { category, regular, variable } from '../histogram/axis.ts';
import { countText, flowNote, normalisationText, percentText, plotLabel, xTitle, yTitle } from './plot-text.ts';

describe('the label block', () => {
  it('names experiment, status, energy, luminosity and channel of a complete run', () => {
    expect(plotLabel(fourLeptonSnapshot())).toEqual({
      strong: 'ATLAS',
      status: 'Open Data',
      lines: ['√s = 13 TeV, 10.0 fb⁻¹', 'H → ZZ* → 4ℓ'],
      completeness: '',
      toy: false,
    });
  });

  it('says how much of the luminosity and of the entries was read so far', () => {
    const { lines, completeness } = plotLabel(fourLeptonSnapshot({ completeness: 0.43 }));
    expect(lines[0]).toBe('√s = 13 TeV, 6.88 of 10.0 fb⁻¹');
    expect(completeness).toBe('43 % of entries read');
  });

  it('has three digits of the luminosity, and one decimal at least', () => {
    const texts = [0, 0.012, 0.14, 3.66, 9.999, 10, 36.6, 100.46, 139, 1234.56].map((luminosityReadFb) => {
      const experiment = { name: '', status: '', channel: '', luminosityReadFb };
      return plotLabel({ ...fourLeptonSnapshot(), experiment }).lines[0];
    });
    const digits = ['0.0', '0.012', '0.14', '3.66', '10.0', '10.0', '36.6', '100.5', '139.0', '1234.6'];
    expect(texts).toEqual(digits.map((text) => `${text} fb⁻¹`));
  });

  it('says that a run ended incomplete', () => {
    const failures = [{ dataset: 'llll', file: 'f', code: 'CodecError', message: 'm', entriesLost: 54_279, attempts: 5 }];
    expect(plotLabel(fourLeptonSnapshot({ failures })).completeness).toBe('Incomplete: 94 % of entries read');
    expect(plotLabel(fourLeptonSnapshot({ completeness: 0.5, state: 'cancelled' })).completeness).toBe('Cancelled: 50 % of entries read');
  });

  it('never gives toy data the name of an experiment', () => {
    const label = plotLabel(fourLeptonSnapshot({ toy: true }));
    expect(label).toMatchObject({ strong: 'TOY DATA', status: 'in ATLAS format', toy: true });
  });

  it('does without what is not known', () => {
    const snapshot = fourLeptonSnapshot();
    expect(plotLabel({ ...snapshot, experiment: { name: '', status: '', channel: '' } }).lines).toEqual([]);
    expect(plotLabel({ ...snapshot, experiment: { name: '', status: '', channel: '', luminosityReadFb: 0.012 } }).lines).toEqual([
      '0.012 fb⁻¹',
    ]);
  });

  it('has the title of the histogram where nobody tells the channel, or who measured', () => {
    const snapshot = fourLeptonSnapshot();
    const withChannel = (channel: string) => ({ ...snapshot.experiment, channel });
    expect(plotLabel({ ...snapshot, experiment: withChannel('') }, 'Dimuon mass')).toMatchObject({
      strong: 'ATLAS',
      status: 'Open Data',
      lines: ['√s = 13 TeV, 10.0 fb⁻¹', 'Dimuon mass'],
    });
    const nobody = { ...snapshot, experiment: { name: '', status: '', channel: '' } };
    expect(plotLabel(nobody, 'Dimuon mass')).toMatchObject({ strong: '', status: 'Dimuon mass', lines: [] });
    expect(plotLabel({ ...nobody, toy: true }, 'Dimuon mass')).toMatchObject({
      strong: 'TOY DATA',
      status: 'generated, not measured',
      lines: ['Dimuon mass'],
    });
    expect(plotLabel(nobody, 'x'.repeat(100)).status).toBe(`${'x'.repeat(59)}…`);
  });
});

describe('the normalisation', () => {
  it('names the luminosity, and what it rests on while the run is not complete', () => {
    expect(normalisationText(fourLeptonSnapshot())).toBe('MC is normalised to 10.0 fb⁻¹ of data read.');
    expect(normalisationText(fourLeptonSnapshot({ completeness: 0.43 }))).toBe(
      'MC is normalised to 6.88 fb⁻¹ of data read; it rests on 68 % of data entries and 43 % of MC entries.',
    );
  });

  it('is not spoken of without MC, and without luminosity only of weights', () => {
    expect(normalisationText(dimuonSnapshot())).toBe('');
    const snapshot = fourLeptonSnapshot();
    expect(normalisationText({ ...snapshot, experiment: { name: 'X', status: '', channel: '' } })).toBe(
      'MC is as the analysis weights it.',
    );
  });
});

describe('axis titles', () => {
  it('have the unit, and the width of equal bins', () => {
    const axis = regular(34, 80, 250, { name: 'm', label: 'mass', unit: 'GeV' });
    expect([xTitle(axis), yTitle(axis)]).toEqual(['mass [GeV]', 'Events / 5 GeV']);
    expect(yTitle(regular(10, 0, 25, { name: 'm' }))).toBe('Events / 2.5');
  });

  it('say "bin" where widths differ, and nothing over categories', () => {
    expect(yTitle(variable([0, 1, 3], { name: 'm', unit: 'GeV' }))).toBe('Events / bin');
    const axis = category(['a', 'b'], { name: 'kind', label: 'Kind' });
    expect([xTitle(axis), yTitle(axis)]).toEqual(['Kind', 'Events']);
  });
});

describe('numbers', () => {
  it('are rounded down as shares, so that only all is 100 %', () => {
    expect([0, 0.4399, 0.9996, 1, 1.2, Number.NaN].map(percentText)).toEqual(['0 %', '43 %', '99.9 %', '100 %', '100 %', '0 %']);
  });

  it('have about three digits as events', () => {
    expect([0, 12, 1234567, 5.12345, 107.98, 0.0015058, 4321.7].map(countText)).toEqual([
      '0',
      '12',
      '1\u202f234\u202f567',
      '5.12',
      '108.0',
      '0.0015',
      '4\u202f322',
    ]);
  });

  it('tell what is outside the range, and nothing where all is inside', () => {
    const mc = { what: 'MC', below: 0, above: 0 };
    expect(flowNote([{ what: 'data', below: 3, above: 132 }, mc])).toBe('Outside the range: data 3 below, 132 above');
    expect(flowNote([mc])).toBe('');
  });
});
