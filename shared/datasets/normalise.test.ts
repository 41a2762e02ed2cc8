import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBuiltInCatalogue } from './built-in.ts';
import { type Catalogue, isData, parseCatalogue, plainCatalogue } from './catalogue.ts';
import { type DatasetProgress, normalise } from './normalise.ts';

const catalogue2020 = await loadBuiltInCatalogue('atlas-2020');
const catalogue2025 = await loadBuiltInCatalogue('atlas-2025');

/** Progress of a run over all datasets, each `fraction` done. */
function progress(catalogue: Catalogue, fraction: number): DatasetProgress[] {
  return catalogue.datasets.map(({ name, entries = 1000 }) => ({
    dataset: name,
    entriesCommitted: entries * fraction,
    entriesExpected: entries,
  }));
}

describe('a whole run', () => {
  it('scales the 2020 simulation by 10 · 1000 · σ / (Σw · ε), exactly', () => {
    const { luminosityReadFb, scales } = normalise(catalogue2020, progress(catalogue2020, 1));
    expect(luminosityReadFb).toBe(10);
    for (const dataset of catalogue2020.datasets) {
      const { name, crossSectionPb = 0, sumOfWeights = 0, reductionEfficiency } = dataset;
      expect(scales[name]).toBe(isData(catalogue2020, dataset) ? 1 : (10 * 1000 * crossSectionPb) / (sumOfWeights * reductionEfficiency));
    }
  });

  it.each([
    ['Zee', 1.29795e-4],
    ['Zmumu', 1.32395e-4],
    ['ttbar_lep', 9.16632e-2],
    ['llll', 1.66846e-3],
    ['ggH125_ZZ4lep', 2.16052e-6],
    ['VBFH125_ZZ4lep', 1.2588e-6],
    ['WH125_ZZ4lep', 2.52276e-5],
    ['ZH125_ZZ4lep', 1.42832e-7],
  ])('scales %s by the published %d', (name, published) => {
    const scale = normalise(catalogue2020, progress(catalogue2020, 1)).scales[name] ?? 0;
    expect(scale / published).toBeCloseTo(1, 5);
  });

  it('scales the 2025 simulation by the luminosity alone', () => {
    const { luminosityReadFb, scales } = normalise(catalogue2025, progress(catalogue2025, 1));
    expect(luminosityReadFb).toBeCloseTo(36.6, 12);
    expect(scales['llll']).toBeCloseTo(36600, 9);
    expect(scales['data15_D']).toBe(1);
  });
});

describe('a run on its way', () => {
  it('keeps the expected yield of simulation in step with the luminosity read', () => {
    // A fraction f of the simulation gives f of its raw sum: f · scale(f) must be what L_read asks for.
    const complete = normalise(catalogue2020, progress(catalogue2020, 1));
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true }), (data, simulation) => {
        const parts = [...progress(catalogue2020, data).slice(0, 4), ...progress(catalogue2020, simulation).slice(4)];
        const { luminosityReadFb, scales } = normalise(catalogue2020, parts);
        expect(luminosityReadFb! / 10).toBeCloseTo(data, 10);
        expect((simulation * scales['llll']!) / complete.scales['llll']!).toBeCloseTo(data, 10);
      }),
    );
  });

  it('is 0, never NaN, where nothing is committed', () => {
    for (const catalogue of [catalogue2020, catalogue2025]) {
      const { luminosityReadFb, scales } = normalise(catalogue, progress(catalogue, 0));
      expect(luminosityReadFb).toBe(0);
      for (const dataset of catalogue.datasets) expect(scales[dataset.name]).toBe(isData(catalogue, dataset) ? 1 : 0);
    }
  });

  it('shows no simulation before any data, and no dataset before its own entries', () => {
    const noData = [...progress(catalogue2020, 0).slice(0, 4), ...progress(catalogue2020, 0.5).slice(4)];
    expect(normalise(catalogue2020, noData).scales['llll']).toBe(0);
    const noSimulation = [...progress(catalogue2020, 0.5).slice(0, 4), ...progress(catalogue2020, 0).slice(4)];
    expect(normalise(catalogue2020, noSimulation).scales['llll']).toBe(0);
  });

  it('takes the catalogue’s entries while those of the run are not known', () => {
    const data = progress(catalogue2020, 1).slice(0, 4);
    const half = { dataset: 'llll', entriesCommitted: 554_279 / 2, entriesExpected: undefined };
    const whole = normalise(catalogue2020, progress(catalogue2020, 1)).scales['llll'];
    expect(normalise(catalogue2020, [...data, half]).scales['llll']).toBe(whole! * 2);
  });

  it('counts a dataset without entries as read', () => {
    const empty = { dataset: 'data_D', entriesCommitted: 0, entriesExpected: 0 };
    expect(normalise(catalogue2020, [...progress(catalogue2020, 1).slice(0, 3), empty]).luminosityReadFb).toBe(10);
  });
});

describe('luminosity', () => {
  it('is that of the data in the run', () => {
    const parts = progress(catalogue2020, 1).filter(({ dataset }) => dataset === 'data_B' || dataset === 'llll');
    const { luminosityReadFb, scales } = normalise(catalogue2020, parts);
    expect(luminosityReadFb).toBe(1.9);
    expect(scales).toEqual({ data_B: 1, llll: (1.9 * 1000 * 1.2578) / 7538705.8077 });
  });

  it('is the catalogue’s where the run has no data', () => {
    const { luminosityReadFb, scales } = normalise(catalogue2020, progress(catalogue2020, 1).slice(4));
    expect(luminosityReadFb).toBe(10);
    expect(scales['llll']).toBe((10 * 1000 * 1.2578) / 7538705.8077);
  });

  it('is shared by entries where periods have none of their own', () => {
    const parts = [{ dataset: 'data16_L', entriesCommitted: 235_693, entriesExpected: 235_693 }];
    expect(normalise(catalogue2025, parts).luminosityReadFb).toBeCloseTo((36.6 * 235_693) / 1_362_611, 12);
  });

  it('is the whole for toy samples, whatever their number of entries', () => {
    const toy = catalogue2025.datasets.map(({ name }) => ({ dataset: name, entriesCommitted: 50, entriesExpected: 50 }));
    expect(normalise(catalogue2025, toy).luminosityReadFb).toBeCloseTo(36.6, 12);
  });

  it('is unknown without a catalogue, and data are not scaled', () => {
    const parts = [{ dataset: 'events', entriesCommitted: 5, entriesExpected: 10 }];
    expect(normalise(plainCatalogue(), parts)).toEqual({ luminosityReadFb: undefined, scales: { events: 1 } });
  });
});

describe('streams', () => {
  const group = (name: string, kind: string) => ({ name, label: name, color: '#000000', kind });
  const simulation = { group: 'mc', normalisation: 'per-event' };
  const catalogue = parseCatalogue(
    {
      name: 'streams',
      experiment: { name: 'CMS', status: '', luminosityFb: 10 },
      groups: [group('data', 'data'), group('mc', 'background')],
      datasets: [
        { name: 'mu1', group: 'data', stream: 'mu', luminosityFb: 4 },
        { name: 'mu2', group: 'data', stream: 'mu', entries: 100 },
        { name: 'el', group: 'data', stream: 'el', luminosityFb: 10 },
        { name: 'mc_mu', stream: 'mu', ...simulation },
        { name: 'mc', ...simulation },
      ],
    },
    'streams',
  );
  const done = (dataset: string, fraction: number) => ({ dataset, entriesCommitted: 100 * fraction, entriesExpected: 100 });

  it('are not added to each other: simulation follows its own, or the slowest', () => {
    const parts = [done('mu1', 1), done('mu2', 0.5), done('el', 0.2), done('mc_mu', 1), done('mc', 1)];
    const { luminosityReadFb, scales } = normalise(catalogue, parts);
    // mu: 4 + half of the 6 that are left of 10; el: 2.
    expect([luminosityReadFb, scales['mc_mu'], scales['mc']]).toEqual([2, 7000, 2000]);
  });

  it('that are not in the run hold nothing up', () => {
    expect(normalise(catalogue, [done('mu1', 1), done('mc', 1)]).scales['mc']).toBe(4000);
  });
});
