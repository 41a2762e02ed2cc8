import { defineAnalysis, regular } from 'higgsflow/analysis';

export const analysis = defineAnalysis({
  name: 'first-analysis',
  title: 'Missing transverse energy',
  tree: 'mini',
  columns: { met_et: 'f32' },
  parameters: { bins: 40 },
  histograms: ({ bins }) => ({ met: { title: 'Missing energy', axes: [regular(bins, 0, 200, { name: 'met', unit: 'GeV' })] } }),
  cutFlow: ['all'],
  process({ entries, met_et }, out) {
    for (let entry = 0; entry < entries; entry++) {
      // Each event counts 1, which is right for data. Simulation needs its weights: see examples/my-analysis.ts.
      out.cutFlow.fill(0);
      out.met.fill(met_et.values[entry]! / 1000); // MeV
    }
  },
});
