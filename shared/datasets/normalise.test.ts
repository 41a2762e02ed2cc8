import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBuiltInCatalogue } from './built-in.ts';
import { type Catalogue, isData, parseCatalogue, plainCatalogue } from './catalogue.ts';
import { type DatasetProgress, normalise, totalLuminosityFb } from './normalise.ts';

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

  it('are not added to each other: simulation follows its own, or the one of which most is read', () => {
    const parts = [done('mu1', 1), done('mu2', 0.5), done('el', 0.8), done('mc_mu', 1), done('mc', 1)];
    const { luminosityReadFb, scales } = normalise(catalogue, parts);
    // mu: 4 + half of the 6 that are left of 10; el: 8.
    expect([luminosityReadFb, scales['mc_mu'], scales['mc']]).toEqual([8, 7000, 8000]);
  });

  it('that are not in the run hold nothing up', () => {
    expect(normalise(catalogue, [done('mu1', 1), done('mc', 1)]).scales['mc']).toBe(4000);
  });
});

/** Two years with a muon and an electron stream each; files have luminosities. */
const years = parseCatalogue(
  {
    name: 'years',
    experiment: { name: 'CMS', status: '' },
    groups: [
      { name: 'data', label: 'Data', color: '#000000', kind: 'data' },
      { name: 'mc', label: 'MC', color: '#ff0000', kind: 'background' },
    ],
    datasets: [
      ...['2011', '2012'].flatMap((period) =>
        ['mu', 'el'].map((stream) => ({
          name: `${stream}_${period}`,
          group: 'data',
          period,
          stream,
          files: [1, 2, 3].map((n) => ({ path: `${stream}_${period}_${n}.root`, luminosityFb: period === '2011' ? n / 3 : n })),
        })),
      ),
      ...['2011', '2012'].map((period) => ({
        name: `zz4mu_${period}`,
        group: 'mc',
        period,
        stream: 'mu',
        crossSectionPb: 0.1,
        normalisation: 'entries',
      })),
      { name: 'higgs_2012', group: 'mc', period: '2012', crossSectionPb: 0.2, scaleFactor: 1.5, sumOfWeights: 500 },
      { name: 'always', group: 'mc', normalisation: 'per-event' },
    ],
  },
  'years',
);

describe('luminosity of files', () => {
  const read = (dataset: string, luminosityReadFb: number) => ({ dataset, entriesCommitted: 1, entriesExpected: 1, luminosityReadFb });
  const simulation = (dataset: string, entriesCommitted: number) => ({ dataset, entriesCommitted, entriesExpected: 1000 });
  const all = [simulation('zz4mu_2011', 1000), simulation('zz4mu_2012', 500), simulation('higgs_2012', 250), simulation('always', 1000)];

  it('is what simulation of the same period and stream is normalised to; periods add, streams do not', () => {
    const parts = [read('mu_2011', 1), read('el_2011', 2), read('mu_2012', 4), read('el_2012', 3), ...all];
    const { luminosityReadFb, scales } = normalise(years, parts);
    expect(luminosityReadFb).toBe(6);
    expect(scales['zz4mu_2011']).toBe((1 * 1000 * 0.1) / 1000);
    expect(scales['zz4mu_2012']).toBe((4 * 1000 * 0.1) / 500);
    expect(scales['higgs_2012']).toBe((4 * 1000 * 0.2 * 1.5) / (500 * 0.25));
    expect(scales['always']).toBe(6000);
  });

  it('adds up to that of all data, stream by stream and period by period', () => {
    expect(totalLuminosityFb(years)).toBe(2 + 6);
    expect([catalogue2020, plainCatalogue()].map(totalLuminosityFb)).toEqual([10, undefined]);
    const unknown = years.datasets.map((dataset) => (dataset.name === 'el_2012' ? { ...dataset, files: [] } : dataset));
    expect(totalLuminosityFb({ ...years, datasets: unknown })).toBeUndefined();
  });

  it('ends at the full normalisation, and every step is in proportion to the data of its stream', () => {
    const total = { mu_2011: 2, el_2011: 2, mu_2012: 6, el_2012: 6 } as const;
    const names = Object.keys(total) as (keyof typeof total)[];
    const at = (shares: Readonly<Record<keyof typeof total, number>>) =>
      normalise(years, [...names.map((name) => read(name, total[name] * shares[name])), ...all]);
    const whole = at({ mu_2011: 1, el_2011: 1, mu_2012: 1, el_2012: 1 });
    expect([whole.luminosityReadFb, whole.scales['zz4mu_2012']]).toEqual([8, (6 * 1000 * 0.1) / 500]);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const shares = fc.record({ mu_2011: share, el_2011: share, mu_2012: share, el_2012: share });
    fc.assert(
      fc.property(shares, shares, (one, other) => {
        const now = at(one);
        const ratio = (name: string) => (now.scales[name] ?? 0) / (whole.scales[name] ?? 0);
        expect(ratio('zz4mu_2011')).toBeCloseTo(one.mu_2011, 12);
        expect(ratio('zz4mu_2012')).toBeCloseTo(one.mu_2012, 12);
        expect(ratio('higgs_2012')).toBeCloseTo(Math.max(one.mu_2012, one.el_2012), 12);
        const later = at({
          mu_2011: Math.max(one.mu_2011, other.mu_2011),
          el_2011: Math.max(one.el_2011, other.el_2011),
          mu_2012: Math.max(one.mu_2012, other.mu_2012),
          el_2012: Math.max(one.el_2012, other.el_2012),
        });
        expect(later.luminosityReadFb).toBeGreaterThanOrEqual(now.luminosityReadFb ?? 0);
        for (const name of ['zz4mu_2011', 'zz4mu_2012', 'higgs_2012', 'always'])
          expect(later.scales[name]).toBeGreaterThanOrEqual(now.scales[name] ?? 0);
      }),
    );
  });

  it('of files that are not in the run is what the dataset has by its entries', () => {
    const toy = [{ dataset: 'mu_2012', entriesCommitted: 30, entriesExpected: 60 }, simulation('zz4mu_2012', 10)];
    expect(normalise(years, toy)).toMatchObject({ luminosityReadFb: 3, scales: { zz4mu_2012: (3 * 1000 * 0.1) / 10 } });
  });

  it('of a period without data in the run is nothing to compare with; without any data it is all', () => {
    expect(normalise(years, [read('mu_2012', 6), simulation('zz4mu_2011', 10)]).scales['zz4mu_2011']).toBe(0);
    expect(normalise(years, all)).toMatchObject({ luminosityReadFb: 8, scales: { zz4mu_2011: (2 * 1000 * 0.1) / 1000, always: 8000 } });
  });

  it('gives nothing, never NaN, before the first entry', () => {
    expect(normalise(years, [read('mu_2012', 0), simulation('zz4mu_2012', 0), simulation('higgs_2012', 0)])).toMatchObject({
      luminosityReadFb: 0,
      scales: { zz4mu_2012: 0, higgs_2012: 0 },
    });
  });
});
